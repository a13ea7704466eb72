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

Partition = tuple[str, int]

#: What a consumer is told so that the group is shared. Who is silent for so long has left it.
SETTINGS: Mapping[str, Any] = {"partition.assignment.strategy": "range", "session.timeout.ms": 10_000}


class Sharing:
    """The membership of a consumer in its group.

    `begin` is called with the partitions that it has from now on, each with the offset that is kept under the group (None: none),
    and gives where each begins; `end` with those that it has no longer.
    """

    def __init__(
        self,
        consumer: confluent_kafka.Consumer,
        begin: Callable[[Mapping[Partition, int | None]], Mapping[Partition, int]],
        end: Callable[[Collection[Partition]], None],
    ) -> None:
        self._consumer, self._begin, self._end = consumer, begin, end

    def join(self, topics: Collection[str]) -> None:
        """Be a member from now on: partitions come while the consumer is polled."""
        self._consumer.subscribe(list(topics), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def again(self) -> None:
        """Begin the partitions that it has at their places once more."""
        if assigned := self._consumer.assignment():
            self._assigned(self._consumer, assigned)

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        kept = {(p.topic, p.partition): p.offset if p.offset >= 0 else None for p in consumer.committed(partitions, 10)}
        places = self._begin(kept)
        consumer.assign([TopicPartition(*key, offset) for key, offset in places.items()])
        new = [TopicPartition(*key, offset) for key, offset in places.items() if kept[key] is None]
        if new:  # a group that is new begins here, also when it comes again before it heard anything
            consumer.commit(offsets=new, asynchronous=False)

    def _revoked(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        with suppress(
            confluent_kafka.KafkaException
        ):  # nothing was acknowledged since the last time, or it is too late
            consumer.commit(asynchronous=False)
        self._lost(consumer, partitions)

    def _lost(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        self._end({(p.topic, p.partition) for p in partitions})
        consumer.unassign()
