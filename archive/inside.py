"""How everything is opened that lies inside a tape: never through a link, and nothing but regular files in real folders.

A tape may come from a stranger. A link in it could lead any reader or writer elsewhere, a pipe would never answer.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gracetape.errors import ArchiveError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
#: The last bytes of a rollback journal that names another one, which SQLite would open, and remove, wherever it is.
_NAMES_ANOTHER = bytes.fromhex("d9d505f920a163d7")
#: What SQLite keeps beside a database while somebody writes.
SIDE_FILES = ("-wal", "-shm", "-journal")
#: How every database begins.
SQLITE = b"SQLite format 3"


def fault(path: Path, *, folder: bool = False) -> str | None:
    """Why `path` may not be opened as what it should be inside a tape; None if it may, or is not there."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode):
        return None
    found = next((name for is_kind, name in _KINDS if is_kind(mode)), "a file")
    wanted = "a folder of its own" if folder else "a regular file"
    return f"{path} is {found}, and must be {wanted}: nothing else is opened there"


def check(path: Path, *, folder: bool = False) -> None:
    """ArchiveError if `path` is there and is not a regular file (or a folder) but a link, a pipe, a device, …"""
    if said := fault(path, folder=folder):
        raise ArchiveError(said)


def open_inside(folder: Path, *parts: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open the regular file `parts` (folders, then a name) of a folder, through no link on the way; its descriptor.

    OSError as `os.open` raises it, ArchiveError if something on the way is a link or the file is no regular one.
    """
    path = folder.joinpath(*parts)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for number, part in enumerate(parts[:-1], start=1):
            check(folder.joinpath(*parts[:number]), folder=True)
            below = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = below
        check(path)
        # Without O_NONBLOCK, a pipe that took its place meanwhile would keep us for ever.
        found = os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise ArchiveError(f"{path} must be a regular file: nothing else is opened there")
    os.set_blocking(found, True)
    return found


def make_folder(path: Path, mode: int = 0o777) -> Path:
    """A folder inside a tape, made if it is not there; ArchiveError if a link or something else stands in its place."""
    check(path, folder=True)
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    return path


def check_database(database: Path) -> None:
    """ArchiveError if SQLite would open a link, a pipe or a journal that leads elsewhere, of the database or beside it."""
    for end in ("", *SIDE_FILES):
        check(Path(f"{database}{end}"))
    try:
        with os.fdopen(open_inside(database.parent, f"{database.name}-journal"), "rb") as journal:
            journal.seek(-len(_NAMES_ANOTHER), os.SEEK_END)
            if journal.read() == _NAMES_ANOTHER:
                raise ArchiveError(f"{database}-journal names another journal, which no archive's does: remove it")
    except OSError:  # there is none, it is shorter than that, or it cannot be read
        return


def links(folder: Path) -> Iterator[tuple[Path, str]]:
    """What in a tape's folder nobody may open, each with a sentence."""
    for here, folders, files in os.walk(folder):
        for name in sorted(folders):
            if said := fault(Path(here) / name, folder=True):
                yield Path(here) / name, said
        for name in sorted(files):
            if said := fault(Path(here) / name):
                yield Path(here) / name, said
