"""What librdkafka does not tell: partitions that are added while a topic is read, and those that no broker leads any more."""

import json
import time
from typing import Any

import confluent_kafka
import pytest

from gracetape.brokers import BrokerError, kafka_source, open_publisher, open_source
from gracetape.brokers.kafka_client import leaders_of
from gracetape.brokers.tansu import private_kafka
from gracetape.brokers.urls import parse_url
from tests.brokers.kafka_cluster import kafka_cluster
from tests.waiting import eventually


@pytest.mark.parametrize("options", ["", "&consumer=all&share=yes"])
def test_a_partition_that_is_added_is_heard_from_its_beginning(options: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_first(*asked: Any) -> list[tuple[tuple[str, int], int]]:
        """What a broker says before somebody adds partitions (the one here cannot)."""
        return leaders_of(*asked)[:1]

    with private_kafka() as broker:
        url = f"{broker.url}?partitions=3{options}"
        with open_publisher(url) as publisher:
            publisher.publish("night", "{}")  # which makes the topic
        monkeypatch.setattr(kafka_source, "leaders_of", at_first)
        with open_source(url, ["night"]) as source:
            monkeypatch.undo()
            sent = {json.dumps({"uid": f"T{number}"}): number for number in (1, 2)}
            producer = confluent_kafka.Producer({"bootstrap.servers": f"localhost:{broker.port}"})
            for text, number in sent.items():
                producer.produce("gracedb-test.night", text, partition=number)
            assert producer.flush(60) == 0
            heard = set[str]()

            def hears() -> bool:
                heard.update(one.payload for one in source.take(10, 0.5))
                return sent.keys() <= heard

            eventually(hears)


def test_a_broker_that_leads_and_is_not_there_is_waited_for_as_long_as_patience_goes() -> None:
    """Of one that the others do not name, librdkafka says nothing."""
    with kafka_cluster(3) as cluster:
        cluster.topics({"night": 2})
        with open_source(cluster.url, ["night"]) as source:
            assert isinstance(source, kafka_source.KafkaSource)
            source.url = parse_url(
                f"{cluster.url}?patience=2"
            )  # now that it listens: a busy machine may take longer for that
            cluster.down(3)
            cluster.lead("night", 1, 3)
            with pytest.raises(BrokerError, match="gave up after 2 s"):
                source.poll(120)


def test_a_broker_that_leads_and_comes_is_heard() -> None:
    with kafka_cluster(3) as cluster:
        cluster.topics({"night": 2})
        with open_source(cluster.url, ["night"]) as source:
            cluster.down(3)
            cluster.lead("night", 1, 3)
            until = time.monotonic() + 3
            while time.monotonic() < until:
                assert source.poll(0.2) is None
            cluster.up(3)
            sent = {json.dumps({"uid": f"T{number}"}) for number in range(20)}
            heard = set[str]()

            def hears() -> bool:
                heard.update(one.payload for one in source.take(10, 0.5))
                return heard == sent

            with open_publisher(cluster.url) as publisher:
                for text in sorted(sent):
                    publisher.publish_of(text, "night", text)
                publisher.flush()
            eventually(hears)
