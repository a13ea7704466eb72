"""Folders for what is in the making: locked while their maker lives, so that whoever comes next sweeps what a killed one left."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

#: Copies and new archives before they are whole, beside where they will be; contents on their way into a packed archive and
#: private copies of archives and what is written to scratches, in the system's folder for temporary files.
MAKING, SPOOLED, COPIED, SCRATCHED = ".making-", "gracetape-spool-", "gracetape-copy-", "gracetape-scratch-"
_RANDOM = re.compile("[a-z0-9_]{8}")  # what mkdtemp adds


class HeldFolder:
    """A folder that nobody else may read, gone when it is closed; the lock on it goes with the process, killed or not.

    Those of the same kind beside it whose makers were killed are swept first.
    """

    def __init__(self, parent: Path | None, prefix: str) -> None:
        sweep(parent, prefix)
        while True:  # until no sweeper took it for litter before it was locked
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            try:
                handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            with contextlib.suppress(OSError):  # a file system without locks: then nobody sweeps there either
                fcntl.flock(handle, fcntl.LOCK_EX)
            if self.path.exists():
                break
            os.close(handle)
        self._end = weakref.finalize(self, _remove_own, self.path, handle, os.getpid())

    def close(self) -> None:
        """Remove the folder; in a process that was forked off, only let go of it."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove_own(path: Path, handle: int, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
    os.close(handle)


def sweep(parent: Path | None, prefix: str = "") -> None:
    """Remove what killed processes left in a folder: what `HeldFolder` made with that prefix, or everything; failing that, leave it."""
    folder = Path(tempfile.gettempdir()) if parent is None else parent
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):  # another one sweeps, too
                own = _RANDOM.fullmatch(path.name.removeprefix(prefix)) and path.lstat().st_uid == os.geteuid()
                if own or not prefix:
                    _remove(path)


#: Seconds after which nobody is writing any more what came in half, where no lock tells: on file systems that several machines have.
ABANDONED_S = 24 * 3600.0


def sweep_abandoned(paths: Iterable[Path]) -> None:
    """Remove files that nobody has touched for so long: what killed processes were about to bring."""
    for path in paths:
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - ABANDONED_S:
                path.unlink()


def _remove(path: Path) -> None:
    lock = _locked(path)
    if lock is None:
        return
    try:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:  # older versions made files
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _locked(path: Path) -> int | None:
    """The lock on a folder or file, as a descriptor; None if somebody else holds it or the path is gone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.lstat()):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None


def sync_folder(folder: Path) -> None:
    """Make sure that what was put into a folder, or written to a file, is found there after a power cut."""
    with _opened(folder) as handle:
        os.fsync(handle)


def sync_all(top: Path) -> None:
    """The same for a file, or for a folder and all that is in it."""
    for folder, _, names in os.walk(top, topdown=False):
        for name in names:
            with _opened(Path(folder) / name) as handle:
                os.fsync(handle)
        sync_folder(Path(folder))
    if top.is_file():
        with _opened(top) as handle:
            os.fsync(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
