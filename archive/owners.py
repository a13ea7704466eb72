"""Who is at work in an archive on what is not finished: each owner holds a locked file, which lets go when its process dies."""

import fcntl
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any, Protocol, Self

from gracetape.archive.captures import Capture
from gracetape.errors import ArchiveError

#: Where what is unfinished says, in its notes, whose it is.
NOTE = "owner"
_TOKEN = re.compile("[0-9a-f]{32}")


class OnDisk(Protocol):
    """What lies at a path as a folder or as one packed file: an `Archive`."""

    @property
    def path(self) -> Path: ...
    @property
    def packed(self) -> bool: ...


class Owner:
    """One at work, known to others by its `token` until the `with` block or the process ends. Raises ArchiveError.

    A token is random and never used again, so that a file without a lock is a dead owner's for good.
    """

    def __init__(self, archive: OnDisk) -> None:
        self.token = secrets.token_hex(16)
        self._folder = _folder(archive)
        try:
            sweep(archive)
            self._file = self._take()
        except OSError as error:
            raise ArchiveError(f"cannot lock {self._folder / self.token}: {error.strerror or error}") from None

    def _take(self) -> int:
        path = self._folder / self.token
        while True:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            try:
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:  # who was alone here has gone, with the folder
                continue
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink:
                return file
            os.close(file)  # a sweeper came between the two: it found no lock yet

    def release(self) -> None:
        """Be at work no more."""
        if self._file >= 0:
            (self._folder / self.token).unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1
            _leave(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def notes_of(capture: Capture) -> dict[str, Any]:
    """The notes of a capture; none if a stranger's archive has something else there."""
    try:
        found = json.loads(capture.notes)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def owner_of(capture: Capture) -> object:
    """The token of whose work a capture is, None if nobody's."""
    return notes_of(capture).get(NOTE)


def is_alive(archive: OnDisk, token: object) -> bool:
    """Whether the owner of that token, which may be a stranger's word, is still at work."""
    if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
        return False
    return _is_locked(_folder(archive) / token)


def sweep(archive: OnDisk) -> None:
    """Remove what dead owners left behind."""
    folder = _folder(archive)
    if folder.is_symlink():
        raise ArchiveError(f"{folder} is a symbolic link: an archive has none, remove it")
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _TOKEN.fullmatch(path.name) and not path.is_symlink():
            _is_locked(path, remove=True)
    _leave(folder)


def _is_locked(path: Path, *, remove: bool = False) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: those who look are no owners to each other
    except BlockingIOError:
        return True
    else:
        if remove:
            path.unlink(missing_ok=True)
        return False
    finally:
        os.close(file)


def _leave(folder: Path) -> None:
    """Remove the folder, unless others are in it."""
    try:
        folder.rmdir()
    except OSError:
        pass


def _folder(archive: OnDisk) -> Path:
    """Inside a folder archive; beside a packed one, which stays one file when nobody is at work."""
    return archive.path.with_name(f".{archive.path.name}.owners") if archive.packed else archive.path / "owners"
