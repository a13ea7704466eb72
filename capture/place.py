"""The archive that objects are pulled into: opened or made when the first object has come, and ours to work in until the end."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Self

from gracetape.archive import Archive, Capture
from gracetape.archive.making import is_free
from gracetape.archive.owners import Owner, owner_of
from gracetape.errors import CaptureError


class Place:
    """An archive, its path, or what opens or makes one. What is opened here is closed here, and nothing is ever removed."""

    def __init__(self, archive: Archive | str | Path | Callable[[], Archive]) -> None:
        self._path = Path(archive) if isinstance(archive, str | Path) else None
        self._given = partial(Archive.at, archive) if isinstance(archive, str | Path) else archive

    @cached_property
    def archive(self) -> Archive:
        return self._given if isinstance(self._given, Archive) else self._given()

    @property
    def known(self) -> Archive | None:
        """The archive, if there is one by now: none is made to look into."""
        here = "archive" in self.__dict__ or isinstance(self._given, Archive)
        return self.archive if here or (self._path is not None and not is_free(self._path)) else None

    @cached_property
    def owner(self) -> Owner:
        """We, as others see us who capture into the same archive."""
        return Owner(self.archive)

    def check(self, capture: Capture) -> Capture:
        """The unfinished capture as it is now, inside a transaction; CaptureError if it is no longer ours (`rm`)."""
        for now in self.archive.captures(capture.object, unfinished=True):
            if now.id == capture.id and owner_of(now) == self.owner.token:
                return now
        raise CaptureError(f"{capture.object}: its unfinished capture was removed meanwhile: capture it again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "owner" in self.__dict__:
            self.owner.release()
        if "archive" in self.__dict__ and not isinstance(self._given, Archive):
            self.archive.close()
