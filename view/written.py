"""Writes a page into a file: whole or not at all, over nothing that is not such a page."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gracetape.errors import ArchiveError
from gracetape.replacing import only_over

#: How pages that were written begin, and what stands in their heads.
_BEGINS, _NAMES_US = b"<!doctype html>", b"gracetape</title>"
_WHAT = "page of gracetape"


def write_page(page: bytes, place: Path) -> None:
    """Write a page at `place`; where a device or a pipe is there, into it. A link is followed.

    UsageError if something else than a page of ours is there, ArchiveError with the reason if it cannot be written.
    """
    with _told(place):
        place = place.resolve()
        if only_over(place, _is_page, _WHAT):
            with place.open("wb") as stream:
                stream.write(page)
            return
        _write_whole(page, place)


def check_place(place: Path) -> None:
    """UsageError if something is at `place` that must stay as it is, ArchiveError if that cannot be found out."""
    with _told(place):
        only_over(place.resolve(), _is_page, _WHAT)


def _is_page(head: bytes) -> bool:
    return head.lower().startswith(_BEGINS) and _NAMES_US in head


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # the latter two: NUL in it, links that lead in circles
        raise ArchiveError(f"cannot write {place}: {getattr(error, 'strerror', None) or error}") from None


def _write_whole(page: bytes, place: Path) -> None:
    beside = place.with_name(f".gracetape-{secrets.token_hex(6)}.part")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
