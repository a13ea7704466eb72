"""How an archive comes to be: made whole beside its place and moved there, so that no kill leaves half of one."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gracetape.archive import modes, schema
from gracetape.archive.held_folders import MAKING, HeldFolder, sweep, sync_all, sync_folder
from gracetape.errors import AlreadyThere

_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR)


@contextmanager
def made(target: Path, *, packed: bool, mode: int | None = None) -> Iterator[Path]:
    """A block that fills a new, empty archive at the path that it is given; after it, that is at `target`.

    Raises AlreadyThere if something is at `target` by then (an empty folder may be); OSError and sqlite3.Error are the caller's.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # An empty folder may be another file system's, or lie where we may make none: then the archive is made inside it.
    inside = target.is_dir() and not packed
    if inside:
        sweep(target, MAKING)
    if target.exists() and not (inside and _is_empty(target)):
        raise taken(target)
    with HeldFolder(target if inside else target.parent, MAKING) as held:
        making = held.path / "archive"
        _make_empty(making, packed=packed, mode=modes.mode_of(target) if inside else mode)
        yield making
        sync_all(making)
        try:
            _place(making, target, inside=inside, packed=packed)
        except OSError as error:
            if error.errno in _TAKEN:
                raise taken(target) from None
            raise
        sync_folder(target.parent)


def taken(target: Path) -> AlreadyThere:
    return AlreadyThere(f"{target} exists already: name another path, or open it")


def _is_empty(folder: Path) -> bool:
    """Whether nothing is in a folder but what a killed maker leaves."""
    return all(
        path.name.startswith(MAKING) or (path.name == "blobs" and path.is_dir() and not any(path.iterdir()))
        for path in folder.iterdir()
    )


def _make_empty(making: Path, *, packed: bool, mode: int | None) -> None:
    if packed:
        modes.make_file(making, mode)
    else:
        modes.make_folder(making, mode)
        modes.folder_in(making / "blobs")
        modes.make_file(making / "archive.sqlite", modes.mode_of(making))
    connection = sqlite3.connect(making if packed else making / "archive.sqlite", isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")  # nothing of it is needed before it is whole
        schema.migrate(connection)
    finally:
        connection.close()


def _place(making: Path, target: Path, *, inside: bool, packed: bool) -> None:
    if inside:
        os.rename(making / "blobs", target / "blobs")
        _link(making / "archive.sqlite", target / "archive.sqlite")
        sync_folder(target)
    elif packed:
        _link(making, target)
    else:
        os.rename(making, target)


def _link(making: Path, target: Path) -> None:
    """Give a file its name. Unlike a rename this takes nobody's place; where there are no links, the moment between is left."""
    try:
        os.link(making, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        if target.exists():
            raise taken(target) from None
        os.rename(making, target)


def is_free(path: Path) -> bool:
    """Whether an archive can be made there: there is nothing, or an empty folder."""
    return not path.exists() or (path.is_dir() and _is_empty(path))
