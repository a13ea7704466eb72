"""Listens to igwn-alert topics, from where this consumer group, or the caller, left off."""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError, TopicPartition

from gracetape.brokers.credentials import kafka_login
from gracetape.brokers.kafka_client import Admin, client_settings, create_topics, objection, said, topics_on
from gracetape.brokers.kafka_places import look
from gracetape.brokers.kafka_sharing import SETTINGS, Sharing
from gracetape.brokers.kafka_wire import check_group, marks_of, node_of, text_of, topic_of
from gracetape.brokers.recent import Recent
from gracetape.brokers.sources import Gap, Heard, Place, Source, log_gap, now
from gracetape.brokers.urls import parse_url
from gracetape.errors import BadUrl, BrokerError
from gracetape.topics import is_public

_SLICE_S = 0.2
_AT_ONCE = 256
_REMEMBERED = 5000
#: What a broker says that no longer has the place where we were; the place is then looked for anew.
_FORGOTTEN = (
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)

Partition = tuple[str, int]


class KafkaSource(Source):
    """Reads every partition of some topics, as hop-client does: without sharing them with other members of the group, unless the URL
    says `share=yes`.

    It begins after the last message that the caller kept (`after`), else after the last one acknowledged under the group
    (`consumer=NAME` in the URL), else, for a group that is new, at the end (`start=latest`) or the beginning of what the
    broker has. What the broker no longer has is told of as a gap.
    """

    keeps = True

    def __init__(
        self,
        url: str,
        nodes: Sequence[str],
        *,
        on_gap: Callable[[Gap], None] = log_gap,
        after: Callable[[str], int | None] | None = None,
    ) -> None:
        self.url = parse_url(url)
        if not all(map(is_public, nodes)):  # whose names are whole
            check_group(self.url)
        self.nodes = tuple(dict.fromkeys(node_of(self.url, node) for node in nodes))
        self._after, self._on_gap = after, on_gap
        self._from_beginning = self.url.options.get("start", "latest") == "earliest"
        if self.url.options.get("start", "latest") not in ("earliest", "latest"):
            raise BadUrl(f"start={self.url.options['start']} makes no sense: write start=earliest or start=latest")
        self._group = self.url.options.get("consumer")
        if self.url.flag("share", False) and self._group is None:
            raise BadUrl("share=yes needs a group that is shared: write consumer=NAME, too")
        self._closed = threading.Event()
        self._polling = threading.Lock()
        self._away: float | None = None  # when the broker was first missed
        self._fatal: str | None = None
        self._next: dict[Partition, int] = {}  # the offset that comes next
        self._logs: dict[Partition, str] = {}
        self._known: dict[Partition, bytes | None] = {}  # the id of the message before that
        self._acknowledged: dict[Partition, int] = {}
        self._waiting: deque[Heard] = deque()
        self._recent = Recent(_REMEMBERED)  # ids of messages
        self._begun = self._given_until = now()
        # When the last message that came was written, by its producer's clock, in milliseconds since 1970.
        self._written: dict[Partition, int] = {}
        login = kafka_login(self.url)
        self._user = login.get("sasl.username", "?")
        settings = {**client_settings(self.url), **login}
        self._admin = Admin(settings)
        self._topics = {topic_of(self.url, node): node for node in self.nodes}
        self._consumer = confluent_kafka.Consumer(
            settings
            | {
                "group.id": self._group or f"gracetape-{time.time_ns():x}",
                "enable.auto.commit": self._group is not None,
                "auto.commit.interval.ms": 200,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                # The development broker answers a waiting fetch late, a real one as soon as there is something.
                "fetch.wait.max.ms": 20 if self.url.loopback else 500,
                "error_cb": self._error,
            }
            | dict(SETTINGS if self.url.flag("share", False) else {})
        )
        self._sharing: Sharing | None = None
        if self.url.flag("share", False):
            self._partitions()  # topics that are not there are made
            self._sharing = Sharing(self._consumer, self._share_begins, self._share_ends)
            self._sharing.join(self._topics)
        else:
            self._find_places(self._first_places())

    # -- where to begin

    def _find_places(self, places: Mapping[Partition, int]) -> None:
        """Begin each partition at its place, as far as the broker still has it, else where its log begins."""
        partitions = self._partitions()
        for partition in partitions:
            key = (partition.topic, partition.partition)
            self._logs[key] = self._log(*key)
            place = places.get(key)
            log = look(self._consumer, partition, place)
            if place is None:
                place = log.low if self._from_beginning else log.high
            elif place < log.low:
                self._tell_gap(
                    partition, f"{log.low - place} messages of {partition.topic} are no longer on {self.url}"
                )
                place = log.low
            elif not log.holds(place, self._known.get(key)):
                begun = f"{self.url} has begun {partition.topic} anew"
                self._tell_gap(partition, f"{begun}: what it held before is forgotten")
                place = log.low
            partition.offset = self._next[key] = place
        self._consumer.assign(partitions)
        if (
            self._group is not None
        ):  # a group that is new begins here, also when it comes again before it heard anything
            self._consumer.commit(offsets=partitions, asynchronous=False)

    def _share_begins(self, kept: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """Where the partitions begin that others of the group leave to this one: after what any of them, or the caller, kept."""
        for key, offset in kept.items():
            log = self._logs[key] = self._log(*key)
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*key), timeout=10)
            last = self._after(log) if self._after is not None else None
            place = max((one for one in (offset, None if last is None else last + 1) if one is not None), default=None)
            if place is None:
                place = low if self._from_beginning else high
            elif place < low:
                missing = f"{low - place} messages of {key[0]} are no longer on {self.url}"
                self._tell_gap(TopicPartition(*key), missing)
                place = low
            self._next[key] = place
        return {key: self._next[key] for key in kept}

    def _share_ends(self, gone: Collection[Partition]) -> None:
        """Others of the group go on with some partitions: what came of them and was not handed over yet is theirs."""
        logs = {self._logs.get(key) for key in gone}
        self._waiting = deque(heard for heard in self._waiting if heard.place is None or heard.place.log not in logs)
        for key in gone:
            for known in (self._next, self._known, self._acknowledged, self._written):
                known.pop(key, None)

    def _first_places(self) -> dict[Partition, int]:
        """Where the caller, else the group, left off."""
        partitions, found = self._partitions(), dict[Partition, int]()
        if self._group is not None:
            for kept in self._consumer.committed(partitions, timeout=10):
                if kept.offset >= 0:
                    found[kept.topic, kept.partition] = kept.offset
        for partition in partitions if self._after is not None else ():
            last = self._after(self._log(partition.topic, partition.partition))  # type: ignore[misc]
            if last is not None:
                found[partition.topic, partition.partition] = last + 1
        return found

    def _partitions(self) -> list[TopicPartition]:
        there = topics_on(self._admin, self.url)
        for topic in self._topics.keys() - there:
            if not self.url.flag("create", self.url.loopback):
                raise BrokerError(f"{self.url} has no topic {topic}")
            create_topics(self._admin, self.url, [topic])
        found = []
        for topic in self._topics:
            about = self._consumer.list_topics(topic, timeout=10).topics[topic]
            found += [TopicPartition(topic, number) for number in about.partitions]
        return found

    def _log(self, topic: str, partition: int) -> str:
        return f"{self.url}/{topic}/{partition}"

    def _tell_gap(self, partition: TopicPartition, reason: str) -> None:
        """What came next in a partition was written after the last message that came; whether soon after, nobody knows."""
        since, until = self._written_at((partition.topic, partition.partition)), now()
        self._on_gap(Gap((self._topics[partition.topic],), since, max(since, until), reason))

    def _written_at(self, key: Partition) -> datetime:
        """When the last message that came was written; if none came, when we began."""
        milliseconds = self._written.get(key)
        return self._begun if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)

    @property
    def heard_until(self) -> datetime:
        """When the oldest of the last messages of each partition was written: those after it may be missed by who forgets."""
        if not self._waiting:
            self._given_until = min(map(self._written_at, self._next), default=self._begun)
        return self._given_until

    # -- listening

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        return self._waiting.popleft() if self._wait(timeout_s) else None

    def take(self, most: int, timeout_s: float | None = None) -> list[Heard]:
        if not self._wait(timeout_s):
            return []
        if len(self._waiting) > most:
            return [self._waiting.popleft() for _ in range(most)]
        heard, self._waiting = list(self._waiting), deque()
        return heard

    def _wait(self, timeout_s: float | None) -> bool:
        """Whether there is something to hand over, within a time."""
        limit = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._waiting:
            left = _SLICE_S if limit is None else max(0.0, min(_SLICE_S, limit - time.monotonic()))
            with self._polling:
                if self._closed.is_set():
                    return False
                self._fetch(left)
            if not self._waiting and limit is not None and time.monotonic() >= limit:
                return False
        return True

    def _fetch(self, timeout_s: float) -> None:
        record = self._consumer.poll(timeout_s)
        if self._fatal is not None:
            raise BrokerError(self._fatal)
        if self._away is not None:  # whatever came is read again, once the log is known to be the same
            self._come_back()
            return
        if record is not None:
            self._take_in([record, *self._consumer.consume(_AT_ONCE, timeout=0)])

    def _take_in(self, records: Sequence[Any]) -> None:
        """Let what came wait to be handed over. There are tens of thousands a second: what one tells of its partition, the last tells."""
        arrived, last = now(), dict[Partition, Any]()
        try:
            for record in records:
                if (error := record.error()) is not None:
                    self._object(error)
                    continue
                key = topic, partition = record.topic(), record.partition()
                if key not in self._next:  # others of the group have it now
                    continue
                last[key] = record
                id_, test = marks_of(record.headers())
                # One that we know was sent again, after its acknowledgement was lost.
                if test or (id_ is not None and not self._recent.is_new(id_)):
                    continue
                offset = record.offset()
                place, ack = Place(self._logs[key], offset), partial(self._acknowledge, topic, partition, offset)
                self._waiting.append(Heard(self._topics[topic], text_of(record.value()), arrived, place, ack))
        finally:
            for key, record in last.items():
                self._came(key, record, arrived)

    def _came(self, key: Partition, record: Any, arrived: datetime) -> None:
        """Remember the last message that came of a partition."""
        self._next[key], self._known[key] = record.offset() + 1, marks_of(record.headers())[0]
        known, milliseconds = record.timestamp()
        if known != confluent_kafka.TIMESTAMP_NOT_AVAILABLE and 0 <= milliseconds < arrived.timestamp() * 1000:
            self._written[key] = milliseconds

    def _object(self, error: KafkaError) -> None:
        """See whether an error that came instead of a message ends the listening, or lets our place be looked for anew."""
        if error.code() in _FORGOTTEN:
            self._away = self._away or time.monotonic()
        elif error.fatal() or (not error.retriable() and error.code() > 0):
            raise BrokerError(f"{self.url}: {error.str()}")

    def _come_back(self) -> None:
        """The connection broke: once the broker is there again, see whether its logs are the same; give up after a while."""
        assert self._away is not None
        since = self._away
        try:
            self._consumer.list_topics(timeout=0.5)
            self._away = None
            if self._sharing is not None:
                self._sharing.again()
            else:
                self._find_places(self._next)
        except (confluent_kafka.KafkaException, BrokerError) as error:
            self._away = since
            if time.monotonic() - since > self.url.patience_s:
                why = said(error) if isinstance(error, confluent_kafka.KafkaException) else str(error)
                raise BrokerError(f"{self.url}: gave up after {self.url.patience_s:g} s: {why}") from None

    def _error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
            self._fatal = f"{self.url}: {objection(error, self._user) or error.str()}"
        elif error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT):
            self._away = self._away or time.monotonic()

    def _acknowledge(self, topic: str, partition: int, offset: int) -> None:
        with self._polling:
            if self._group is None or self._closed.is_set() or self._acknowledged.get((topic, partition), -1) >= offset:
                return
            self._acknowledged[topic, partition] = offset
            with suppress(confluent_kafka.KafkaException) if self._sharing is not None else nullcontext():
                self._consumer.store_offsets(offsets=[TopicPartition(topic, partition, offset + 1)])

    @property
    def closed(self) -> bool:
        return self._closed.is_set() and not self._waiting

    def close(self) -> None:
        self._closed.set()
        with self._polling:
            self._waiting.clear()
            self._consumer.close()
