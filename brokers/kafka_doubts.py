"""Which partitions of a cluster are in doubt: the broker that leads them was missed, and may have another log of them when it is back.

Of several brokers one may be away, while what the others lead is heard on.
"""

import re
import time
from collections.abc import Collection

Partition = tuple[str, int]

#: Seconds between two looks at what is in doubt.
_EVERY_S = 1.0


class Doubts:
    """`since` is when the first of what is in doubt was missed (`time.monotonic()`), None while nothing is.

    `leaders` has the broker that leads each partition of the topics, by its number (-1: none does).
    """

    def __init__(self, *, grouped: bool = False) -> None:
        self._grouped = grouped  # whether partitions come from the broker that coordinates the group
        self.since: float | None = None
        self.leaders: dict[Partition, int] = {}
        self.partitions: set[Partition] = set()
        self._look_at = 0.0

    def missed(self, words: str) -> None:
        """A broker was missed, as librdkafka's words tell; if they do not tell which one, it may have been any."""
        if words.startswith("GroupCoordinator"):  # another connection, over which no messages come
            if self._grouped:
                self.add([])
            return
        named = re.match(r"\S+/(\d+): ", words)
        if named is None:
            self.add(self.leaders)
        elif led := [key for key, leader in self.leaders.items() if leader == int(named[1])]:
            self.add(led)

    def add(self, partitions: Collection[Partition]) -> None:
        """Partitions are in doubt from now on. None at all: whoever is asked may not answer."""
        self.partitions.update(partitions)
        if self.since is None:
            self.since, self._look_at = time.monotonic(), 0.0

    def is_due(self) -> bool:
        """Whether it is time to look again at what is in doubt."""
        if self.since is None or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + _EVERY_S
        return True

    def settle(self, sure: Collection[Partition]) -> None:
        """Partitions are in doubt no longer."""
        self.partitions.difference_update(sure)
        if not self.partitions:
            self.since = None
