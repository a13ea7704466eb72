"""Where to begin reading a Kafka log: what the broker has of it, and whether it is still the log that we knew."""

import time
from dataclasses import dataclass

import confluent_kafka
from confluent_kafka import TopicPartition

from gracetape.brokers.kafka_wire import marks_of

_LOOK_S = 3.0


@dataclass(frozen=True)
class Log:
    """What a broker has of a partition: offsets from `low` up to, not including, `high`; `before` is the id of the message
    just before the place that was asked about, None if that cannot be told; `answered` whether it said anything of the log itself."""

    low: int
    high: int
    before: bytes | None = None
    answered: bool = True

    def holds(self, place: int, known: bytes | None) -> bool:
        """Whether this is the log that was left at `place`, after the message with the id `known`."""
        same = known is None or self.before is None or known == self.before
        return place <= self.high and same


def look(
    consumer: confluent_kafka.Consumer, partition: TopicPartition, place: int | None, timeout_s: float = 10.0
) -> Log:
    """Look at a partition by reading the message before `place` (None: its end). Leaves the consumer reading elsewhere.

    KafkaException if the broker that leads it does not answer within `timeout_s`.

    The answer to a fetch tells the log's end; some brokers, when asked for it directly, tell less than there is.
    """
    low, listed = consumer.get_watermark_offsets(partition, timeout=timeout_s)
    probe = max(low, (listed if place is None else place) - 1)
    consumer.assign([TopicPartition(partition.topic, partition.partition, probe)])
    begun, before, high, answered = time.monotonic(), None, -1, False
    while not (high >= 0 and (before is not None or probe >= high)):
        if time.monotonic() - begun > (_LOOK_S if high >= 0 else max(_LOOK_S, timeout_s)):
            break
        record = consumer.poll(0.02)
        if record is not None:
            answered = True
            if record.error() is not None:  # the place is not there
                break
            if record.offset() == probe:
                before = marks_of(record.headers())[0] or b""
        high = consumer.get_watermark_offsets(partition, cached=True)[1]
    return Log(low, max(high, listed), before, answered or high >= 0)
