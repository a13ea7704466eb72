"""Where file contents lie: content-addressed by SHA-256, in a folder or inside the SQLite file."""

import errno
import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

import zstandard

from gracetape.errors import ArchiveError, NotFound

CHUNK = 1 << 20
#: What the system says where no more can be written.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SHA256 = re.compile("[0-9a-f]{64}")
_PART = 8 << 20  # SQLite limits one value to 1 GB


@dataclass(frozen=True)
class Blob:
    """Contents by digest: SHA-256 (hex) and size in bytes of the plain contents, and how they are stored."""

    sha256: str
    size: int
    encoding: str


class BlobStore(Protocol):
    """A place for blobs. Stored bytes are plain or zstd-compressed, as the blob's encoding says."""

    def put(self, spool: Path, sha256: str) -> None:
        """Take over the finished file `spool` as the stored bytes of `sha256`."""

    def stored(self, sha256: str) -> Iterator[bytes]:
        """The stored bytes, in pieces; NotFound if there are none."""

    def remove(self, sha256: str) -> None:
        """Forget the stored bytes."""

    def names(self) -> set[str]:
        """The digests that are stored, named by a row or not."""

    def spool_folder(self) -> Path | None:
        """Where to write incoming bytes so that `put` is a rename (None: the system's temporary folder)."""


def _no_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


class FolderBlobs:
    """Blobs as files `blobs/ab/abcdef…`, each there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, sha256: str) -> Path:
        """Where contents lie. An archive from a stranger may name anything as a digest: it never becomes a path then."""
        if _SHA256.fullmatch(sha256) is None:
            raise ArchiveError(f"{sha256[:80]!r} is named as the digest of contents, and is none")
        return self.folder / sha256[:2] / sha256

    def spool_folder(self) -> Path:
        folder = self.folder / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put(self, spool: Path, sha256: str) -> None:
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(spool, path)

    def stored(self, sha256: str) -> Iterator[bytes]:
        try:
            with open(self._path(sha256), "rb", opener=_no_links) as stream:
                while piece := stream.read(CHUNK):
                    yield piece
        except FileNotFoundError:
            raise NotFound(f"the contents {sha256[:12]}… are missing from {self.folder}") from None

    def remove(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    def names(self) -> set[str]:
        return {p.name for p in self.folder.glob("??/*") if len(p.name) == 64}


class PackedBlobs:
    """Blobs as rows of the table `chunks`."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path) -> None:
        self._connect = connect
        self._file = path

    def spool_folder(self) -> None:
        return None

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
        query = "SELECT data FROM chunks WHERE sha256 = ? AND part = ?"
        while row := self._connect().execute(query, (sha256, part)).fetchone():
            yield row[0]
            part += 1
        if part == 0:
            raise NotFound(f"the contents {sha256[:12]}… are missing from {self._file}")

    def remove(self, sha256: str) -> None:
        self._connect().execute("DELETE FROM chunks WHERE sha256 = ?", (sha256,))

    def names(self) -> set[str]:
        return {row[0] for row in self._connect().execute("SELECT DISTINCT sha256 FROM chunks")}


def plain(store: BlobStore, blob: Blob) -> Iterator[bytes]:
    """The contents of a blob in pieces of about 1 MiB; ArchiveError before the last one if they are damaged."""
    size, digest, held = 0, hashlib.sha256(), b""
    for piece in _unpacked(store, blob):
        if held:
            yield held
        size, held = size + len(piece), piece
        digest.update(piece)
        if size > blob.size:
            break
    if size != blob.size or digest.hexdigest() != blob.sha256:
        raise ArchiveError(f"the contents {blob.sha256[:12]}… are damaged: what is stored is not what was kept")
    yield held


def _unpacked(store: BlobStore, blob: Blob) -> Iterator[bytes]:
    if blob.encoding == "raw":
        yield from store.stored(blob.sha256)
        return
    try:
        yield from zstandard.ZstdDecompressor().read_to_iter(
            cast("IO[bytes]", _Pieces(store.stored(blob.sha256))), write_size=CHUNK
        )
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
