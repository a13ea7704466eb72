"""Parts of large files, kept in the tape until the rest has come: whoever captures the file next goes on from there.

A part is trusted only where the server names the same contents again (a strong ETag), and as long as the machine was not started anew:
what a power cut leaves of a file that was never synced is anybody's guess.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from gracetape.archive.inside import check, make_folder, open_inside
from gracetape.bounded_json import read_fast

#: Files of fewer bytes are fetched again.
LEAST = 16 << 20
#: Seconds after which nobody goes on with a part any more.
KEPT_S = 7 * 86400.0
_FOLDER, _SAYS = "partial", ".json"
_SINCE = (
    "SELECT f.name IS NULL OR f.sha256 IS NOT NULL FROM captures c "
    "LEFT JOIN files f ON f.capture = c.id AND f.name = ? AND f.version = ? "
    "WHERE c.object = ? AND c.completed > ? AND c.origin = 'capture'"
)


class Keeping(Protocol):
    """What parts are kept in: an `Archive`."""

    @property
    def path(self) -> Path: ...
    @property
    def packed(self) -> bool: ...
    @property
    def connection(self) -> sqlite3.Connection: ...


@dataclass(frozen=True)
class Whose:
    """The file version that a part is of."""

    object: str
    name: str
    version: int


@dataclass
class Partial:
    """A part of a file, locked as long as it is in our hands: its path, an open descriptor, how many bytes there are, what contents they
    are of (`tag`), and how many these have (`length`).
    """

    path: Path
    handle: int
    whose: Whose
    size: int = 0
    tag: str = ""
    length: int = -1

    def keep(self, tag: str, length: int) -> None:
        """Say what contents it is of, before any of them are written."""
        self.tag, self.length = tag, length
        said = json.dumps({"tag": tag, "length": length, "boot": _boot(), **vars(self.whose)}).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(open_inside(self.path.parent, self.path.name + _SAYS, flags=flags, mode=0o600), "wb") as file:
            file.write(said)

    def begin_anew(self) -> None:
        """Be empty, and of unknown contents."""
        _says(self.path).unlink(missing_ok=True)
        os.truncate(self.handle, 0)
        os.lseek(self.handle, 0, os.SEEK_SET)
        self.size, self.tag, self.length = 0, "", -1

    def take(self, whole: Path, folder: Path) -> Path:
        """Put the file `whole`, it or what was made of it, into another folder; there. Nobody goes on with it any more."""
        handle, name = tempfile.mkstemp(prefix="blob-", dir=folder)
        os.close(handle)
        _says(self.path).unlink(missing_ok=True)
        os.replace(whole, name)
        if whole != self.path:
            self.path.unlink()
        with contextlib.suppress(OSError):  # others are there
            self.path.parent.rmdir()
        return Path(name)

    def close(self) -> None:
        os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def partial_of(archive: Keeping, address: str, whose: Whose, *, make: bool) -> Partial | None:
    """The part of a file that is here, or, to `make`, an empty one; None where somebody else has it in hands, or parts are not kept."""
    name = hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()[:40]
    folder = archive.path / _FOLDER
    if archive.packed:
        return None
    try:
        if make:
            make_folder(folder, 0o700)
        else:
            check(folder, folder=True)
        handle = _locked(folder, name, os.O_RDWR | (os.O_CREAT if make else 0))
    except OSError:  # also another user's, where we may not look
        return None
    said, part = _said(folder, name), Partial(folder / name, handle, whose)
    if said is None:
        part.begin_anew()
    else:
        part.tag, part.length, part.size = said.tag, said.length, os.fstat(handle).st_size
        os.lseek(handle, part.size, os.SEEK_SET)
    return part


def _locked(folder: Path, name: str, flags: int) -> int:
    """A part, opened and locked; OSError where it is in somebody's hands, or gone."""
    handle = open_inside(folder, name, flags=flags, mode=0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(handle), (folder / name).lstat()):
            raise BlockingIOError  # its last owner has just put it into its place
    except OSError:
        os.close(handle)
        raise
    return handle


@dataclass(frozen=True)
class _Said:
    """What is known of a part: the ETag and the length of the whole; `of` tells of which file it is."""

    tag: str
    length: int
    of: Mapping[str, Any]


def _says(path: Path) -> Path:
    """Where it stands what a part is of."""
    return path.with_name(path.name + _SAYS)


def _said(folder: Path, name: str) -> _Said | None:
    """What contents a part is of; None if that is not known, or no longer sure."""
    try:
        with os.fdopen(open_inside(folder, name + _SAYS), "rb") as file:
            said = read_fast(file.read(8192).decode())
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("boot") != _boot():
        return None
    tag, length = said.get("tag"), said.get("length")
    return _Said(tag, length, said) if isinstance(tag, str) and tag and isinstance(length, int) else None


def _boot() -> str:
    """What is another one after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(Path("/").stat().st_ino)


def sweep(archive: Keeping, older_s: float = KEPT_S) -> None:
    """Remove parts that nobody will go on with: of unknown contents, not touched for so long, or of an object that was captured since.

    A part that somebody has in hands stays.
    """
    folder = archive.path / _FOLDER
    if archive.packed or not folder.is_dir():
        return
    check(folder, folder=True)
    try:
        paths = list(folder.iterdir())
    except OSError:  # another user's
        return
    for path in paths:
        with contextlib.suppress(OSError):
            if path.suffix != _SAYS:
                _sweep_one(archive, path, older_s)
            elif not path.with_suffix("").exists():
                path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _sweep_one(archive: Keeping, path: Path, older_s: float) -> None:
    handle = _locked(path.parent, path.name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        said, touched = _said(path.parent, path.name), os.fstat(handle).st_mtime
        if said is None or time.time() - touched > older_s or _is_captured(archive, said.of, touched):
            _says(path).unlink(missing_ok=True)
            path.unlink()
    finally:
        os.close(handle)


def _is_captured(archive: Keeping, of: Mapping[str, Any], touched: float) -> bool:
    """Whether the object was captured since, and the file with it, or without there being such a file any more."""
    graceid, name, version = (of.get(key) for key in ("object", "name", "version"))
    if not (isinstance(graceid, str) and isinstance(name, str) and isinstance(version, int)):
        return False
    since = datetime.fromtimestamp(touched, UTC).isoformat(timespec="seconds")
    try:
        rows = archive.connection.execute(_SINCE, (name, version, graceid, since)).fetchall()
    except (sqlite3.Error, UnicodeError, OverflowError):  # what a stranger wrote
        return False
    return any(captured for (captured,) in rows)
