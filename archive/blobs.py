"""File contents, content-addressed by SHA-256: what a place for them must do, and how contents become stored bytes and come back."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Protocol, cast, runtime_checkable

import zstandard

from gracetape.archive.incoming import CHUNK, COMPRESSORS, SMALL, Incoming
from gracetape.errors import ArchiveError, GracetapeError

#: What the system says where no more can be written.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: How long (seconds) whoever reads contents and whoever deletes them wait for each other.
PATIENCE_S = 60.0


class Damaged(ArchiveError):
    """What is stored is not what was kept."""


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


@runtime_checkable
class Together(Protocol):
    """A place into which many contents go at less cost than each by itself."""

    def together(self) -> AbstractContextManager[None]:
        """A block whose contents are kept for good at its end, and only then."""


def together(store: BlobStore) -> AbstractContextManager[None]:
    """A block in which this thread puts many contents into a place; rows may name them, in the same transaction."""
    return store.together() if isinstance(store, Together) else nullcontext()


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
        raise Damaged(f"the contents {blob.sha256[:12]}… are damaged: what is stored is not what was kept")
    yield held


def is_sound(store: BlobStore, blob: Blob) -> bool:
    """Whether the contents of a blob are there, and what was kept."""
    return comes_whole(lambda: plain(store, blob))


def comes_whole(contents: Callable[[], Iterator[bytes]]) -> bool:
    """Whether contents that are checked on the way can be read to their end."""
    try:
        for _ in contents():
            pass
    except (GracetapeError, OSError):
        return False
    return True


def is_stored(store: BlobStore, spool: Path, blob: Blob) -> bool:
    """Whether the very bytes in a spool file are stored for a blob already, which is seen without hashing them."""
    try:
        with spool.open("rb") as mine:
            same = all(mine.read(len(piece)) == piece for piece in store.stored(blob.sha256))
            return same and not mine.read(1)
    except (GracetapeError, OSError):
        return False


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
        raise Damaged(f"the contents {blob.sha256[:12]}… are damaged: they do not unpack") from None


class _Pieces:
    """An iterator of pieces as a file to read from, so that a small piece which unpacks to very much comes in portions."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        found, self._rest = self._rest[:size], self._rest[size:]
        return bytes(found)


def spool_in(store: BlobStore, pieces: Iterable[bytes]) -> tuple[Path, Blob]:
    """Write incoming pieces to a spool file, hashing them, and compress it where that helps by a tenth or more.

    What is small is compressed before it is written.
    """
    pieces = iter(pieces)
    begin = _begin(pieces)
    handle, name = tempfile.mkstemp(prefix="blob-", dir=store.spool_folder())
    spool = Path(name)
    try:
        with full_disk(spool.parent), os.fdopen(handle, "r+b", buffering=0) as file:
            if len(begin) < SMALL:
                return spool, _small(file, begin)
            incoming = Incoming()
            blob = _plain(file, chain((begin,), pieces), incoming)
            found, blob = compressed(spool, blob, shrinks=incoming.shrinks)
        if found != spool:
            spool.unlink()
        return found, blob
    except BaseException:
        spool.unlink(missing_ok=True)
        raise


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A disk that is full as one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ArchiveError(f"cannot write to {folder}: {error.strerror}") from None
        raise


def _begin(pieces: Iterator[bytes]) -> bytes:
    """The first pieces, until they are more than is small."""
    held, size = list[bytes](), 0
    while size < SMALL and (piece := next(pieces, None)) is not None:
        held.append(piece)
        size += len(piece)
    return b"".join(held)


def _small(file: IO[bytes], contents: bytes) -> Blob:
    small = COMPRESSORS.own.compress(contents)
    packed = len(small) < 0.9 * len(contents)
    _write(file, small if packed else contents)
    return Blob(hashlib.sha256(contents).hexdigest(), len(contents), "zstd" if packed else "raw")


def _plain(file: IO[bytes], pieces: Iterable[bytes], incoming: Incoming) -> Blob:
    for piece in pieces:
        incoming.add(piece)
        _write(file, piece)
    return Blob(incoming.end(), incoming.size, "raw")


def compressed(spool: Path, blob: Blob, *, shrinks: bool) -> tuple[Path, Blob]:
    """Contents that lie plain in a spool file, compressed beside it where that helps by a tenth or more; `spool` stays.

    `shrinks`: whether samples of them could be made smaller.
    """
    if not shrinks:
        return spool, blob
    packed = Path(f"{spool}.zst")
    try:
        with spool.open("rb", buffering=0) as raw, packed.open("wb") as file:
            COMPRESSORS.own.copy_stream(raw, file, size=blob.size, read_size=CHUNK, write_size=CHUNK)
        if packed.stat().st_size < 0.9 * blob.size:
            return packed, Blob(blob.sha256, blob.size, "zstd")
    except BaseException:
        packed.unlink(missing_ok=True)
        raise
    packed.unlink()
    return spool, blob


def _write(file: IO[bytes], piece: bytes) -> None:
    """All of a piece, into a file without a buffer of its own."""
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]


def read_stream(stream: IO[bytes]) -> Iterator[bytes]:
    """A binary stream in pieces."""
    while piece := stream.read(CHUNK):
        yield piece
