"""A folder as a place for shared tapes: of this machine, or of a file system that several have."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gracetape.archive import modes
from gracetape.archive.blobs import read_stream
from gracetape.archive.held_folders import sweep_abandoned, sync_folder
from gracetape.archive.incoming import CHUNK
from gracetape.archive.inside import check, make_folder, open_inside
from gracetape.archive.sharing.at_once import go_on
from gracetape.archive.sharing.places import Changed, Stamp, checked_name
from gracetape.errors import ArchiveError, NotFound

_INCOMING = "incoming"


class FolderPlace:
    """Files of a folder; each is written beside its place and moved there."""

    guarded = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = self.shown = str(folder)

    def stamp(self, name: str) -> Stamp | None:
        try:
            with self._opened(name) as handle:
                found = os.fstat(handle)
                return Stamp(found.st_size, f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}")
        except NotFound:
            return None

    def read(self, name: str, start: int = 0, end: int | None = None, tag: str | None = None) -> Iterator[bytes]:
        with self._opened(name) as handle, os.fdopen(os.dup(handle), "rb") as stream:
            stream.seek(start)
            left = end - start if end is not None else None
            while piece := stream.read(CHUNK if left is None else min(CHUNK, left)):
                yield piece
                left = None if left is None else left - len(piece)

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        try:
            if checked_name(name):
                handle = open_inside(self._folder, *name.split("/"))
            else:
                handle = os.open(self._folder, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"there is no {name or 'file'} in {self._folder}") from None
        except OSError as error:
            raise ArchiveError(f"cannot read {self._folder / name}: {error.strerror}") from None
        try:
            yield handle
        finally:
            os.close(handle)

    def put(self, name: str, file: Path) -> None:
        with self._told(name), file.open("rb") as contents, self._incoming(name) as (stream, incoming):
            for piece in read_stream(contents):
                if stream.tell():
                    go_on()
                stream.write(piece)
            self._land(stream, incoming, name)

    def replace(self, name: str, contents: bytes, tag: str | None) -> None:
        with self._told(name), self._incoming(name) as (stream, incoming):
            stream.write(contents)
            lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                with suppress(OSError):  # a file system without locks
                    fcntl.flock(lock, fcntl.LOCK_EX)
                found = self.stamp(name)
                if (found.tag if found else None) != tag:
                    raise Changed(f"{self._folder / name} has changed meanwhile")
                self._land(stream, incoming, name)
                sweep_abandoned((self._folder / _INCOMING).iterdir())
            finally:
                os.close(lock)

    def remove(self, name: str) -> None:
        with self._told(name):
            path = self._folder / checked_name(name)
            for above in path.relative_to(self._folder).parents:
                check(self._folder / above, folder=True)
            path.unlink(missing_ok=True)

    @contextmanager
    def _incoming(self, name: str) -> Iterator[tuple[IO[bytes], Path]]:
        """A new file on the file system where it will be."""
        checked_name(name)
        if (self._folder / "archive.sqlite").exists():
            raise ArchiveError(f"{self._folder} is an archive itself, and nothing is put into it: name another folder")
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=make_folder(self._folder / _INCOMING))
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream, Path(path)
        finally:
            Path(path).unlink(missing_ok=True)

    def _land(self, stream: IO[bytes], incoming: Path, name: str) -> None:
        """Move a file to its place; who may look into the folder may read it."""
        stream.flush()
        os.fsync(stream.fileno())
        incoming.chmod(modes.mode_of(self._folder) & 0o666)
        folder = self._folder
        for part in name.split("/")[:-1]:
            new = not (folder / part).exists()
            make_folder(folder / part)
            if new:
                sync_folder(folder)
            folder = folder / part
        check(self._folder / name)
        os.replace(incoming, self._folder / name)
        sync_folder(folder)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(f"cannot write {self._folder / name}: {error.strerror or error}") from None
