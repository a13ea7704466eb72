"""Looks now and then, beside the reading, at which partitions some topics have, and at who leads them.

librdkafka tells neither of partitions that are added to a topic that is read from given places, nor always of a broker that is gone:
one that the others no longer name is forgotten in silence.
"""

import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress

import confluent_kafka

from gracetape.brokers.kafka_client import Admin
from gracetape.brokers.kafka_doubts import Partition

#: Seconds between two looks; at a broker of this machine.
EVERY_S, HERE_S = 15.0, 1.0
#: Seconds that the brokers are given to answer.
_ANSWERS_S = 5.0


class Lookout:
    """Looks every so many seconds (`every_s`), as long as it is asked what was found."""

    def __init__(self, client: Admin, topics: Collection[str], every_s: float) -> None:
        self._client, self._topics, self._every_s = client, frozenset(topics), every_s
        self._next = time.monotonic() + every_s
        self._looking: threading.Thread | None = None
        self._found: Mapping[Partition, int] | None = None

    def found(self) -> Mapping[Partition, int] | None:
        """Once for each look, the partitions that the topics have, each with the number of the broker that leads it (-1: none that
        is there); None if there was no look since. Takes no time.
        """
        if self._looking is None:
            if time.monotonic() >= self._next:
                self._looking = threading.Thread(target=self._look, name="kafka-lookout", daemon=True)
                self._looking.start()
            return None
        if self._looking.is_alive():
            return None
        found, self._looking, self._found = self._found, None, None
        self._next = time.monotonic() + self._every_s
        return found

    def _look(self) -> None:
        # Where nobody answers, who reads is told of that, or the next look tells.
        with suppress(confluent_kafka.KafkaException):
            about = self._client.list_topics(timeout=_ANSWERS_S)
            self._found = {
                (topic, number): one.leader if one.leader in about.brokers else -1
                for topic in self._topics & about.topics.keys()
                for number, one in about.topics[topic].partitions.items()
            }
