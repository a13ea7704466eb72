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
    """Contents on their way: `size` bytes have come; `shrinks` says whether a sample of them could be made smaller.

    Samples are taken from all over them as they come: what was written may have to be read from the disk again.
    """

    def __init__(self) -> None:
        self.size, self.shrinks = 0, False
        self._sha256, self._sample = hashlib.sha256(), bytearray()

    def add(self, piece: bytes | bytearray) -> None:
        """More of the contents."""
        self._sha256.update(piece)
        if not self.shrinks:
            if self._sample:  # one that began at the end of the piece before
                self._try(piece[: _SAMPLE - len(self._sample)])
            for place in range(-self.size % SMALL, len(piece), SMALL):
                self._try(piece[place : place + _SAMPLE])
        self.size += len(piece)

    def end(self) -> str:
        """No more comes: the SHA-256 (hex) of what came."""
        self._judge()
        return self._sha256.hexdigest()

    def _try(self, more: bytes | bytearray) -> None:
        self._sample += more
        if len(self._sample) == _SAMPLE:
            self._judge()

    def _judge(self) -> None:
        if self._sample and not self.shrinks:
            sample = bytes(self._sample)
            self.shrinks = len(COMPRESSORS.own.compress(sample)) < 0.98 * len(sample)
        self._sample.clear()
