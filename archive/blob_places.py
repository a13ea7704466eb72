"""Where file contents lie: in a folder, or inside the SQLite file of a packed archive. Both are a `BlobStore`."""

import contextlib
import fcntl
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from gracetape.archive import blobs, modes
from gracetape.archive.held_folders import SPOOLED, HeldFolder, sweep, sync_folder
from gracetape.archive.incoming import CHUNK
from gracetape.archive.inside import check, open_inside
from gracetape.errors import ArchiveError, NotFound

#: The file in a tape that names the store where the contents of its files are, if they are in one.
STORE_NAMED = "blobs.url"
_SHA256 = re.compile("[0-9a-f]{64}")
#: Files and folders that are worth threads to bring them to the disk, and how many threads: what comes at once is one write to its journal.
_FEW, _AT_ONCE = 6, 16
_PART = 8 << 20  # SQLite limits one value to 1 GB


class OutOfReach(ArchiveError):
    """Where contents are cannot be asked at all, whatever for: it does not answer, or lets us in no more, or was never named."""


class _Spools:
    """The folder for incoming bytes, made when the first come; one for each process that writes."""

    def __init__(self, parent: Callable[[], Path | None], prefix: str) -> None:
        self._parent, self._prefix = parent, prefix
        self._made: tuple[int, HeldFolder] | None = None
        self._making = threading.Lock()

    def folder(self) -> Path:
        with self._making:
            if self._made is None or self._made[0] != os.getpid():  # a fork has the lock of its parent
                self._made = os.getpid(), self._new()
            return self._made[1].path

    def _new(self) -> HeldFolder:
        for _ in range(1000):
            with contextlib.suppress(FileNotFoundError):  # another process removed the empty folder for them just now
                return HeldFolder(self._parent(), self._prefix)
        return HeldFolder(self._parent(), self._prefix)

    def close(self) -> None:
        with self._making:
            if self._made is not None:
                self._made[1].close()
                self._made = None


class FolderBlobs:
    """Blobs as files `blobs/ab/abcdef…`, each there whole or not at all, and on disk before a row names it."""

    def __init__(self, folder: Path, *, synced: bool = True) -> None:
        self.folder, self._synced = folder, synced
        self._local = threading.local()
        self._spools = _Spools(self._incoming, "")

    def _path(self, sha256: str) -> Path:
        """Where contents lie. An archive from a stranger may name anything as a digest: it never becomes a path then."""
        if not isinstance(sha256, str) or _SHA256.fullmatch(sha256) is None:
            raise ArchiveError(f"{sha256!r:.80} is named as the digest of contents, and is none")
        return self.folder / sha256[:2] / sha256

    def _incoming(self) -> Path:
        modes.folder_in(self.folder)
        folder = self.folder / "incoming"
        modes.folder_in(folder)
        return folder

    def spool_folder(self) -> Path:
        return self._spools.folder()

    def put(self, spool: Path, sha256: str) -> None:
        path = self._path(sha256)
        new = not path.parent.exists()
        modes.folder_in(self.folder)
        modes.folder_in(path.parent)
        spool.chmod(modes.mode_of(self.folder) & 0o666)
        later: dict[Path, None] | None = getattr(self._local, "later", None)
        if self._synced and later is None:
            sync_folder(spool)
        os.replace(spool, path)
        if self._synced:
            places = [path.parent, *([self.folder] if new else ())]
            if later is not None:
                later |= dict.fromkeys([path, *places])
            else:
                for place in places:
                    sync_folder(place)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block in which this thread puts in many contents: they are on disk at its end, all at once, and not each by itself."""
        later = self._local.later = dict[Path, None]()  # in the order in which they came
        try:
            yield
        finally:
            self._local.later = None
        if len(later) < _FEW:
            for place in later:
                sync_folder(place)
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(sync_folder, later))

    def stored(self, sha256: str) -> Iterator[bytes]:
        try:
            _, shelf, name = self._path(sha256).relative_to(self.folder.parent).parts
            found = open_inside(self.folder.parent, self.folder.name, shelf, name)
        except (
            FileNotFoundError,
            NotADirectoryError,
        ):  # the latter where something else is at the archive's path by now
            raise NotFound(f"the contents {sha256[:12]}… are missing from {self.folder}") from None
        except OSError as error:
            raise ArchiveError(f"the contents {sha256[:12]}… cannot be read: {error.strerror or error}") from None
        with os.fdopen(found, "rb") as stream:
            while piece := stream.read(CHUNK):
                yield piece

    def remove(self, sha256: str) -> None:
        path = self._path(sha256)
        check(self.folder, folder=True)
        check(path.parent, folder=True)
        path.unlink(missing_ok=True)

    def names(self) -> set[str]:
        check(self.folder, folder=True)
        return {p.name for p in self.folder.glob("??/*") if _SHA256.fullmatch(p.name)}

    def held(self) -> AbstractContextManager[None]:
        return self._flocked(fcntl.LOCK_SH)

    def alone(self) -> AbstractContextManager[None]:
        return self._flocked(fcntl.LOCK_EX)

    @contextmanager
    def _flocked(self, kind: int) -> Iterator[None]:
        """Hold a lock on the folder itself: nothing is written for it, and it goes with the process."""
        try:
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:  # there are no contents yet, or none that we may read
            yield
            return
        try:
            until = time.monotonic() + blobs.PATIENCE_S
            while True:
                try:
                    fcntl.flock(handle, kind | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise ArchiveError(
                            f"{self.folder} is in use: somebody packs, checks or cleans the archive; try again after that"
                        ) from None
                except OSError:  # a file system without locks
                    break
                time.sleep(0.01)
            yield
        finally:
            os.close(handle)

    def sweep(self) -> None:
        sweep(self.folder / "incoming")

    def close(self) -> None:
        self._spools.close()
        with contextlib.suppress(OSError):  # another process has its own in there
            (self.folder / "incoming").rmdir()


class PackedBlobs:
    """Blobs as rows of the table `chunks`, which SQLite keeps in step with all others."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path) -> None:
        self._connect = connect
        self._file = path
        self._spools = _Spools(lambda: None, SPOOLED)

    def spool_folder(self) -> Path:
        return self._spools.folder()

    def put(self, spool: Path, sha256: str) -> None:
        connection = self._connect()
        connection.execute("DELETE FROM chunks WHERE sha256 = ?", (sha256,))
        with spool.open("rb") as stream:
            part = 0
            while (piece := stream.read(_PART)) or part == 0:
                connection.execute("INSERT INTO chunks VALUES (?, ?, ?)", (sha256, part, piece))
                part += 1
        spool.unlink()

    def stored(self, sha256: str) -> Iterator[bytes]:
        part = 0
        query = "SELECT CAST(data AS BLOB) FROM chunks WHERE sha256 = ? AND part = ?"  # whatever a stranger put there
        while row := self._connect().execute(query, (sha256, part)).fetchone():
            yield row[0] or b""
            part += 1
        if part == 0:
            raise NotFound(f"the contents {sha256[:12]}… are missing from {self._file}")

    def remove(self, sha256: str) -> None:
        self._connect().execute("DELETE FROM chunks WHERE sha256 = ?", (sha256,))

    def names(self) -> set[str]:
        return {row[0] for row in self._connect().execute("SELECT DISTINCT sha256 FROM chunks")}

    def held(self) -> AbstractContextManager[None]:
        return nullcontext()

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def sweep(self) -> None:
        sweep(None, SPOOLED)

    def close(self) -> None:
        self._spools.close()
