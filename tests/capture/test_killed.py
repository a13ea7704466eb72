"""A recorder that is killed again and again doubles nothing; what it missed lies in a gap that is written down."""

import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive
from gracetape.archive.recorded import recorded_of
from gracetape.archive.verify import verify
from gracetape.brokers import open_publisher
from gracetape.brokers.fixtures import _xmpp_server, broker, kafka_broker, xmpp_broker
from gracetape.brokers.private import PrivateBroker
from tests import commands

__all__ = ["_xmpp_server", "broker", "kafka_broker", "xmpp_broker"]
CAPTURE = "capture"
KILLS, HEARD_EACH = 5, 60


@dataclass
class Talker:
    """Publishes numbered messages, in a thread, and notes when each was handed over and acknowledged (UTC).

    One by one, or in bursts: of a log of tens of thousands of single messages the private Kafka broker hands out few a second.
    """

    url: str
    node: str
    burst: int
    when: list[tuple[datetime, datetime]] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Talker":
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        self._thread.join(60)

    def _talk(self) -> None:
        with open_publisher(self.url) as publisher:
            while not self.enough.wait(0.1 if self.burst > 1 else 0):
                begun = datetime.now(UTC)
                for number in range(len(self.when), len(self.when) + self.burst):
                    publisher.publish(self.node, _message(number))
                publisher.flush()
                self.when += [(begun, datetime.now(UTC))] * self.burst


def _message(number: int) -> str:
    pad = "ü" * (number * 37 % 5000)  # lines of all lengths, so that kills fall into the middle of some
    payload = {"uid": "S1", "alert_type": "log", "data": {"N": number, "comment": pad}, "object": {}}
    return json.dumps(payload, ensure_ascii=False)


class Place:
    """Where messages are recorded: a file, or an archive."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.file = kind == "file"
        self.path = folder / ("heard.jsonl" if self.file else "heard.tape")
        self.option = "--to" if self.file else "--archive"
        if not self.file:
            Archive.create(self.path).close()

    def count(self) -> int:
        if self.file:
            return self.path.read_bytes().count(b"\n") if self.path.exists() else 0
        with Archive.open(self.path) as archive:
            return len(recorded_of(archive, "S1"))

    def holds(self, number: int) -> bool:
        """Whether a message has been recorded."""
        if self.file:
            return f'"N": {number},' in self.path.read_text(errors="replace")
        with Archive.open(self.path) as archive:
            return recorded_of(archive, "S1")[-1].payload["data"]["N"] == number

    def read(self) -> tuple[list[int], list[tuple[datetime, datetime]]]:
        """The numbers that were recorded, in their order, and the gaps that were written down (UTC)."""
        if self.file:
            assert self.path.read_bytes().endswith(b"\n")
            payloads = [json.loads(line)["payload"] for line in self.path.read_text().splitlines()]
            gaps_file = self.path.with_name(self.path.name + ".gaps")
            gaps = [json.loads(line) for line in gaps_file.read_text().splitlines()] if gaps_file.exists() else []
        else:
            with Archive.open(self.path) as archive:
                payloads = [one.payload for one in recorded_of(archive, "S1")]
                gaps = [one.payload for one in recorded_of(archive, "")]
                assert list(verify(archive)) == []
        return [payload["data"]["N"] for payload in payloads], [_span(gap["gap"]) for gap in gaps]


def _span(gap: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(gap["since"]), datetime.fromisoformat(gap["until"])


@pytest.fixture(params=["file", "archive"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, request.param)


class Recorder:
    """The command, which can be killed and started again."""

    def __init__(self, url: str, node: str, place: Place) -> None:
        self.words = [CAPTURE, "listen", url, "-n", node, place.option, place.path]
        self.start()

    def start(self) -> None:
        self.process = commands.Popen(self.words, stderr=subprocess.PIPE)

    def kill(self) -> None:
        assert self.process.poll() is None, self.process.communicate()[1]
        self.process.kill()
        self.process.communicate()

    def until(self, condition: Callable[[], bool], within_s: float = 120) -> None:
        """Wait while the recorder lives."""
        limit = time.monotonic() + within_s
        while not condition():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < limit
            time.sleep(0.1)

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said


@pytest.fixture
def recorder(broker: PrivateBroker, place: Place) -> Iterator[Recorder]:
    start = "?start=earliest" if broker.name == "kafka" else ""
    found = Recorder(broker.url + start, _node(broker, place), place)
    yield found
    found.process.kill()
    found.process.communicate()


def _node(broker: PrivateBroker, place: Place) -> str:
    return f"killed-{broker.name}-{place.path.suffix[1:]}"


def test_a_recorder_killed_again_and_again_doubles_nothing_and_misses_only_what_it_says(
    broker: PrivateBroker, place: Place, recorder: Recorder
) -> None:
    chance = random.Random(7)
    with Talker(broker.url, _node(broker, place), 20 if broker.name == "kafka" else 1) as talker:
        for _ in range(KILLS):
            before = place.count()
            recorder.until(lambda least=before + HEARD_EACH: place.count() >= least)  # type: ignore[misc]
            recorder.kill()
            recorder.start()
            time.sleep(chance.uniform(0.2, 1.5))  # and once more while it begins
            recorder.kill()
            recorder.start()
        before = place.count()
        recorder.until(lambda: place.count() >= before + HEARD_EACH)
    recorder.until(lambda: place.holds(len(talker.when) - 1))
    recorder.end()
    numbers, gaps = place.read()
    assert numbers == sorted(set(numbers))
    missing = sorted(set(range(len(talker.when))) - set(numbers))
    if broker.name == "kafka":
        assert (missing, gaps) == ([], [])
        return
    first = numbers[0]  # the recording began with it
    outside = [n for n in missing if n > first and not _within(talker.when[n], gaps)]
    assert outside == []
    assert KILLS <= len(gaps) <= 2 * KILLS
    # A gap is no excuse for all: what was heard of each life lies between two of them.
    heard_between = [n for n in numbers if not _within(talker.when[n], gaps)]
    assert len(heard_between) > KILLS * HEARD_EACH // 2


def _within(when: tuple[datetime, datetime], gaps: list[tuple[datetime, datetime]]) -> bool:
    """Whether a message, which the broker handed on between two moments, can have been in a gap."""
    return any(since <= when[1] and when[0] <= until for since, until in gaps)
