"""Where file contents lie: content-addressed by SHA-256, in a folder or inside the SQLite file."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

import zstandard

from gracetape.archive import modes
from gracetape.archive.held_folders import SPOOLED, HeldFolder, sweep, sync_folder
from gracetape.archive.inside import check, open_inside
from gracetape.errors import ArchiveError, GracetapeError, NotFound

CHUNK = 1 << 20
#: What the system says where no more can be written.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SHA256 = re.compile("[0-9a-f]{64}")
_PART = 8 << 20  # SQLite limits one value to 1 GB
#: How long (seconds) whoever reads contents and whoever deletes them wait for each other.
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Blob:
    """Contents by digest: SHA-256 (hex) and size in bytes of the plain contents, and how they are stored."""

    sha256: str
    size: int
    encoding: str

    def __post_init__(self) -> None:
        texts = isinstance(self.sha256, str) and isinstance(self.encoding, str)
        if not (texts and isinstance(self.size, int) and self.size >= 0):
            raise ArchiveError(f"a row of the table blobs is damaged ({self.sha256!r:.80}): verify tells more")


class BlobStore(Protocol):
    """A place for blobs. Stored bytes are plain or zstd-compressed, as the blob's encoding says.

    Contents are put in and removed only while the archive is held for writing (`BEGIN IMMEDIATE`), by whoever writes or
    deletes the row that names them in the same breath, or has done so before: so storing and deleting agree across processes.
    """

    def put(self, spool: Path, sha256: str) -> None:
        """Take over the finished file `spool` as the stored bytes of `sha256`, in the place of what is there."""

    def stored(self, sha256: str) -> Iterator[bytes]:
        """The stored bytes, in pieces; NotFound if there are none."""

    def remove(self, sha256: str) -> None:
        """Forget the stored bytes."""

    def names(self) -> set[str]:
        """The digests that are stored, named by a row or not."""

    def spool_folder(self) -> Path:
        """Where to write incoming bytes so that `put` is a rename; it goes with this process."""

    def held(self) -> AbstractContextManager[None]:
        """A block in which nobody deletes contents, though their rows may go."""

    def alone(self) -> AbstractContextManager[None]:
        """A block in which nobody is in a block of `held`. Both raise ArchiveError after PATIENCE_S."""

    def sweep(self) -> None:
        """Remove what killed processes were about to put in."""

    def close(self) -> None:
        """Remove what this process was about to put in."""


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
        if self._synced:
            with spool.open("rb") as stream:
                os.fsync(stream.fileno())
        os.replace(spool, path)
        if self._synced:
            sync_folder(path.parent)
            if new:
                sync_folder(self.folder)

    def stored(self, sha256: str) -> Iterator[bytes]:
        try:
            _, shelf, name = self._path(sha256).relative_to(self.folder.parent).parts
            found = open_inside(self.folder.parent, self.folder.name, shelf, name)
        except FileNotFoundError:
            raise NotFound(f"the contents {sha256[:12]}… are missing from {self.folder}") from None
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
            until = time.monotonic() + PATIENCE_S
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


def plain(store: BlobStore, blob: Blob) -> Iterator[bytes]:
    """The contents of a blob in pieces of about 1 MiB; ArchiveError before the last one if they are damaged."""
    return unpacked(store.stored(blob.sha256), blob)


def unpacked(stored: Iterator[bytes], blob: Blob) -> Iterator[bytes]:
    """As `plain`, from the stored bytes in pieces."""
    size, digest, held = 0, hashlib.sha256(), b""
    for piece in _decoded(stored, blob):
        if held:
            yield held
        size, held = size + len(piece), piece
        digest.update(piece)
        if size > blob.size:
            break
    if size != blob.size or digest.hexdigest() != blob.sha256:
        raise ArchiveError(f"the contents {blob.sha256[:12]}… are damaged: what is stored is not what was kept")
    yield held


def is_sound(store: BlobStore, blob: Blob) -> bool:
    """Whether the contents of a blob are there, and what was kept."""
    try:
        for _ in plain(store, blob):
            pass
    except (GracetapeError, OSError):
        return False
    return True


def _decoded(stored: Iterator[bytes], blob: Blob) -> Iterator[bytes]:
    if blob.encoding == "raw":
        yield from stored
        return
    if blob.encoding != "zstd":
        raise ArchiveError(
            f"the contents {blob.sha256[:12]}… are kept in no form that is known: {blob.encoding[:40]!r}"
        )
    try:
        yield from zstandard.ZstdDecompressor().read_to_iter(cast("IO[bytes]", _Pieces(stored)), write_size=CHUNK)
    except zstandard.ZstdError:
        raise ArchiveError(f"the contents {blob.sha256[:12]}… are damaged: they do not unpack") from None


class _Pieces:
    """An iterator of pieces as a file to read from, so that a small piece which unpacks to very much comes in portions."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        found, self._rest = self._rest[:size], self._rest[size:]
        return bytes(found)


def spool_in(store: BlobStore, pieces: Iterator[bytes]) -> tuple[Path, Blob]:
    """Write incoming pieces to a spool file, hashing them, and compress it where that helps by a tenth or more."""
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix="blob-", dir=store.spool_folder())
    spool, packed = Path(name), Path(name + ".zst")
    try:
        pack = zstandard.ZstdCompressor(level=3).compressobj()
        with os.fdopen(handle, "wb") as raw, packed.open("wb") as small:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                raw.write(piece)
                small.write(pack.compress(piece))
            small.write(pack.flush())
        if packed.stat().st_size < 0.9 * size:
            spool.unlink()
            return packed, Blob(digest.hexdigest(), size, "zstd")
        packed.unlink()
        return spool, Blob(digest.hexdigest(), size, "raw")
    except BaseException as error:
        spool.unlink(missing_ok=True)
        packed.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _FULL:
            raise ArchiveError(f"cannot write to {spool.parent}: {error.strerror}") from None
        raise


def read_stream(stream: IO[bytes]) -> Iterator[bytes]:
    """A binary stream in pieces."""
    while piece := stream.read(CHUNK):
        yield piece
