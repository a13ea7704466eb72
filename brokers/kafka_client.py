"""What every Kafka client here shares: its settings, the topics of a broker, and librdkafka's words for errors."""

import re
import threading
import time
from collections.abc import Iterable
from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from gracetape.brokers.urls import BrokerUrl, is_plain, parse_url
from gracetape.errors import BadUrl, BrokerError
from gracetape.topics import GWALERT_TOPIC

#: What a topic takes, in bytes; hop-client refuses to write to topics without such a limit.
_LARGEST = 1_048_588
#: The same for notices to the public, which hold sky maps.
_LARGEST_NOTICE = 16 << 20
#: Of how many partitions topics are made at most: a broker keeps files for each.
MOST_PARTITIONS = 1000


def client_settings(url: BrokerUrl) -> dict[str, Any]:
    """What every client of a broker is told: where it is, how to try again, and to be quiet."""
    return {
        "bootstrap.servers": url.address,
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 5000,
        "socket.nagle.disable": True,
        "allow.auto.create.topics": False,
        "log_level": 0,
    }


class Admin(AdminClient):
    """Asks a broker about its topics. `trouble` is a sentence if it is of no use to try again, `first` what librdkafka
    said first of all, or first of a connection that was made: of the addresses of a host, some may lead nowhere."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.trouble: str | None = None
        self.first: str | None = None
        self._reached = False
        self._user = settings.get("sasl.username", "?")
        super().__init__(settings | {"error_cb": self._error})

    def _error(self, error: KafkaError) -> None:
        words = _plain_words(error)
        reached = error.code() != KafkaError._ALL_BROKERS_DOWN and not words.startswith("Connect to ")
        if self.first is None or reached > self._reached:
            self.first, self._reached = words, reached
        self.trouble = self.trouble or objection(error, self._user)


#: Seconds for which clients are held of which a broker was not reached.
_HELD_S = 60.0


def hold(*clients: object) -> None:
    """Keep clients for a while, in a thread that the process does not wait for at its end. Who lets go of a client waits for librdkafka's
    threads, and these for name servers.
    """
    threading.Thread(target=lambda *_: time.sleep(_HELD_S), args=clients, name="kafka-held", daemon=True).start()


#: What librdkafka says of a connection that broke in the middle of a TLS greeting, as those of any broker do that is restarted.
_BROKE_OFF = ("SSL transport error", "unexpected eof")


def objection(error: KafkaError, user: str) -> str | None:
    """The sentence for an error that does not go away by itself (a password, a certificate), None for any other."""
    why = _plain_words(error)
    if error.code() == KafkaError._AUTHENTICATION:
        return f"the password of {user} is not accepted: {why}"
    if error.code() != KafkaError._SSL or any(said in why for said in _BROKE_OFF):
        return None
    if "certificate" in why:
        return (
            "the broker's certificate is not accepted, so no password was sent: is it for this host, and of the "
            "authority that ssl_ca_location in hop's auth.toml names?"
        )
    return f"the broker does not speak TLS, so no password was sent: {why}"


def _plain_words(error: KafkaError) -> str:
    """librdkafka's words without what it puts around them: the broker's address, and how long it took."""
    return re.sub(r"^\S+/\w+: | \(after \d+ms in state \w+.*\)$", "", str(error.str()))


def topics_on(client: Admin, url: BrokerUrl, timeout_s: float = 10.0) -> set[str]:
    """The topics that a broker has; BrokerError if it cannot be asked."""
    limit = time.monotonic() + min(timeout_s, url.patience_s or timeout_s)
    while True:
        try:
            return set(client.list_topics(timeout=1.0).topics)
        except confluent_kafka.KafkaException as error:
            client.poll(0)
            if client.trouble is not None:
                raise BrokerError(f"{url}: {client.trouble}") from None
            if time.monotonic() > limit:
                raise BrokerError(f"{url}: no broker answers: {client.first or said(error)}") from None


def leaders_of(
    client: confluent_kafka.Consumer, url: BrokerUrl, topic: str, timeout_s: float = 10.0
) -> list[tuple[tuple[str, int], int]]:
    """The partitions of a topic, each with the number of the broker that leads it (-1: none does). One broker of a cluster may have
    made a topic of which another has yet to hear: that is waited for. BrokerError if the topic cannot be had.
    """
    limit = time.monotonic() + min(timeout_s, url.patience_s or timeout_s)
    while True:
        about = client.list_topics(topic, timeout=timeout_s).topics[topic]
        refused = about.error is not None and about.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
        if about.partitions and not refused:
            return [((topic, number), one.leader) for number, one in sorted(about.partitions.items())]
        if refused or time.monotonic() > limit:
            why = "it has no partitions" if about.error is None else about.error.str()
            raise BrokerError(f"{url} does not let us read the topic {topic}: {why}")
        time.sleep(0.1)


#: What librdkafka says by itself of a request that a broker answered, or that it did not send.
_NOT_SILENCE = frozenset(
    {KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._INVALID_ARG, KafkaError._UNSUPPORTED_FEATURE}
)


def nobody_answers(error: confluent_kafka.KafkaException) -> bool:
    """Whether it says, in one of the many ways that librdkafka has of its own (below zero), that no broker answered."""
    code = error.args[0].code()
    return code < 0 and code not in _NOT_SILENCE


def create_topics(admin: AdminClient, url: BrokerUrl, topics: Iterable[str]) -> None:
    """Make topics of one partition, so that their order is kept, or of as many as the URL says; those that are there already are left
    as they are.
    """
    wanted = list(topics)
    partitions = url.options.get("partitions", "1")
    if not (partitions.isascii() and partitions.isdigit() and 1 <= int(partitions) <= MOST_PARTITIONS):
        raise BadUrl(f"partitions={partitions} makes no sense: write a number from 1 to {MOST_PARTITIONS}")
    for topic in wanted:
        if len(topic) > 249 or not is_plain(topic):
            raise BadUrl(f"{topic!r} cannot be the name of a topic: use letters, digits, '.', '_' and '-'")
    if not wanted:
        return
    sizes = {topic: _LARGEST_NOTICE if GWALERT_TOPIC in topic else _LARGEST for topic in wanted}
    new = [
        NewTopic(topic, int(partitions), -1, config={"max.message.bytes": str(size)}) for topic, size in sizes.items()
    ]
    made = admin.create_topics(new, request_timeout=max(1.0, url.patience_s))
    for topic in wanted:
        try:
            made[topic].result()
        except confluent_kafka.KafkaException as error:
            if nobody_answers(error):
                raise BrokerError(f"{url}: no broker answers that could make the topic {topic}") from None
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise BrokerError(f"{url} does not let us make the topic {topic}: {said(error)}") from None


def said(error: confluent_kafka.KafkaException) -> str:
    """librdkafka's own words for what went wrong."""
    return str(error.args[0].str()) if error.args and hasattr(error.args[0], "str") else str(error)


def has_topics(url: str, topics: Iterable[str]) -> bool:
    """Whether a broker of ours answers yet; it has the topics from then on."""
    place = parse_url(url)
    admin = AdminClient({"bootstrap.servers": place.address, "log_level": 0})
    try:
        there = admin.list_topics(timeout=2).topics
    except confluent_kafka.KafkaException:
        return False
    create_topics(admin, place, [topic for topic in topics if topic not in there])
    return True
