"""What is heard on a broker, and what every source of it can do."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple, Self

from gracetape.plain_text import cut, plain
from gracetape.shown import printable

_log = logging.getLogger(__name__)


def _nothing() -> None:
    pass


class Place(NamedTuple):
    """Where a broker keeps a message: `log` names a list of messages that only grows, `offset` counts in it from 0."""

    log: str
    offset: int


class Heard(NamedTuple):  # as Place: there are tens of thousands a second of them
    """One message as it arrived: the node (LVAlert) or topic without its group (igwn-alert), its text verbatim, and the
    time of arrival (UTC, to the microsecond). `place` is where the broker keeps it, None where it keeps nothing (XMPP).
    """

    node: str
    payload: str
    arrived: datetime
    place: Place | None = None
    acknowledge: Callable[[], None] = _nothing

    def __eq__(self, other: object) -> bool:
        """Whether it is the same message, whoever is told that it was kept."""
        return isinstance(other, Heard) and self[:4] == other[:4]

    def __hash__(self) -> int:
        return hash(self[:4])

    def __repr__(self) -> str:
        return f"<Heard on {cut(plain(self.node), 40)} at {self.arrived:%Y-%m-%d %H:%M:%S.%f} UTC, {len(self.payload)} characters>"

    def ack(self) -> None:
        """Tell the broker that the message, and all before it on its node, need not be sent again. Any thread may."""
        self.acknowledge()


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing could be heard on `nodes` from `since` to `until` (UTC); messages may have been missed, `reason` says why."""

    nodes: tuple[str, ...]
    since: datetime
    until: datetime
    reason: str

    def __str__(self) -> str:
        took = (self.until - self.since).total_seconds()
        return f"{', '.join(self.nodes)}: nothing could be heard for {took:.1f} s until {self.until:%H:%M:%S} UTC: {self.reason}"


def log_gap(gap: Gap) -> None:
    """What is done about a gap unless another is asked for."""
    _log.warning("%s", printable(gap))


#: Names of nodes that a source remembers to which nobody listens.
MOST_OTHERS = 100


class Source(ABC):
    """Somewhere that messages are heard, in the order of each node. An iterator that ends when it is closed."""

    #: Whether the broker keeps what is said while nobody listens.
    keeps = False
    #: Nodes that messages came on which were passed over, since nobody listens to those; none where the broker sends no such.
    others: Mapping[str, int] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{', closed' if self.closed else ''}>"

    @property
    def heard_until(self) -> datetime:
        """All that was handed on until then has been given by `poll`, or told of as a gap. Never later than is proved."""
        return now()

    @abstractmethod
    def poll(self, timeout_s: float | None = None) -> Heard | None:
        """The next message; None if `timeout_s` passes first (None: wait for ever) or the source was closed.

        Raises BrokerError if the broker refuses, or stays away longer than the source is patient.
        """

    def take(self, most: int, timeout_s: float | None = None) -> list[Heard]:
        """What has arrived by now, `most` messages at most; waits for the first one, and raises, as `poll` does.

        A source that hears many at once hands them over at once.
        """
        heard = self.poll(timeout_s)
        return [] if heard is None else [heard]

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether nothing more will be heard."""

    @abstractmethod
    def close(self) -> None:
        """Leave; a `poll` under way returns None. Any thread may call it, and more than once."""

    def __iter__(self) -> Iterator[Heard]:
        while not self.closed:
            heard = self.poll()
            if heard is not None:
                yield heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def now() -> datetime:
    """The time of arrival."""
    return datetime.now(UTC)
