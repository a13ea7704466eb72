"""Where a listener is in each partition of its topics: what comes next, what is known of what came, and what the broker has lost."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import confluent_kafka
from confluent_kafka import TopicPartition

from gracetape.brokers.kafka_client import nobody_answers, said
from gracetape.brokers.kafka_doubts import Partition
from gracetape.brokers.kafka_places import look
from gracetape.brokers.kafka_wire import marks_of
from gracetape.brokers.sources import Gap, now
from gracetape.brokers.urls import BrokerUrl
from gracetape.errors import BrokerError


class Partitions:
    """Those that are read: `next` has the offset that comes next in each, `logs` the name of each one's log.

    `topics` are the nodes by the topics' names; one that nobody kept a place in begins at its end, or `from_beginning` at what the broker
    has. What the broker no longer has is told of as a gap.
    """

    def __init__(
        self, url: BrokerUrl, topics: Mapping[str, str], on_gap: Callable[[Gap], None], *, from_beginning: bool
    ) -> None:
        self.next: dict[Partition, int] = {}
        self.logs: dict[Partition, str] = {}
        self._url, self._topics, self._on_gap, self._from_beginning = url, topics, on_gap, from_beginning
        self._acknowledged: dict[Partition, int] = {}
        self._last_ids: dict[Partition, bytes | None] = {}
        # When the last message that came was written, by its producer's clock, in milliseconds since 1970.
        self._written: dict[Partition, int] = {}
        self._begun = now()
        #: How often the log of a partition began anew: what was kept of an earlier one says nothing of this one.
        self.begun_anew: Counter[Partition] = Counter()

    # -- where they begin

    def log(self, key: Partition) -> str:
        """The name of a partition's log."""
        return f"{self._url}/{key[0]}/{key[1]}"

    def find(self, key: Partition, place: int | None, by: confluent_kafka.Consumer, timeout_s: float) -> None:
        """Let a partition begin at a place (None: nobody kept one), as far as its log is still the same, else where the log begins.

        BrokerError if the broker that leads it does not answer within `timeout_s`, or refuses.
        """
        try:
            log = look(by, TopicPartition(*key), place, timeout_s)
        except confluent_kafka.KafkaException as error:
            why = "no broker answers for it" if nobody_answers(error) else said(error)
            raise BrokerError(f"{self._url}: cannot read partition {key[1]} of {key[0]}: {why}") from None
        known = self._last_ids.get(key)
        if place is not None and not log.answered and (known is not None or place > log.high):
            # Whether it is still the same log cannot be told: going on in another one would lose what that begins with.
            raise BrokerError(f"{self._url}: cannot read partition {key[1]} of {key[0]}: no broker answers for it")
        if place is not None and place >= log.low and not log.holds(place, known):
            self._tell_gap(key, f"{self._url} has begun {key[0]} anew: what it held before is forgotten")
            place = log.low
            self._acknowledged.pop(key, None)
            self.begun_anew[key] += 1
        self.begin(key, place, log.low, log.high)

    def begin(self, key: Partition, place: int | None, low: int, high: int) -> int:
        """Let a partition begin at a place (None: nobody kept one), of whose log there are the offsets from `low` up to `high`; where."""
        if place is None:
            place = low if self._from_beginning else high
        elif place < low:
            self._tell_gap(key, f"{low - place} messages of {key[0]} are no longer on {self._url}")
            place = low
        self.put(key, place)
        return place

    def put(self, key: Partition, place: int) -> None:
        """Let a partition begin at a place, wherever its log begins."""
        self.next[key], self.logs[key] = place, self.log(key)

    def leave(self, keys: Collection[Partition]) -> None:
        """Partitions are not read any more."""
        for key in keys:
            for known in (self.next, self._last_ids, self._acknowledged, self._written):
                known.pop(key, None)

    def without(self, keys: Collection[Partition]) -> list[TopicPartition]:
        """Where all begin but some, as librdkafka has it."""
        return [TopicPartition(*key, place) for key, place in self.next.items() if key not in keys]

    # -- what comes of them

    def came(self, key: Partition, record: Any, arrived: datetime) -> None:
        """Remember the last message that came of a partition."""
        self.next[key], self._last_ids[key] = record.offset() + 1, marks_of(record.headers())[0]
        known, milliseconds = record.timestamp()
        if known != confluent_kafka.TIMESTAMP_NOT_AVAILABLE and 0 <= milliseconds < arrived.timestamp() * 1000:
            self._written[key] = milliseconds

    def acknowledge(self, key: Partition, offset: int) -> bool:
        """Remember that a message was kept; whether none after it was before."""
        if self._acknowledged.get(key, -1) >= offset:
            return False
        self._acknowledged[key] = offset
        return True

    def acknowledged(self, places: Collection[TopicPartition]) -> list[TopicPartition]:
        """What follows the last message that was kept, of some partitions, as librdkafka has it."""
        known = {(one.topic, one.partition) for one in places} & self._acknowledged.keys()
        return [TopicPartition(*key, self._acknowledged[key] + 1) for key in known]

    def heard_until(self) -> datetime:
        """When the oldest of the last messages of each partition was written: those after it may be missed by who forgets."""
        return min(map(self._written_at, self.next), default=self._begun)

    def _written_at(self, key: Partition) -> datetime:
        """When the last message that came was written; if none came, when we began."""
        milliseconds = self._written.get(key)
        return self._begun if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)

    def _tell_gap(self, key: Partition, reason: str) -> None:
        """What came next in a partition was written after the last message that came; whether soon after, nobody knows."""
        since, until = self._written_at(key), now()
        self._on_gap(Gap((self._topics[key[0]],), since, max(since, until), reason))
