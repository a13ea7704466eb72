"""What contents are, told as they come: their digest and length, and whether they could be made smaller."""

import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import zstandard

#: Bytes of a portion: of what is read at once, and of what is digested at once.
CHUNK = 1 << 20
#: Fewer bytes than this are small; of so many of what is large, a sample is tried.
SMALL, _SAMPLE = 256 << 10, 16 << 10
#: From so many bytes on a thread of its own digests what is large, while more of it is read and written.
_LARGE = 16 << 20


class _Compressors(threading.local):
    """A compressor for each thread: making one takes as long as compressing a megabyte."""

    def __init__(self) -> None:
        self.own = zstandard.ZstdCompressor(level=3)


COMPRESSORS = _Compressors()


class Incoming:
    """Contents on their way: `size` bytes have come. To be closed, or used as a block."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256, self._samples = hashlib.sha256(), _Samples()
        self._held, self._held_size = list[bytes](), 0
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    def add(self, piece: bytes) -> None:
        """More of the contents."""
        self.size += len(piece)
        if self.size < _LARGE:
            self._take([piece])
            return
        self._held.append(piece)
        self._held_size += len(piece)
        if self._held_size >= CHUNK:
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="digesting")
            self._settle()
            self._under_way = self._thread.submit(self._take, self._held)
            self._held, self._held_size = [], 0

    def end(self) -> str:
        """No more comes: the SHA-256 (hex) of what came."""
        self._settle()
        self._take(self._held)
        self._held = []
        self._samples.end()
        return self._sha256.hexdigest()

    @property
    def shrinks(self) -> bool:
        """At the end: whether samples of them could be made smaller."""
        return self._samples.shrink

    def _settle(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._sha256.update(piece)
            self._samples.add(piece)

    def close(self) -> None:
        """Let the thread go."""
        if self._thread is not None:
            self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Samples:
    """Samples from all over contents, taken as they come: what was written may have to be read from the disk again."""

    def __init__(self) -> None:
        #: Whether any of them could be made smaller.
        self.shrink = False
        self._at, self._sample = 0, bytearray()

    def add(self, piece: bytes | bytearray) -> None:
        """More of the contents."""
        if self.shrink:
            return
        first, self._at = self._at, self._at + len(piece)
        if self._sample:  # one that began at the end of the piece before
            self._try(piece[: _SAMPLE - len(self._sample)])
        for place in range(-first % SMALL, len(piece), SMALL):
            self._try(piece[place : place + _SAMPLE])

    def _try(self, more: bytes | bytearray) -> None:
        self._sample += more
        if len(self._sample) == _SAMPLE:
            self.end()

    def end(self) -> None:
        """No more comes."""
        if self._sample and not self.shrink:
            sample = bytes(self._sample)
            self.shrink = len(COMPRESSORS.own.compress(sample)) < 0.98 * len(sample)
        self._sample.clear()
