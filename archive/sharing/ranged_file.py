"""A file that lies elsewhere, read by ranges: the blocks that were asked for last are kept, up to so many bytes."""

import threading
import time
from collections import OrderedDict

from gracetape.archive.sharing.places import Changed, NoRanges, Place
from gracetape.errors import ArchiveError, NotFound, OutOfReach

#: What is asked for at once (bytes): a block, or several where one follows the other.
BLOCK, LONGEST_RANGE = 1 << 16, 1 << 20
#: The most that is kept in memory of one file (bytes).
MOST_KEPT = 64 << 20
#: Seconds after which what did not come is asked for again: whoever reads for hours meets a line that breaks off.
PAUSES_S = (0.2, 1.0, 5.0)


class RangedFile:
    """Reads any part of a file of a place, as it was when this was made. Threads may share it.

    ArchiveError (`Changed`) from then on, if the file changes: two states of one never mix.
    """

    def __init__(self, place: Place, name: str) -> None:
        self._place, self._name = place, name
        stamp = place.stamp(name)
        if stamp is None:
            raise NotFound(f"{place.shown} is not a gracetape archive: there is nothing there")
        self.size, self.tag = stamp
        self.fetched = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next, self._ahead = -1, 1
        self._lock = threading.Lock()

    def read(self, start: int, length: int) -> bytes:
        """The bytes from `start` on, fewer at the end of the file."""
        end = min(start + length, self.size)
        with self._lock:
            parts = [self._block(number) for number in range(start // BLOCK, -(-end // BLOCK))]
        whole = b"".join(parts)
        begin = start % BLOCK
        return whole[begin : begin + max(0, end - start)]

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        # Who reads on gets more at once, and who jumps about does not.
        self._ahead = min(self._ahead * 2, LONGEST_RANGE // BLOCK) if number == self._next else 1
        start, end = number * BLOCK, min((number + self._ahead) * BLOCK, self.size)
        found = self._come(start, end)
        self.fetched += len(found)
        for at in range(0, len(found), BLOCK):
            self._blocks[number + at // BLOCK] = found[at : at + BLOCK]
        self._next = number + -(-len(found) // BLOCK)
        while len(self._blocks) * BLOCK > MOST_KEPT:
            self._blocks.popitem(last=False)
        return found[:BLOCK]

    def _come(self, start: int, end: int) -> bytes:
        """A range, asked for again if it does not come."""
        for pause_s in (*PAUSES_S, None):
            try:
                return self._once(start, end)
            except (Changed, NoRanges, NotFound, OutOfReach):
                raise
            except ArchiveError:
                if pause_s is None:
                    raise
                time.sleep(pause_s)
        raise AssertionError("unreachable")

    def _once(self, start: int, end: int) -> bytes:
        found = b"".join(self._place.read(self._name, start, end, self.tag))
        if len(found) != end - start:
            raise ArchiveError(f"{self._place.shown} broke off: {len(found)} of {end - start} bytes came; try again")
        return found
