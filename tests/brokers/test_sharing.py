"""Listeners of one consumer group share the partitions of its topics: all is heard, each object by one, also where one comes or goes."""

import itertools
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gracetape.brokers import open_publisher, open_source
from gracetape.brokers.private import PrivateBroker
from gracetape.errors import BadUrl
from tests.waiting import eventually

OBJECTS = [f"G{n}" for n in range(12)]
NUMBERS = itertools.count()
#: Hears, acknowledges and tells, until it is killed.
MEMBER = """
import sys
from gracetape.brokers import open_source
with open_source(sys.argv[1], sys.argv[2:]) as source:
    while True:
        heard = source.poll(0.2)
        if heard is not None:
            print(heard.node, heard.payload, flush=True)
            heard.ack()
"""


@pytest.fixture
def url(kafka_broker: PrivateBroker) -> str:
    return f"{kafka_broker.url}?prefix=sharing-{os.getpid()}-{next(NUMBERS)}-&partitions=4"


class Member:
    """A listener in a process of its own, and what it said, in a file."""

    def __init__(self, url: str, said: Path) -> None:
        self._said = said
        command = [sys.executable, "-c", MEMBER, f"{url}&consumer=all&share=yes&start=earliest", "one", "two"]
        with said.open("w") as stream:
            self._process = subprocess.Popen(command, stdout=stream)

    def heard(self) -> list[str]:
        return self._said.read_text().rpartition("\n")[0].splitlines()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def members() -> Iterator[list[Member]]:
    found: list[Member] = []
    yield found
    for member in found:
        member.kill()


def publish(url: str, numbers: range) -> set[str]:
    with open_publisher(url) as publisher:
        for n in numbers:
            for graceid in OBJECTS:
                for node in ("one", "two"):
                    publisher.publish_of(graceid, node, f"{graceid}-{n}")
    return {f"{node} {graceid}-{n}" for n in numbers for graceid in OBJECTS for node in ("one", "two")}


def test_each_object_is_heard_by_one_in_order_and_who_is_killed_is_followed(
    url: str, members: list[Member], tmp_path: Path
) -> None:
    sent = publish(url, range(3))
    members += [Member(url, tmp_path / str(number)) for number in range(2)]
    eventually(lambda: set().union(*(m.heard() for m in members)) >= sent)
    number = 3

    def heard_of(more: int) -> list[set[str]]:
        """Publish so much more of each object; once all is heard, the objects that each member heard of since."""
        nonlocal number, sent, begun
        begun = [len(m.heard()) for m in members]
        sent |= publish(url, range(number, number + more))
        number += more
        eventually(lambda: set().union(*(m.heard() for m in members)) >= sent)
        return [
            {line.split()[1].partition("-")[0] for line in m.heard()[b:]} for m, b in zip(members, begun, strict=True)
        ]

    begun = list[int]()
    while not all(heard_of(1)):
        time.sleep(0.5)
    for _ in range(20):  # until nobody was silent for so long (a busy machine) that it is shared out anew meanwhile
        objects = heard_of(3)
        if all(objects) and not objects[0] & objects[1]:
            break
    else:
        pytest.fail("on both topics, what is of one object is heard by one")
    members[0].kill()
    sent |= publish(url, range(number, number + 2))
    eventually(lambda: set().union(*(m.heard() for m in members)) >= sent)
    _in_order(members[1].heard()[begun[1] :])


def _in_order(lines: list[str]) -> None:
    heard: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        about, _, n = line.partition("-")
        heard[about].append(int(n))
    for numbers in heard.values():
        first = list(dict.fromkeys(numbers))  # what was not acknowledged yet may come twice
        assert first == sorted(first)


def test_what_is_not_acknowledged_comes_to_another(url: str) -> None:
    whole = f"{url}&consumer=all&share=yes&start=earliest"
    with open_publisher(url) as publisher:
        publisher.publish_of("G1", "one", "first")
        publisher.publish_of("G1", "one", "second")
    with open_source(whole, ["one"]) as source:
        heard = source.poll(60)
        assert heard is not None
        heard.ack()
    with open_source(whole, ["one"]) as source:
        heard = source.poll(60)
        assert heard is not None
        assert heard.payload == "second"


def test_sharing_needs_a_group(url: str) -> None:
    with pytest.raises(BadUrl, match="write consumer=NAME, too"):
        open_source(f"{url}&share=yes", ["one"])


@pytest.mark.parametrize("number", ["0", "-1", "many", "1001"])
def test_partitions_that_make_no_sense(kafka_broker: PrivateBroker, number: str) -> None:
    with (
        pytest.raises(BadUrl, match="partitions="),
        open_publisher(f"{kafka_broker.url}?partitions={number}") as publisher,
    ):
        publisher.publish("none", "text")
