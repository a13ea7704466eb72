"""A storm of copies into Kafka: all of it arrives in order, and its memory does not grow with it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import replay
from brokers import open_source
from brokers.fixtures import kafka_broker
from brokers.kafka_publisher import KafkaPublisher
from brokers.private import PrivateBroker
from brokers.tansu import private_kafka
from tests.waiting import eventually

__all__ = ["kafka_broker"]
REPLAY = Path(sys.executable).with_name("replay")
SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
COPIES = 200
IDS = ("--as", "T{n}", "--as", "TS260101{letters}")
NODES = ["test_gstlal", "test_gstlal_allsky", "test_superevent"]


def peak_memory(url: str, copies: int) -> int:
    """Bytes that the command took at most to play so many copies."""
    command = [REPLAY, SHORT, *IDS, "--copies", str(copies), "--every", "2", "--max", "--quiet", "--to", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024


def test_every_message_of_a_storm_arrives_in_its_order_and_none_is_held_twice(kafka_broker: PrivateBroker) -> None:
    few = peak_memory(f"{kafka_broker.url}?prefix=few-", 1)
    url = f"{kafka_broker.url}?prefix=storm-"
    many = peak_memory(url, COPIES)
    expected: dict[str, list[str]] = {}
    size = 0
    player = replay.play(SHORT, clock=replay.MaxClock(), names=list(IDS[1::2]), copies=COPIES, every_s=2.0)
    for alert in player:
        for message in player.messages(alert):
            expected.setdefault(message.node, []).append(message.payload_json())
            size += len(expected[message.node][-1])
    with open_source(f"{url}&start=earliest", NODES) as source:
        heard: dict[str, list[str]] = {node: [] for node in NODES}
        for _ in range(sum(map(len, expected.values()))):
            one = source.poll(30)
            assert one is not None
            heard[one.node].append(one.payload)
    assert heard == expected
    assert many - few < size / 2  # not even once


@pytest.fixture
def stopped_broker() -> PrivateBroker:
    return private_kafka(topics=("superevent",))


def test_a_broker_that_takes_nothing_holds_up_who_publishes(stopped_broker: PrivateBroker) -> None:
    with stopped_broker as broker, open_source(f"{broker.url}?start=earliest", ["superevent"]) as source:
        publisher = KafkaPublisher(broker.url, in_flight=50)
        texts = [json.dumps({"uid": f"S{n}"}) for n in range(500)]
        publisher.publish("superevent", texts[0])
        publisher.flush()
        assert broker.process is not None
        os.killpg(broker.process.pid, signal.SIGSTOP)

        def publish() -> None:
            for text in texts[1:]:
                publisher.publish("superevent", text)

        thread = threading.Thread(target=publish)
        thread.start()
        eventually(lambda: publisher.counts.sent == 51)
        thread.join(1)
        assert publisher.counts.sent == 51
        os.killpg(broker.process.pid, signal.SIGCONT)
        thread.join(60)
        publisher.close()
        assert (publisher.counts.acknowledged, publisher.counts.failed) == (500, 0)
        heard = [source.poll(20) for _ in texts]
        assert [one.payload for one in heard if one is not None] == texts
