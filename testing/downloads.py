"""Tapes that lie on the web: fetched once through pooch, checked against their checksum, kept in the user's cache."""

import os
from pathlib import Path

from gracetape.errors import ArchiveError, UsageError
from gracetape.installing import hint
from gracetape.shown import target


def is_url(name: str | None) -> bool:
    return name is not None and name.startswith(("http://", "https://", "doi:"))


def fetched(url: str, checksum: str | None) -> Path:
    """The path of the packed tape that a URL leads to. UsageError if pooch or the checksum is missing; ArchiveError if it can't be had.

    It is kept where GRACETAPE_CACHE says, else in the user's folder for caches.
    """
    if checksum is None:
        raise UsageError(
            f"the mark of {target(url)} lacks its checksum: write checksum='sha256:…', which `sha256sum` tells"
        )
    try:
        import pooch
    except ImportError:
        raise UsageError(f"to fetch {target(url)}, pooch is needed: {hint('testing')}") from None
    pooch.get_logger().setLevel("ERROR")
    folder = os.environ.get("GRACETAPE_CACHE") or pooch.os_cache("gracetape")
    try:
        return Path(pooch.retrieve(url, known_hash=checksum, path=folder))
    except (OSError, ValueError) as error:  # those of requests are OSErrors; another checksum is a ValueError
        reason = " ".join(str(error).split())
        raise ArchiveError(f"{target(url)} cannot be fetched: {reason}") from None
