"""Writes an object's files out of an archive, never outside of the folder that was named."""

import os
from pathlib import Path

from gracetape.archive.held_folders import MAKING, HeldFolder
from gracetape.archive.store import Archive
from gracetape.archive.view import FileEntry
from gracetape.errors import ArchiveError


def safe_name(name: str) -> str | None:
    """A file name as it can stand in a folder, or None if it can't: paths, `..`, NUL and over-long names."""
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name or len(name.encode()) > 255:
        return None
    return name


def write_file(archive: Archive, entry: FileEntry, making: Path, target: Path) -> None:
    """Write one file version at `target`, whole or not at all; it is made at `making`."""
    with making.open("wb") as stream:
        for piece in archive.read(entry):
            stream.write(piece)
    os.replace(making, target)


def extract(archive: Archive, ref: str, folder: Path) -> tuple[list[str], list[str]]:
    """Write every file version of an object as `NAME,VERSION` into a folder: (what was written, what was not and why)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"cannot write into {folder}: {error.strerror}") from None
    written, left = [], []
    with HeldFolder(folder, MAKING) as held:
        for entry in archive.view(ref).files():
            name = safe_name(entry.full_name)
            if name is None:
                left.append(f"{entry.full_name!r}: not a name that a file may have here")
            elif entry.sha256 is None:
                left.append(f"{entry.full_name}: absent ({entry.absent})")
            else:
                write_file(archive, entry, held.path / "file", folder / name)
                written.append(entry.full_name)
    return written, left
