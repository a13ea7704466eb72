"""What every publisher can do, and how its deliveries are counted."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from gracetape.leaving import LEAVES_S


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that no broker acknowledged, with the reason."""

    node: str
    payload: str | bytes
    reason: str


@dataclass
class Counts:
    """Messages handed over, acknowledged by the broker, given up, and sent again after the connection broke (these may
    be heard twice)."""

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        again = f" ({self.repeated} of them sent again after the connection broke)" if self.repeated else ""
        return f"{self.sent} sent, {self.acknowledged} acknowledged, {self.failed} failed{again}"


#: Why what is in flight is given up at last by a publisher that is to stop.
STOPPED = "all was stopped before it was acknowledged"

#: Called, from any thread, with each message that is given up.
OnUndelivered = Callable[[Undelivered], None]


class Publisher(ABC):
    """Sends texts to nodes, keeping the order of each node, many in flight at once.

    While the broker is away it tries again with growing pauses, and gives up after `patience_s` seconds.
    """

    counts: Counts

    @abstractmethod
    def publish(self, node: str, payload: str | bytes) -> None:
        """Send a text to a node, or bytes where its topic takes them; waits while too many are in flight. BrokerError if the publisher
        has given up.
        """

    def publish_of(self, key: str | None, node: str, payload: str | bytes) -> None:
        """As `publish`, of something that `key` names: where nodes have several partitions, what has one key stays in one, in order."""
        self.publish(node, payload)

    @abstractmethod
    def flush(self) -> None:
        """Wait until every message is acknowledged or given up."""

    @abstractmethod
    def close(self) -> None:
        """Flush and leave."""

    def give_up(self, within_s: float = LEAVES_S) -> None:
        """Leave soon: what is not acknowledged within some seconds is given up, and told of."""
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'counts', '')}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:  # Ctrl-C
            self.give_up()
