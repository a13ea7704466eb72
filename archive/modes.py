"""Who may read an archive: the mode of its folder, or of its one file, holds for everything in it."""

import os
import stat
from pathlib import Path

from gracetape.archive.inside import check

#: Set to anything but 0, new archives get the mode that the umask gives; else only their owner may read them.
SHARED = "GRACETAPE_SHARED"


def make_folder(path: Path, mode: int | None = None) -> None:
    """A new archive's folder; `mode` is that of the archive of which it is to be a copy."""
    path.mkdir(0o777 if _shared() else 0o700)
    if mode is not None:
        path.chmod(mode | 0o700)


def make_file(path: Path, mode: int | None = None) -> None:
    """An empty file for the database of a new archive; `mode` is that of its folder, or of the archive to copy."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666 if _shared() else 0o600))
    if mode is not None:
        path.chmod(mode & 0o666 | 0o600)


def mode_of(path: Path) -> int:
    """The mode of an archive, as a folder has it: whoever may read one packed file may look into its folder."""
    mode = stat.S_IMODE(path.stat().st_mode) & 0o777
    return mode if path.is_dir() else mode | (mode & 0o444) >> 2


def folder_in(path: Path) -> None:
    """Make a folder inside an archive's folder, with its mode, unless it is there."""
    check(path, folder=True)
    if not path.exists():
        path.mkdir(exist_ok=True)
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))


def _shared() -> bool:
    return os.environ.get(SHARED, "0") not in ("", "0")
