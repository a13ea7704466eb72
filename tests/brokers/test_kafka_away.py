"""A Kafka broker that takes nothing for a while, or is gone."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError

from gracetape.brokers import BrokerError, Gap, kafka_partitions, open_publisher, open_source
from gracetape.brokers.kafka_client import objection
from gracetape.brokers.kafka_places import Log
from gracetape.brokers.kafka_publisher import KafkaPublisher
from gracetape.brokers.sources import now
from gracetape.brokers.tansu import private_kafka
from gracetape.brokers.urls import parse_url
from tests.brokers.standing_still import standing_still
from tests.waiting import eventually


def test_a_broker_that_takes_nothing_holds_up_who_publishes() -> None:
    with (
        private_kafka(topics=("superevent",)) as broker,
        open_source(f"{broker.url}?start=earliest", ["superevent"]) as source,
    ):
        publisher = KafkaPublisher(broker.url, in_flight=50)
        texts = [json.dumps({"uid": f"S{n}"}) for n in range(500)]
        publisher.publish("superevent", texts[0])
        publisher.flush()

        def publish() -> None:
            for text in texts[1:]:
                publisher.publish("superevent", text)

        thread = threading.Thread(target=publish)
        with standing_still(broker):
            thread.start()
            eventually(lambda: publisher.counts.sent == 51)
            thread.join(1)
            assert publisher.counts.sent == 51
        thread.join(60)
        publisher.close()
        assert (publisher.counts.acknowledged, publisher.counts.failed) == (500, 0)
        heard = [source.poll(60) for _ in texts]
        assert [one.payload for one in heard if one is not None] == texts


def test_a_topic_that_is_needed_while_the_broker_is_gone_is_a_sentence() -> None:
    with private_kafka() as broker, open_publisher(f"{broker.url}?patience=5") as publisher:
        broker.kill()
        with pytest.raises(BrokerError, match=r"no broker answers that could make the topic gracedb-test\.superevent"):
            publisher.publish("superevent", "{}")


def test_a_log_that_cannot_be_looked_at_is_not_taken_for_the_one_that_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that forgot and is slow may hold more by then than was heard of it: the first of that would be missed in silence."""
    gaps, key = list[Gap](), ("g.night", 0)
    source = parse_url("kafka://localhost:1/g")
    partitions = kafka_partitions.Partitions(source, {"g.night": "night"}, gaps.append, from_beginning=False)
    last = {"offset": lambda: 19, "headers": lambda: [("_id", b"ours")], "timestamp": lambda: (0, -1)}
    partitions.put(key, 0)
    partitions.came(key, SimpleNamespace(**last), now())

    def look_again(found: Log) -> int:
        monkeypatch.setattr(kafka_partitions, "look", lambda *_: found)
        nobody: Any = None
        partitions.find(key, partitions.next[key], nobody, 1)
        return partitions.next[key]

    with pytest.raises(BrokerError, match="no broker answers for it"):
        look_again(Log(0, 60, answered=False))
    assert (look_again(Log(0, 60, b"ours")), gaps) == (20, [])
    assert (look_again(Log(0, 60, b"another's")), len(gaps)) == (0, 1)


@pytest.mark.parametrize(
    ("said", "for_good"),
    [
        ("SSL transport error: Broken pipe", False),
        ("error:0A000126:SSL routines::unexpected eof while reading", False),
        ("error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified", True),
        ("error:0A00010B:SSL routines::wrong version number", True),
    ],
)
def test_a_broker_that_goes_in_the_middle_of_a_greeting_is_tried_again(said: str, for_good: bool) -> None:
    words = f"ssl://localhost:1/bootstrap: SSL handshake failed: {said} (after 3ms in state SSL_HANDSHAKE)"
    assert (objection(KafkaError(KafkaError._SSL, words), "me") is not None) == for_good
