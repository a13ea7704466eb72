"""The head of a shared tape, `tape.json`: which pieces its tables consist of. It is replaced last, and in one go, so nobody sees half a tape."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gracetape.archive.blobs import Blob
from gracetape.archive.sharing.places import Place
from gracetape.archive.sharing.rows import SHARED
from gracetape.bounded_json import read_json
from gracetape.errors import ArchiveError, NotFound
from gracetape.reading_limits import ReadingLimits

NAME = "tape.json"
FORM = "gracetape shared tape 1"
#: The longest head that is read (bytes): of a tape with 200,000 pieces of up to a thousand rows each.
LARGEST_HEAD = 16 << 20
_LIMITS = ReadingLimits(json_bytes=LARGEST_HEAD, json_depth=6)
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Head:
    """A shared tape: what pushed it, and the pieces of its rows (`rows.SHARED`) in order."""

    tool: str
    rows: dict[str, tuple[str, ...]]

    def pieces(self) -> set[str]:
        return {digest for pieces in self.rows.values() for digest in pieces}

    def text(self) -> bytes:
        return json.dumps({"form": FORM, "tool": self.tool, "rows": self.rows}, indent=1).encode()


def read_head(place: Place) -> tuple[Head, str | None] | None:
    """The head that is at a place, and its tag there; None if no tape is shared there. ArchiveError if it is none that can be read."""
    stamp = place.stamp(NAME)
    if stamp is None:
        return None
    try:
        contents = read_whole(place, NAME, LARGEST_HEAD, stamp.tag)
    except NotFound:
        return None
    try:
        found = read_json(contents, _LIMITS)
    except ValueError as error:
        raise ArchiveError(f"{place.shown}/{NAME} is not the head of a shared tape: {error}") from None
    return _head(found, place), stamp.tag


def _head(found: object, place: Place) -> Head:
    where = f"{place.shown}/{NAME}"
    if not isinstance(found, dict) or not str(found.get("form", "")).startswith(FORM[:-1]):
        raise ArchiveError(f"{where} is not the head of a shared tape")
    tool, rows = str(found.get("tool"))[:60], found.get("rows")
    if found["form"] != FORM:
        raise ArchiveError(f"{where} was pushed by a newer gracetape ({tool!r}): install a newer one")
    if not isinstance(rows, dict) or rows.keys() != SHARED.keys():
        raise ArchiveError(f"{where} is damaged: push the tape once more")
    for name, pieces in rows.items():
        if not isinstance(pieces, list) or not all(isinstance(p, str) and _SHA256.fullmatch(p) for p in pieces):
            raise ArchiveError(f"{where} is damaged (its {name}): push the tape once more")
        if len(set(pieces)) < len(pieces):  # rows are there once; a short file could fill any disk else
            raise ArchiveError(f"{where} is damaged (its {name} name a piece twice): push the tape once more")
    return Head(tool, {name: tuple(rows[name]) for name in SHARED})


def read_whole(place: Place, name: str, most: int, tag: str | None = None) -> bytes:
    """A file of a place as a whole; ArchiveError if it is longer than it may be."""
    return b"".join(pieces_below(place, name, most, tag))


def pieces_below(place: Place, name: str, most: int, tag: str | None = None) -> Iterator[bytes]:
    """A file of a place as it comes; ArchiveError if it is longer than it may be."""
    size = 0
    for piece in place.read(name, tag=tag):
        size += len(piece)
        if size > most:
            raise ArchiveError(f"{place.shown}/{name} is longer than {most} bytes: it is none of a shared tape")
        yield piece


def pushed_there(shown: str) -> str:
    """What is said where a tape that was pushed is named as one to read: all its rows would have to come, whatever is asked."""
    return (
        f"{shown} is a tape that was pushed there, in pieces: `gracetape archive pull {shown}` brings it "
        "(a packed tape is read where it lies)"
    )


def piece_name(digest: str) -> str:
    return f"rows/{digest[:2]}/{digest}.zst"


def blob_name(blob: Blob) -> str:
    """Where contents lie at a place: which form their bytes have is in the name, since tapes may differ in it."""
    if _SHA256.fullmatch(blob.sha256) is None or blob.encoding not in ("raw", "zstd"):
        raise ArchiveError(f"{blob.sha256!r:.80} is named as the digest of contents, and is none")
    return f"blobs/{blob.sha256[:2]}/{blob.sha256}{'.zst' if blob.encoding == 'zstd' else ''}"
