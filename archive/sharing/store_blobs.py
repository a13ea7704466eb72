"""Contents of files in a store elsewhere, of a tape whose rows are here: written once, by digest, and kept on this machine up to a size.

Several tapes may have one store, and copies of one tape, on several machines: nobody can know who needs what. So no tape ever removes
contents from its store; `gc` frees what is here.
"""

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from gracetape.archive.blob_places import FolderBlobs
from gracetape.archive.blobs import Blob, comes_whole, read_stream, unpacked
from gracetape.archive.sharing.at_once import at_once
from gracetape.archive.sharing.blob_cache import BlobCache, blob_cache
from gracetape.archive.sharing.fetched import Lost, fetch_into
from gracetape.archive.sharing.head import blob_name
from gracetape.archive.sharing.places import Place
from gracetape.archive.sharing.stores import place_of
from gracetape.errors import ArchiveError, NotFound


class StoreBlobs:
    """Blobs of a folder archive in a store; what lies in its own folder (from before it had one) is read there."""

    def __init__(self, url: str, tape: Path, local: FolderBlobs, connect: Callable[[], sqlite3.Connection]) -> None:
        self.url, self._tape, self._local, self._connect = url, tape, local, connect
        self._opened: tuple[Place, BlobCache] | None = None
        self._damaged: set[str] = set()
        self._thread = threading.local()

    def _store(self) -> tuple[Place, BlobCache]:
        if self._opened is None:
            self._opened = place_of(self.url, self._tape), blob_cache()
        return self._opened

    def put(self, spool: Path, sha256: str) -> None:
        """Into the store, unless it is there; a row may name it after that."""
        later = self._waiting()
        if later is None:
            self._send(spool, sha256)
        elif later.setdefault(sha256, spool) != spool:
            spool.unlink()  # it comes twice

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block in which this thread puts in many contents: they are in the store at its end, sent some at once."""
        later = self._thread.later = dict[str, Path]()
        try:
            yield
            self._thread.later = None
            self._store()
            for _ in at_once(lambda one: self._send(one[1], one[0]), later.items()):
                pass
        finally:
            self._thread.later = None
            for spool in later.values():  # what was not sent
                spool.unlink(missing_ok=True)

    def _waiting(self) -> dict[str, Path] | None:
        """What this thread is about to send."""
        found: dict[str, Path] | None = getattr(self._thread, "later", None)
        return found

    def _send(self, spool: Path, sha256: str) -> None:
        place, cache = self._store()
        blob = _as_stored(spool, sha256)
        stamp = place.stamp(blob_name(blob))
        if stamp is None or stamp.size != spool.stat().st_size or sha256 in self._damaged:
            place.put(blob_name(blob), spool)
            self._damaged.discard(sha256)
        incoming = cache.incoming()
        try:
            shutil.move(spool, incoming)
            cache.keep(_cached_as(blob), incoming)
        except OSError:  # no room is left: what is in the store is kept
            incoming.unlink(missing_ok=True)
            spool.unlink(missing_ok=True)

    def stored(self, sha256: str) -> Iterator[bytes]:
        if (spool := (self._waiting() or {}).get(sha256)) is not None:
            with spool.open("rb") as stream:
                yield from read_stream(stream)
            return
        try:
            yield from self._local.stored(sha256)
            return
        except NotFound:
            pass
        blob = self._row(sha256)
        with self._fetched(blob) as stream:
            yield from read_stream(stream)

    def _row(self, sha256: str) -> Blob:
        row = self._connect().execute("SELECT * FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise NotFound(f"the contents {str(sha256)[:12]}… are named nowhere in {self._tape}")
        return Blob(*row)

    def _fetched(self, blob: Blob) -> IO[bytes]:
        """The stored bytes, which are what the digest says, as a file of this machine: open, since others may make room."""
        place, cache = self._store()
        name = _cached_as(blob)
        if (path := cache.find(name)) is not None:
            with suppress(OSError):
                stream = path.open("rb")
                if _holds(stream, blob):
                    return stream
                stream.close()
                cache.forget(name)
        try:
            incoming = cache.incoming()
            try:
                fetch_into(incoming, lambda: place.read(blob_name(blob)), blob, place.shown)
                stream = incoming.open("rb")
                cache.keep(name, incoming)
            finally:
                incoming.unlink(missing_ok=True)
        except Lost:
            self._damaged.add(blob.sha256)
            raise
        except OSError as error:
            raise ArchiveError(f"cannot write to {cache.folder}: {error.strerror}") from None
        return stream

    def remove(self, sha256: str) -> None:
        """What this machine holds of it alone: other tapes, and copies of this one, may need what is in the store."""
        self._local.remove(sha256)

    def names(self) -> set[str]:
        """Those in the tape's own folder."""
        return self._local.names()

    def spool_folder(self) -> Path:
        return self._local.spool_folder()

    def held(self) -> AbstractContextManager[None]:
        return self._local.held()

    def alone(self) -> AbstractContextManager[None]:
        return self._local.alone()

    def sweep(self) -> None:
        self._local.sweep()

    def close(self) -> None:
        self._local.close()


def _cached_as(blob: Blob) -> str:
    return blob_name(blob).rpartition("/")[2]


def _holds(stream: IO[bytes], blob: Blob) -> bool:
    """Whether a file is what it should be; then it stands at its beginning again."""
    whole = comes_whole(lambda: unpacked(read_stream(stream), blob))
    if whole:
        stream.seek(0)
    return whole


def _as_stored(spool: Path, sha256: str) -> Blob:
    """Stored bytes, packed or not, as which of the two they are."""
    digest = hashlib.sha256()
    with spool.open("rb") as stream:
        for piece in read_stream(stream):
            digest.update(piece)
    return Blob(sha256, 0, "raw" if digest.hexdigest() == sha256 else "zstd")
