"""Places elsewhere that keep files by name, as what shares tapes sees them; which one a URL names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from gracetape.archive.urls import OBJECT_STORES, WEB, url_of
from gracetape.errors import ArchiveError, UsageError
from gracetape.shown import target

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*|")


class Stamp(NamedTuple):
    """How a file stands: its size in bytes, and what changes when it changes (None: the place does not tell)."""

    size: int
    tag: str | None


class Changed(ArchiveError):
    """A file is no longer as it was when it was last looked at."""


class NoRanges(ArchiveError):
    """A place gives files as a whole alone."""


class Refused(ArchiveError):
    """A place does not say whether it has a file: some answer so for every file that they lack."""


class Place(Protocol):
    """Files by name (`blobs/ab/abcdef…`; the empty name is the place's own URL), each there whole or not at all.

    Whatever goes wrong is an ArchiveError of one sentence; NotFound where there is no such file.
    """

    #: As it was named, and as it may be shown.
    url: str
    shown: str
    #: Whether `replace` and `remove` can be relied on.
    guarded: bool

    def stamp(self, name: str) -> Stamp | None:
        """How a file stands; None if there is none."""

    def read(self, name: str, start: int = 0, end: int | None = None, tag: str | None = None) -> Iterator[bytes]:
        """Its bytes, or those of a range, in pieces; Changed if it has another tag than `tag`."""

    def put(self, name: str, file: Path) -> None:
        """Keep a copy of a file, in the place of what is there."""

    def replace(self, name: str, contents: bytes, tag: str | None) -> None:
        """Keep contents if the file still has that tag (None: if there is none); else Changed."""

    def remove(self, name: str) -> None:
        """Forget a file, if it is there."""


def checked_name(name: str) -> str:
    """The name of a file at a place, which leads nowhere else."""
    if _NAME.fullmatch(name) is None:
        raise ArchiveError(f"{name!r:.80} is no name of a part of a shared tape")
    return name


def is_there(place: Place, name: str, size: int) -> bool:
    """Whether a place has a file as a whole: some servers keep what came of one that was broken off."""
    stamp = place.stamp(name)
    return stamp is not None and stamp.size == size


def place_at(where: str) -> Place:
    """The place that a URL or a path names; UsageError if it is none that is known."""
    url = url_of(where)
    if url is None:
        from gracetape.archive.sharing.folder_place import FolderPlace

        path = where.removeprefix("file:")
        if re.match(r"[a-z][a-z0-9+.-]*://", path, re.IGNORECASE):
            known = ", ".join((*WEB, *OBJECT_STORES[:-1]))
            raise UsageError(f"{target(where)}: tapes are shared through a folder or a URL of {known}")
        return FolderPlace(Path(re.sub("^//(?=/)", "", path)))
    try:
        parts = urlsplit(url)
        named = bool(parts.netloc) and parts.port != 0
    except ValueError:
        named = False
    if not named or re.search(r"[\x00- \\\x7f]", url):
        raise UsageError(f"{target(url)} is no URL: write https://HOST/PATH or s3://BUCKET/PATH")
    if "#" in url:
        raise UsageError(
            f"{target(url)}: what comes after a # is no part of an address; where it is one of the path, write %23"
        )
    if parts.scheme in WEB:
        from gracetape.archive.sharing.web_place import WebPlace

        return WebPlace(url)
    from gracetape.archive.sharing.object_place import ObjectPlace

    return ObjectPlace(url)
