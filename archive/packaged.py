"""Tapes that are no files of their own, since the package that brings them lies in a zip file: read from a private copy."""

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.errors import ArchiveError, GracetapeError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def copied(source: "Traversable") -> tuple[Path, HeldFolder]:
    """A tape of a package as a path, and the folder that has to stay until nobody reads it. Raises ArchiveError."""
    folder = HeldFolder(None, COPIED)
    target = folder.path / (source.name or "package.tape")
    try:
        _copy(source, target)
    except (
        OSError,
        ValueError,
        KeyError,
        BadZipFile,
        EOFError,
        zlib.error,
    ) as error:  # a zip file that is damaged, or was replaced
        folder.close()
        raise ArchiveError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not target.exists():
        folder.close()
        raise ArchiveError(f"{source} is not a gracetape archive: there is nothing there{beside(source)}")
    return target, folder


def beside(source: "Traversable") -> str:
    """The archives in the folder in which one was looked for."""
    found = sorted(path.name for path in source.parent.glob("*.tape")) if isinstance(source, Path) else []
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f" (beside it: {', '.join(found[:4])}{more})" if found else ""


@contextmanager
def told_as(source: "Traversable", path: Path) -> Iterator[None]:
    """What is wrong with a copy, told of what it is a copy of."""
    try:
        yield
    except GracetapeError as error:
        raise ArchiveError(str(error).replace(str(path), str(source))) from None


def _copy(source: "Traversable", target: Path) -> None:
    if source.is_dir():
        target.mkdir(mode=0o700)
        for part in source.iterdir():
            _copy(part, target / part.name)
    elif source.is_file():
        with source.open("rb") as stream, target.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
