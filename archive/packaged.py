"""Tapes that are no files of their own, since the package that brings them lies in a zip file: read from a private copy."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.errors import ArchiveError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def copied(source: "Traversable") -> tuple[Path, HeldFolder]:
    """A tape of a package as a path, and the folder that has to stay until nobody reads it. Raises ArchiveError."""
    folder = HeldFolder(None, COPIED)
    target = folder.path / (source.name or "package.tape")
    try:
        _copy(source, target)
    except (OSError, ValueError) as error:  # a damaged zip file is a ValueError's or an OSError's
        folder.close()
        raise ArchiveError(f"{source} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return target, folder


def _copy(source: "Traversable", target: Path) -> None:
    if source.is_dir():
        target.mkdir(mode=0o700)
        for part in source.iterdir():
            _copy(part, target / part.name)
    elif source.is_file():
        with source.open("rb") as stream, target.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
