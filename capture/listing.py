"""What a server's list of files says: which versions of which files there are, and where."""

import re
from dataclasses import dataclass
from typing import Any

from gracetape.archive.shapes import is_name, is_text
from gracetape.errors import CaptureError

_VERSIONED = re.compile(r"(.+),([0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True)
class Wanted:
    """A file version and where it is."""

    name: str
    version: int
    url: str


def named(listing: Any, what: str) -> dict[str, str]:
    """Address by name from a server's list of files, which is such a mapping or holds a list of rows."""
    rows = listing.get("files") if isinstance(listing, dict) else listing
    if isinstance(rows, list):
        if not all(isinstance(row, dict) for row in rows):
            raise CaptureError(f"{what}: the answer holds a file that is no object")
        pairs = [(row.get("filename"), row.get("file")) for row in rows]
    elif isinstance(listing, dict):
        pairs = list(listing.items())
    else:
        raise CaptureError(f"{what}: the answer is neither an object nor a list")
    found: dict[str, str] = {}
    for name, url in pairs:
        if not is_name(name) or not is_text(url):
            raise CaptureError(f"{what}: {name!r:.80} with the address {url!r:.80} is no file")
        if found.setdefault(str(name), str(url)) != url:
            raise CaptureError(f"{what}: {name!r:.80} is there twice")
    return found


def versions(listing: dict[str, str], logs: list[dict[str, Any]]) -> list[Wanted]:
    """The file versions that the server lists. It names each twice, as `name` (the newest) and as `name,version`."""
    found: dict[tuple[str, int], str] = {}
    plain: dict[str, str] = {}
    for full, url in listing.items():
        if match := _VERSIONED.fullmatch(full):
            found[match[1], int(match[2])] = url
        else:
            plain[full] = url
    named = {name for name, _ in found}
    latest: dict[str, int] = {}
    for log in logs:
        if log.get("filename"):
            latest[log["filename"]] = max(latest.get(log["filename"], 0), int(log.get("file_version") or 0))
    for name, url in plain.items():
        if name not in named:  # old servers list only the newest
            found[name, latest.get(name, 0)] = url
    return [Wanted(name, version, url) for (name, version), url in sorted(found.items())]
