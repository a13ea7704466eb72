"""What contents are, told as they come: their digest and length, and whether they could be made smaller."""

import hashlib
import threading

import zstandard

#: Bytes of a portion that is read at once.
CHUNK = 1 << 20
#: Fewer bytes than this are small; of so many of what is large, a sample is tried.
SMALL, _SAMPLE = 256 << 10, 16 << 10


class _Compressors(threading.local):
    """A compressor for each thread: making one takes as long as compressing a megabyte."""

    def __init__(self) -> None:
        self.own = zstandard.ZstdCompressor(level=3)


COMPRESSORS = _Compressors()


class Incoming:
    """Contents on their way: `size` bytes have come."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256, self._samples = hashlib.sha256(), _Samples()

    def add(self, piece: bytes | bytearray) -> None:
        """More of the contents."""
        self.size += len(piece)
        self._sha256.update(piece)
        self._samples.add(piece)

    def end(self) -> str:
        """No more comes: the SHA-256 (hex) of what came."""
        self._samples.end()
        return self._sha256.hexdigest()

    @property
    def shrinks(self) -> bool:
        """At the end: whether samples of them could be made smaller."""
        return self._samples.shrink


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
