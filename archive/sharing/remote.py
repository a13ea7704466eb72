"""Connections to a packed archive that lies elsewhere, and is read there by ranges."""

from typing import Any

from gracetape.archive.connections import Connections
from gracetape.archive.inside import SQLITE
from gracetape.archive.older import Opener
from gracetape.archive.sharing.head import NAME, pushed_there
from gracetape.archive.sharing.places import NoRanges, Place, Refused, place_at
from gracetape.archive.sharing.ranged_file import RangedFile
from gracetape.archive.urls import UrlPath
from gracetape.errors import ArchiveError, NotFound, UsageError
from gracetape.installing import hint
from gracetape.shown import target


class RemoteConnections(Connections):
    """Connections that read by ranges, through apsw. One of an older schema is read from a copy of its tables; files' contents where they are."""

    def __init__(self, url: str) -> None:
        super().__init__(UrlPath(url), read_only=True, packed=True, durable=False)
        try:
            from gracetape.archive.sharing import ranged_sqlite
        except ModuleNotFoundError:
            raise UsageError(
                f"to read {target(url)} where it is, the package apsw is needed: {hint('store')}"
            ) from None
        place = place_at(url)
        try:
            self._file = RangedFile(place, "")
            if self._file.read(0, len(SQLITE)) != SQLITE:
                raise NotFound(f"{target(url)} is not a packed gracetape archive")
        except (NotFound, NoRanges, Refused):
            if not _was_pushed_to(place):
                raise
            raise ArchiveError(pushed_there(target(url))) from None
        self._reader: Any = ranged_sqlite.Reader(self._file)
        self.opener: Opener = ranged_sqlite.connect

    @property
    def size(self) -> int:
        return self._file.size

    @property
    def fetched(self) -> int:
        """How many bytes of it have come so far."""
        return self._file.fetched

    def _check(self) -> None:
        """There is nothing beside it."""

    def _found(self) -> tuple[int, int] | None:
        """Whether it changes, the ranges tell."""
        return None


def _was_pushed_to(place: Place) -> bool:
    """Whether a shared tape is there instead, of which servers show a page, or nothing."""
    try:
        return place.stamp(NAME) is not None
    except ArchiveError:
        return False
