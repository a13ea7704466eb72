"""Several listeners of one consumer group, on one machine or many, each with some partitions of the topics: Kafka shares them out.

Partitions of one number go to one listener, whatever their topic (`range`), so what is published with its object as the key comes to
one listener, in order. Where a listener comes or goes, those that have its partitions then begin after what was acknowledged:
nothing is lost, and what was heard but not yet acknowledged may be heard twice.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

import confluent_kafka
from confluent_kafka import TopicPartition

from gracetape.brokers.kafka_doubts import Partition
from gracetape.brokers.kafka_lookout import EVERY_S

#: What a consumer is told so that the group is shared. Who is silent for so long has left it.
SESSION_MS = 10_000
SETTINGS: Mapping[str, Any] = {
    "partition.assignment.strategy": "range",
    "topic.metadata.refresh.interval.ms": int(EVERY_S * 1000),  # so a group learns of partitions that are added
}
#: Seconds that the broker which coordinates a group is given to answer: when partitions begin, and when it was missed.
_ANSWERS_S, _ANSWERS_SOON_S = 5.0, 1.0


class Sharing:
    """The membership of a consumer in its group.

    `begin` is called with the partitions that it has from now on, each with the offset that is kept under the group (None: none),
    and gives where each begins, as far as that is known; `store`, before partitions are given away, hands over what was acknowledged
    and the consumer does not know of yet; `end` is called with those that it has no longer.
    """

    def __init__(
        self,
        consumer: confluent_kafka.Consumer,
        begin: Callable[[Mapping[Partition, int | None]], Mapping[Partition, int]],
        store: Callable[[], None],
        end: Callable[[Collection[Partition]], None],
    ) -> None:
        self._consumer, self._begin, self._store, self._end = consumer, begin, store, end
        #: Partitions that it has, and that have not begun, since the broker that coordinates the group did not answer.
        self.waiting: list[TopicPartition] = []
        self._topics: list[str] = []

    def join(self, topics: Collection[str]) -> None:
        """Be a member from now on: partitions come while the consumer is polled."""
        self._topics = list(topics)
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        self.waiting = partitions
        consumer.assign([])
        with suppress(confluent_kafka.KafkaException):  # whoever polls tries again
            self.begin()

    def begin(self) -> None:
        """Begin what waits; KafkaException if the broker that coordinates the group does not answer, or refuses."""
        if not self.waiting:
            self._consumer.committed([TopicPartition(self._topics[0], 0)], timeout=_ANSWERS_SOON_S)
            return
        kept = dict[Partition, int | None]()
        for one in self._consumer.committed(self.waiting, timeout=_ANSWERS_S):
            if one.error is not None:
                raise confluent_kafka.KafkaException(one.error)
            kept[one.topic, one.partition] = one.offset if one.offset >= 0 else None
        places = self._begin(kept)
        new = [TopicPartition(*key, place) for key, place in places.items() if kept[key] is None]
        if new:  # a group that is new begins here, also when it comes again before it heard anything
            self._consumer.commit(offsets=new, asynchronous=False)
        self._consumer.assign([TopicPartition(*key, place) for key, place in places.items()])
        self.waiting = []

    def _revoked(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        self._store()
        # Nothing was acknowledged since the last time, or it is too late.
        with suppress(confluent_kafka.KafkaException):
            consumer.commit(asynchronous=False)
        self._lost(consumer, partitions)

    def _lost(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        self.waiting = []
        self._end({(p.topic, p.partition) for p in partitions})
        consumer.unassign()
