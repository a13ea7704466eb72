"""Parts of large files, kept in the tape until the rest has come: whoever captures the file next goes on from there.

A part is trusted only where the server names the same contents again (a strong ETag), and as long as the machine was not started anew:
what a power cut leaves of a file that was never synced is anybody's guess.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gracetape.archive import Archive
from gracetape.archive.inside import check, make_folder, open_inside
from gracetape.bounded_json import read_fast

#: Files of fewer bytes are fetched again.
LEAST = 16 << 20
#: Seconds after which nobody goes on with a part any more.
_KEPT_S = 7 * 86400.0
_FOLDER, _SAYS = "partial", ".json"


@dataclass
class Partial:
    """A part of a file, locked as long as it is in our hands: its path, an open descriptor, and what contents it is of."""

    path: Path
    handle: int
    tag: str
    size: int

    def keep(self, tag: str) -> None:
        """Say what contents it is of, before any of them are written."""
        self.tag = tag
        said = json.dumps({"tag": tag, "boot": _boot()}).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(open_inside(self.path.parent, self.path.name + _SAYS, flags=flags, mode=0o600), "wb") as file:
            file.write(said)

    def taken(self) -> None:
        """Its contents are somewhere else now."""
        self.path.with_name(self.path.name + _SAYS).unlink(missing_ok=True)

    def close(self) -> None:
        os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def partial_of(archive: Archive, address: str, *, make: bool) -> Partial | None:
    """The part of a file that is here, or, to `make`, an empty one; None where somebody else has it in hands, or parts are not kept."""
    name = hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()[:40]
    folder = archive.path / _FOLDER
    if archive.packed or not (make or (folder / name).exists()):
        return None
    make_folder(folder, 0o700)
    try:
        handle = open_inside(folder, name, flags=os.O_RDWR | os.O_CREAT, mode=0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(handle), (folder / name).lstat()):
            raise BlockingIOError  # its last owner has just put it into its place
    except OSError:
        os.close(handle)
        return None
    tag = _said(folder, name)
    size = os.fstat(handle).st_size if tag else 0
    os.truncate(handle, size)
    os.lseek(handle, size, os.SEEK_SET)
    return Partial(folder / name, handle, tag, size)


def _said(folder: Path, name: str) -> str:
    """The ETag of the contents that a part is of; empty if that is not known."""
    try:
        with os.fdopen(open_inside(folder, name + _SAYS), "rb") as file:
            said = read_fast(file.read(4096).decode())
    except (OSError, ValueError):
        return ""
    known = isinstance(said, dict) and said.get("boot") == _boot() and isinstance(said.get("tag"), str)
    return str(said["tag"]) if known else ""


def _boot() -> str:
    """What is another one after each start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(Path("/").stat().st_ino)


def sweep(archive: Archive, older_s: float = _KEPT_S) -> None:
    """Remove parts that nobody has gone on with for long."""
    folder = archive.path / _FOLDER
    if archive.packed or not folder.is_dir():
        return
    check(folder, folder=True)
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.suffix != _SAYS and time.time() - path.lstat().st_mtime > older_s:
                _remove(path)
            elif path.suffix == _SAYS and not path.with_suffix("").exists():
                path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _remove(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
        path.with_name(path.name + _SAYS).unlink(missing_ok=True)
    finally:
        os.close(handle)
