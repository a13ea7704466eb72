"""A storm of copies into Kafka: all of it arrives in order, and its memory does not grow with it."""

import os
import subprocess
import sys
from pathlib import Path

from gracetape import replay
from gracetape.brokers import open_source
from gracetape.brokers.fixtures import kafka_broker
from gracetape.brokers.private import PrivateBroker

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
