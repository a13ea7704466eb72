"""Writes an object's files out of an archive, never outside of the folder that was named."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from gracetape.archive.held_folders import MAKING, HeldFolder
from gracetape.archive.store import Archive
from gracetape.archive.view import FileEntry
from gracetape.errors import ArchiveError
from gracetape.progress import Progress, progress


def safe_name(name: str) -> str | None:
    """A file name as it can stand in a folder, or None if it can't: paths, `..`, NUL and over-long names."""
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name or len(name.encode()) > 255:
        return None
    return name


def write_file(archive: Archive, entry: FileEntry, making: Path, target: Path, done: Progress) -> None:
    """Write one file version at `target`, whole or not at all; it is made at `making`."""
    with making.open("wb") as stream:
        for piece in archive.read(entry):
            stream.write(piece)
            done.advance(len(piece))
    os.replace(making, target)


#: How an extracted file version may be named, and what that is called.
LAYOUTS: dict[str, Callable[[str, int], str]] = {
    "versions": lambda name, version: versioned(name, version),
    "folders": lambda name, version: f"{version}/{name}",
    "gracedb": lambda name, version: f"{name},{version}",
}

#: Endings that belong together with the one before them: `cWB.fits.gz`.
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst"})


def versioned(name: str, version: int) -> str:
    """`cWB.v0.fits.gz` for version 0 of `cWB.fits.gz`: a name whose ending still tells other programs what is in it."""
    path = PurePosixPath(name)
    endings = "".join(path.suffixes[-2:] if path.suffix in _PACKED else path.suffixes[-1:])
    return f"{name.removesuffix(endings) if endings else name}.v{version}{endings}"


def extract(archive: Archive, ref: str, folder: Path, layout: str = "gracedb") -> tuple[list[str], list[str]]:
    """Write every file version of an object into a folder: (the names that were written, what was not and why).

    `layout`: `versions` (`cWB.v0.fits.gz`), `folders` (`0/cWB.fits.gz`), or as GraceDB names them, `gracedb` (`cWB.fits.gz,0`).
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"cannot write into {folder}: {error.strerror}") from None
    written, left = [], []
    entries = archive.view(ref).files()
    size = sum(entry.size or 0 for entry in entries)
    with progress("extracting", size, "bytes") as done, HeldFolder(folder, MAKING) as held:
        for entry in entries:
            safe = safe_name(entry.full_name) and safe_name(entry.name)
            name = LAYOUTS[layout](entry.name, entry.version)
            if safe is None or name in written:
                left.append(f"{entry.full_name!r}: not a name that a file may have here")
            elif entry.sha256 is None:
                left.append(f"{entry.full_name}: absent ({entry.reason})")
            else:
                (folder / name).parent.mkdir(exist_ok=True)
                write_file(archive, entry, held.path / "file", folder / name, done)
                written.append(name)
    return written, left
