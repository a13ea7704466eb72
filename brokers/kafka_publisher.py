"""Publishes texts to igwn-alert topics through librdkafka, many in flight."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError

from gracetape.brokers.credentials import kafka_login
from gracetape.brokers.kafka_client import Admin, client_settings, create_topics, hold, said, topics_on
from gracetape.brokers.kafka_wire import Packer, check_group, text_of, topic_of
from gracetape.brokers.publishing import STOPPED, Counts, OnUndelivered, Publisher, Undelivered
from gracetape.brokers.urls import parse_url
from gracetape.errors import BrokerError
from gracetape.leaving import LEAVES_S
from gracetape.topics import PUBLIC_TOPICS, is_public, named

#: Messages, and kilobytes, handed over but not acknowledged, at most.
IN_FLIGHT, _IN_FLIGHT_KB = 20_000, 65_536
#: Deliveries are reported when asked for: after so many messages, or so many seconds.
_POLL_EVERY, _POLL_WITHIN_S = 64, 0.02
#: Bytes of a message of GraceDB's, as librdkafka has it; notices to the public, which hold sky maps, are longer.
_LARGEST, _LARGEST_NOTICE = 1_000_000, 16 << 20
#: What librdkafka says of messages that we let it give up.
_PURGED = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)


class KafkaPublisher(Publisher):
    """Publishes through one producer. librdkafka sends again what was not acknowledged, one request at a time, so that
    nothing is reordered; a copy bears the id of its first, by which listeners know it (as hop's producers do, it does
    not ask the broker to tell copies apart). Topics that are not there are made on loopback, elsewhere only
    if the URL says `create=yes`; those that it names (`topics=igwn`) are made at once.
    """

    def __init__(self, url: str, *, on_undelivered: OnUndelivered | None = None, in_flight: int = IN_FLIGHT) -> None:
        self.url = parse_url(url)
        check_group(self.url)
        self.counts = Counts()
        self._on_undelivered = on_undelivered or (lambda _: None)
        self._create = self.url.flag("create", self.url.loopback)
        login = kafka_login(self.url)
        self._pack = Packer(login.get("sasl.username"))
        self._polled = time.monotonic()
        self._topics: dict[str, str] = {}  # node -> topic, those that were asked for
        self._fatal: str | None = None
        settings = {**client_settings(self.url), **login}
        self._admin = Admin(settings)
        try:
            self._there = topics_on(self._admin, self.url)
            beforehand = named(self.url.options.get("topics", ""))
            if self._create and is_public(self.url.path):  # the real brokers have them all, whenever a listener comes
                beforehand = (*beforehand, *PUBLIC_TOPICS)
            self._make(topic_of(self.url, node) for node in dict.fromkeys(beforehand))
        except BaseException:
            hold(self._admin)
            raise
        self._producer = confluent_kafka.Producer(
            settings
            | {
                "max.in.flight.requests.per.connection": 1,
                "queue.buffering.max.messages": in_flight,
                "queue.buffering.max.kbytes": _IN_FLIGHT_KB,
                "message.max.bytes": _LARGEST_NOTICE,
                "message.timeout.ms": max(1, int(self.url.patience_s * 1000)),
                "on_delivery": self._failed,
                "delivery.report.only.error": True,  # half the cost of a delivery is to be told of it
                "error_cb": self._error,
            }
        )
        self._lock = threading.Lock()

    def publish(self, node: str, payload: str | bytes) -> None:
        self.publish_of(None, node, payload)

    def publish_of(self, key: str | None, node: str, payload: str | bytes) -> None:
        topic = self._topics.get(node) or self._topic(node)
        bare = isinstance(payload, bytes) or is_public(node)
        value, headers = self._pack.bare(payload) if bare else self._pack(payload)  # type: ignore[arg-type]
        if not bare and len(value) > _LARGEST:
            raise BrokerError(
                f"{self.url} cannot take a message for {node}: it is too large, more than {_LARGEST} bytes"
            )
        with self._lock:
            while self._fatal is None:
                try:
                    self._producer.produce(topic, value, key=key, headers=headers)
                    break
                except BufferError:
                    self._producer.poll(0.05)
                except confluent_kafka.KafkaException as error:
                    raise BrokerError(f"{self.url} cannot take a message for {node}: {said(error)}") from None
            if self._fatal is not None:
                raise BrokerError(self._fatal)
            self.counts.sent += 1
        if self.counts.sent % _POLL_EVERY == 0 or time.monotonic() - self._polled > _POLL_WITHIN_S:
            self._producer.poll(0)
            self._polled = time.monotonic()
            self._count()

    def _count(self) -> None:
        """What is neither waiting nor failed was acknowledged."""
        with self._lock:
            self.counts.acknowledged = self.counts.sent - self.counts.failed - len(self._producer)

    def _topic(self, node: str) -> str:
        topic = topic_of(self.url, node)
        self._make([topic])
        self._topics[node] = topic
        return topic

    def _make(self, topics: Iterable[str]) -> None:
        """Make those topics that are not there."""
        missing = [topic for topic in topics if topic not in self._there]
        if missing and not self._create:
            raise BrokerError(f"{self.url} has no topic {missing[0]}: make it, or write create=yes into the URL")
        create_topics(self._admin, self.url, missing)
        self._there.update(missing)

    def flush(self) -> None:
        while len(self._producer) and self._fatal is None:
            self._producer.flush(0.2)
        self._count()

    def close(self) -> None:
        self.flush()
        if self._fatal is not None:
            self._producer.purge()  # so that what is left is reported
        self._producer.flush(0)
        self._count()

    def give_up(self, within_s: float = LEAVES_S) -> None:
        end = time.monotonic() + within_s
        while len(self._producer) and self._fatal is None and time.monotonic() < end:
            self._producer.flush(0.2)
        if len(self._producer):
            hold(self._producer, self._admin)
        self._producer.purge()
        self._producer.flush(1.0)  # so that what was given up is reported
        self._count()

    def _failed(self, error: KafkaError, message: Any) -> None:
        self.counts.failed += 1
        stopped = self._fatal is None and error.code() in _PURGED
        reason = f"{self.url}: {STOPPED}" if stopped else f"{self.url} did not take it: {error.str()}"
        node = str(message.topic()).removeprefix(topic_of(self.url, ""))
        self._on_undelivered(Undelivered(node, text_of(message.value()), reason))

    def _error(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = f"{self.url}: {error.str()}"
