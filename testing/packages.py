"""Tapes inside packages that are zip files: copied when the first test of a process wants them, gone when it ends."""

from importlib.resources.abc import Traversable
from pathlib import Path

from gracetape.archive import Archive
from gracetape.archive.held_folders import HeldFolder
from gracetape.archive.packaged import copied, told_as

_COPIES: dict[str, tuple[Path, HeldFolder]] = {}


def unpacked(source: Traversable) -> Path:
    """The path of a copy. Raises ArchiveError if there is no tape, or none that can be read."""
    path, _ = _COPIES.get(str(source), (Path(), None))
    if not path.name or not path.exists():  # somebody may have emptied the folder for temporary files
        path, folder = copied(source)
        with told_as(source, path), Archive.open(path):
            pass
        _COPIES[str(source)] = path, folder
    return path
