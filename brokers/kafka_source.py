"""Listens to igwn-alert topics, from where this consumer group, or the caller, left off."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError, TopicPartition

from gracetape.brokers.credentials import kafka_login
from gracetape.brokers.kafka_client import Admin, client_settings, create_topics, leaders_of, objection, said, topics_on
from gracetape.brokers.kafka_doubts import Doubts, Partition
from gracetape.brokers.kafka_lookout import EVERY_S, HERE_S, Lookout
from gracetape.brokers.kafka_partitions import Partitions
from gracetape.brokers.kafka_sharing import SESSION_MS, SETTINGS, Sharing
from gracetape.brokers.kafka_wire import check_group, marks_of, node_of, text_of, topic_of
from gracetape.brokers.recent import Recent
from gracetape.brokers.sources import Gap, Heard, Place, Source, log_gap, now
from gracetape.brokers.urls import parse_url
from gracetape.errors import BadUrl, BrokerError
from gracetape.topics import is_public

_log = logging.getLogger(__name__)

_SLICE_S = 0.2
_AT_ONCE = 256
_REMEMBERED = 5000
#: Seconds that a broker is given to answer when reading begins, and while others are read.
_ANSWERS_S, _ANSWERS_SOON_S = 10.0, 2.0
#: Seconds that leaving may take: who shares a group waits up to a session for the broker that coordinates it.
_LEAVES_S = SESSION_MS / 1000 + 5
#: The same of a broker that was not reached, or refused.
_LEAVES_SOON_S = 2.0
#: What a broker says that no longer has the place where we were; the place is then looked for anew.
_FORGOTTEN = (
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)

#: What a broker says to one that is no member of a group, while others are.
_OF_OTHERS = (KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS)


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
        self._after = after
        start = self.url.options.get("start", "latest")
        if start not in ("earliest", "latest"):
            raise BadUrl(f"start={start} makes no sense: write start=earliest or start=latest")
        self._group = self.url.options.get("consumer")
        if self.url.flag("share", False) and self._group is None:
            raise BadUrl("share=yes needs a group that is shared: write consumer=NAME, too")
        self._closed = threading.Event()
        self._polling = threading.Lock()
        self._doubts = Doubts(grouped=self.url.flag("share", False))
        self._assignments = 0  # how often it was said anew what is read from where
        self._fatal: str | None = None
        self._waiting: deque[Heard] = deque()
        # Was acknowledged, and is to be stored by whoever polls: partition, its log, offset.
        self._kept: deque[tuple[Partition, int, int]] = deque()
        self._reader: int | None = None  # the thread that has the consumer
        self._left = False
        self._recent = Recent(_REMEMBERED)  # ids of messages
        self._given_until = now()
        login = kafka_login(self.url)
        self._user = login.get("sasl.username", "?")
        settings = {**client_settings(self.url), **login}
        self._admin = Admin(settings)
        self._topics = {topic_of(self.url, node): node for node in self.nodes}
        self._lookout = Lookout(self._admin, self._topics, HERE_S if self.url.loopback else EVERY_S)
        self._at = Partitions(self.url, self._topics, on_gap, from_beginning=start == "earliest")
        self._settings: dict[str, Any] = settings | {
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            # The development broker answers a waiting fetch late, a real one as soon as there is something.
            "fetch.wait.max.ms": 20 if self.url.loopback else 500,
        }
        self._consumer = confluent_kafka.Consumer(
            self._settings
            | {
                "group.id": self._group or _nobody(),
                "enable.auto.commit": self._group is not None,
                "auto.commit.interval.ms": 200,
                "error_cb": self._error,
                # Who leaves waits so long for the broker that coordinates its group.
                "session.timeout.ms": SESSION_MS,
            }
            | dict(SETTINGS if self.url.flag("share", False) else {})
        )
        self._prober: confluent_kafka.Consumer | None = None  # looks at what is in doubt, while the other one reads on
        self._sharing: Sharing | None = None
        try:
            if self.url.flag("share", False):
                self._doubts.leaders = self._partitions(self._consumer)  # topics that are not there are made
                self._first = frozenset(self._doubts.leaders)
                self._sharing = Sharing(self._consumer, self._share_begins, self._store, self._share_ends)
                self._sharing.join(self._topics)
            else:
                self._begin()
        except BaseException:
            self._end(_LEAVES_SOON_S)  # nothing was acknowledged yet
            raise

    # -- where to begin

    def _begin(self) -> None:
        """Begin each partition after what the caller, else the group, kept; BrokerError if a broker that is needed does not answer."""
        try:
            self._doubts.leaders = self._partitions(self._consumer)
            places = self._first_places()
            for key in self._doubts.leaders:
                self._at.find(key, places.get(key), self._consumer, _ANSWERS_S)
            self._assign()
            if self._group is not None:  # a new one begins here, also when it comes again before it heard anything
                self._consumer.commit(offsets=self._places(), asynchronous=False)
        except confluent_kafka.KafkaException as error:
            if error.args[0].code() in _OF_OTHERS:
                raise BrokerError(
                    f"{self.url}: others share the group {self._group} just now: write share=yes, too, or another consumer"
                ) from None
            raise BrokerError(f"{self.url}: {said(error)}") from None

    def _first_places(self) -> dict[Partition, int]:
        """Where the caller, else the group, left off."""
        found = dict[Partition, int]()
        if self._group is not None:
            partitions = [TopicPartition(*key) for key in self._doubts.leaders]
            for kept in self._consumer.committed(partitions, timeout=_ANSWERS_S):
                if kept.error is not None:
                    raise confluent_kafka.KafkaException(kept.error)
                if kept.offset >= 0:
                    found[kept.topic, kept.partition] = kept.offset
        for key in self._doubts.leaders if self._after is not None else ():
            last = self._after(self._at.log(key))  # type: ignore[misc]
            if last is not None:
                found[key] = last + 1
        return found

    def _share_begins(self, kept: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """Where the partitions begin that others of the group leave to this one: after what any of them, or the caller, kept.
        Those whose broker does not answer begin later.
        """
        begun, away = dict[Partition, int](), set[int]()
        for key, offset in kept.items():
            last = self._after(self._at.log(key)) if self._after is not None else None
            place = max((one for one in (offset, None if last is None else last + 1) if one is not None), default=None)
            if place is None and key not in self._first:  # it was added while we listened
                place = 0
            leader = self._doubts.leaders.get(key, -1)
            try:
                timeout_s = _ANSWERS_S if leader not in away else 0.1
                low, high = self._consumer.get_watermark_offsets(TopicPartition(*key), timeout=timeout_s)
            except confluent_kafka.KafkaException:
                if place is None:  # a group that is new begins as a whole
                    raise
                away.add(leader)
                self._at.put(key, place)
                self._doubts.add([key])
                continue
            begun[key] = self._at.begin(key, place, low, high)
        self._assignments += 1
        return begun

    def _share_ends(self, gone: Collection[Partition]) -> None:
        """Others of the group go on with some partitions: what came of them and was not handed over yet is theirs."""
        logs = {self._at.logs.get(key) for key in gone}
        self._waiting = deque(heard for heard in self._waiting if heard.place is None or heard.place.log not in logs)
        self._at.leave(gone)
        self._doubts.settle(gone)
        self._assignments += 1

    def _partitions(self, by: confluent_kafka.Consumer) -> dict[Partition, int]:
        """The partitions of the topics, each with the broker that leads it; topics that are not there are made."""
        there = topics_on(self._admin, self.url)
        for topic in self._topics.keys() - there:
            if not self.url.flag("create", self.url.loopback):
                raise BrokerError(f"{self.url} has no topic {topic}")
            create_topics(self._admin, self.url, [topic])
        return {key: leader for topic in self._topics for key, leader in leaders_of(by, self.url, topic)}

    def _places(self) -> list[TopicPartition]:
        return self._at.without(self._doubts.partitions)

    def _assign(self) -> None:
        """Read on at the places, but for what is in doubt; what came and was not taken comes again."""
        self._consumer.assign(places := self._places())
        self._assignments += 1
        if self._group is not None and (kept := self._at.acknowledged(places)):
            with suppress(confluent_kafka.KafkaException):
                self._consumer.store_offsets(offsets=kept)

    @property
    def heard_until(self) -> datetime:
        if not self._waiting:
            self._given_until = self._at.heard_until()
        return self._given_until

    # -- listening

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        heard = self.take(1, timeout_s)
        return heard[0] if heard else None

    def take(self, most: int, timeout_s: float | None = None) -> list[Heard]:
        if not self._wait(timeout_s):
            return []
        waiting = self._waiting  # another thread that leaves puts none in its place, and takes nothing out
        if len(waiting) > most:
            return [waiting.popleft() for _ in range(most)]
        self._waiting = deque()
        return list(waiting)

    def _wait(self, timeout_s: float | None) -> bool:
        """Whether there is something to hand over, within a time."""
        limit = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._waiting:
            left = _SLICE_S if limit is None else max(0.0, min(_SLICE_S, limit - time.monotonic()))
            with self._polling:
                if self._closed.is_set():
                    return False
                self._reader = threading.get_ident()
                try:
                    self._fetch(left)
                finally:
                    self._reader = None
            if not self._waiting and limit is not None and time.monotonic() >= limit:
                return False
        return True

    def _fetch(self, timeout_s: float) -> None:
        self._store()
        record = self._consumer.poll(timeout_s)
        if self._fatal is not None:
            raise BrokerError(self._fatal)
        before = self._assignments
        if self._sharing is not None and self._sharing.waiting:
            self._doubts.add([])
        if (found := self._lookout.found()) is not None:
            self._look_out(found)
        if self._doubts.is_due():
            self._come_back()
        if record is None:
            return
        # What came before it was said anew what is read comes again.
        first = [record] if self._assignments == before or record.error() is not None else []
        self._take_in([*first, *self._consumer.consume(_AT_ONCE, timeout=0)])

    def _take_in(self, records: Sequence[Any]) -> None:
        """Let what came wait to be handed over. There are tens of thousands a second: what one tells of its partition, the last tells."""
        arrived, last = now(), dict[Partition, Any]()
        try:
            for record in records:
                if (error := record.error()) is not None:
                    self._object(error, record.topic())
                    continue
                key = record.topic(), record.partition()
                # Others of the group have it, or it comes again.
                if key not in self._at.next or key in self._doubts.partitions:
                    continue
                last[key] = record
                id_, test = marks_of(record.headers())
                # One that we know was sent again, after its acknowledgement was lost.
                if test or (id_ is not None and not self._recent.is_new(id_)):
                    continue
                offset = record.offset()
                place = Place(self._at.logs[key], offset)
                ack = partial(self._acknowledge, key, self._at.begun_anew[key], offset)
                self._waiting.append(Heard(self._topics[key[0]], text_of(record.value()), arrived, place, ack))
        finally:
            for key, record in last.items():
                self._at.came(key, record, arrived)

    def _object(self, error: KafkaError, topic: str | None) -> None:
        """See whether an error that came instead of a message ends the listening, or lets our place be looked for anew."""
        if error.code() in _FORGOTTEN:
            self._doubts.add([key for key in self._at.next if key[0] == topic] or self._at.next)
        elif error.fatal() or (not error.retriable() and error.code() > 0):
            raise BrokerError(f"{self.url}: {error.str()}")

    def _look_out(self, found: Mapping[Partition, int]) -> None:
        """Of partitions that were added, and of those that no broker leads, nothing comes by itself."""
        news = {key for key, leader in found.items() if leader < 0 and key in self._at.next}
        if self._sharing is None:  # else the group is told of those that were added
            news |= found.keys() - self._at.next.keys()
        if news:
            self._doubts.add(news)

    def _come_back(self) -> None:
        """A broker was missed: see whether what is in doubt is there again, and whether its logs are the same; give up after a while."""
        why: Exception | None = None
        try:
            self._consumer.list_topics(timeout=0.5)
            if self._prober is None:
                alone = {"group.id": _nobody(), "enable.auto.commit": False}
                self._prober = confluent_kafka.Consumer(self._settings | alone)
            self._doubts.leaders = self._partitions(self._prober)
            if self._sharing is not None:
                self._sharing.begin()
                self._doubts.settle(self._doubts.partitions - self._at.next.keys())  # others have those
            else:
                self._doubts.add(self._doubts.leaders.keys() - self._at.next.keys())
                gone = self._at.next.keys() - self._doubts.leaders.keys()
                self._at.leave(gone)
                self._doubts.settle(gone)
            why = self._look_again(self._prober)
        except (confluent_kafka.KafkaException, BrokerError) as error:
            why = error
        since = self._doubts.since
        if why is not None and since is not None and time.monotonic() - since > self.url.patience_s:
            reason = (
                said(why) if isinstance(why, confluent_kafka.KafkaException) else str(why).removeprefix(f"{self.url}: ")
            )
            raise BrokerError(f"{self.url}: gave up after {self.url.patience_s:g} s: {reason}") from None

    def _look_again(self, prober: confluent_kafka.Consumer) -> Exception | None:
        """Go on with those partitions in doubt whose brokers answer; why others do not. Those that were added while we listened are
        read from their beginning.
        """
        away, sure = dict[int, Exception](), []
        for key in sorted(self._doubts.partitions):
            leader = self._doubts.leaders.get(key, -1)
            if leader not in away:
                try:
                    self._at.find(key, self._at.next.get(key, 0), prober, _ANSWERS_SOON_S)
                    sure.append(key)
                except (confluent_kafka.KafkaException, BrokerError) as error:
                    away[leader] = error
        prober.unassign()
        self._doubts.settle(sure)
        if sure:
            self._assign()
            if self._group is not None and self._sharing is None:
                self._consumer.commit(offsets=self._places(), asynchronous=True)
        return next(iter(away.values()), None)

    def _error(self, error: KafkaError) -> None:
        objected = objection(error, self._user)
        if error.fatal() or objected is not None:
            self._fatal = f"{self.url}: {objected or error.str()}"
        elif error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._SSL):
            self._doubts.missed(str(error.str()))

    def _acknowledge(self, key: Partition, log: int, offset: int) -> None:
        """Never waits: another thread that polls has the consumer nearly all the time. `log`: of the logs that the partition had."""
        if self._group is None or self._closed.is_set():
            return
        self._kept.append((key, log, offset))
        if self._polling.acquire(blocking=False):
            try:
                if not self._closed.is_set():
                    self._store()
            finally:
                self._polling.release()

    def _store(self) -> None:
        """Let the group know of what was acknowledged. To be called by whoever may poll."""
        while self._kept:
            key, log, offset = self._kept.popleft()
            if log == self._at.begun_anew[key] and self._at.acknowledge(key, offset):
                with suppress(confluent_kafka.KafkaException):  # others have it, or it is in doubt
                    self._consumer.store_offsets(offsets=[TopicPartition(*key, offset + 1)])

    @property
    def closed(self) -> bool:
        return self._closed.is_set() and not self._waiting

    def close(self) -> None:
        """What was acknowledged is told to the group, as far as the broker answers within some seconds; nobody waits for longer than that,
        whatever librdkafka does meanwhile.
        """
        if not self._end(_LEAVES_S):
            _log.warning("%s did not let us leave within %g s: it is left all the same", self.url, _LEAVES_S)

    def _end(self, within_s: float) -> bool:
        """Leave; whether that was done within a time, or is done as soon as who calls this, in the middle of listening, goes on."""
        self._closed.set()
        leaving = threading.Thread(target=self._leave, name="kafka-close", daemon=True)
        leaving.start()
        if self._reader == threading.get_ident():
            return True  # by a signal's handler, or a callback
        leaving.join(within_s)
        return not leaving.is_alive()

    def _leave(self) -> None:
        with self._polling:
            if self._left:
                return
            self._left = True
            self._waiting = deque()
            self._store()
            for consumer in (self._consumer, self._prober):
                if consumer is None:
                    continue
                try:
                    consumer.close()
                except (confluent_kafka.KafkaException, RuntimeError) as error:
                    _log.warning("%s: leaving it failed: %s", self.url, error)


def _nobody() -> str:
    """A group of its own."""
    return f"gracetape-{time.time_ns():x}"
