"""A broker is killed in the middle and comes back: nothing is lost where it keeps things, and what may be is named."""

import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape.brokers import BrokerError, Gap, Heard, Publisher, Source, Undelivered, open_publisher, open_source
from gracetape.brokers.private import PrivateBroker, answers, free_port
from gracetape.brokers.tansu import private_kafka
from gracetape.brokers.xmpp_publisher import IN_FLIGHT
from tests.waiting import eventually

TOTAL = 400


class Collector:
    """Hears until it is told how much there is, in a thread of its own."""

    def __init__(self, source: Source) -> None:
        self.source, self.heard = source, list[Heard]()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        for heard in self.source:
            self.heard.append(heard)
            heard.ack()

    def until(self, count: int, within_s: float = 120) -> None:
        limit = time.monotonic() + within_s
        while len(self.heard) < count and time.monotonic() < limit:
            time.sleep(0.05)


@pytest.fixture
def store() -> Iterator[dict[str, str]]:
    """A store outside the Kafka broker, in which its messages survive it: an S3 server, and how to reach it."""
    port = free_port()
    server = shutil.which("moto_server", path=str(Path(sys.executable).parent))
    assert server is not None
    process = subprocess.Popen(
        [server, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    eventually(lambda: answers(port))
    bucket = urllib.request.Request(f"http://127.0.0.1:{port}/tansu", method="PUT")
    bucket.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/s3/aws4_request")
    urllib.request.urlopen(bucket, timeout=60).close()
    yield {
        "AWS_ENDPOINT": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
    }  # fmt: skip
    process.kill()
    process.wait()


def text(i: int) -> str:
    return json.dumps({"uid": f"S{i}", "pad": "x" * 1000})


def numbers(heard: list[Heard]) -> list[int]:
    return [int(json.loads(one.payload)["uid"][1:]) for one in heard]


def test_a_kafka_broker_that_keeps_its_messages_loses_none_when_it_is_killed(store: dict[str, str]) -> None:
    lost: list[Undelivered] = []
    gaps: list[Gap] = []
    with private_kafka(topics=("night",), store="s3://tansu/", settings=store) as broker:
        with open_source(broker.url + "?start=earliest", ["night"], on_gap=gaps.append) as source:
            collector = Collector(source)
            with open_publisher(broker.url, on_undelivered=lost.append) as publisher:
                for i in range(TOTAL):
                    if i == TOTAL // 2:
                        broker.kill()
                        threading.Timer(1.0, broker.start).start()
                    publisher.publish("night", text(i))
                    time.sleep(0.002)
                publisher.flush()
                assert publisher.counts.acknowledged == TOTAL
            collector.until(TOTAL)
        assert numbers(collector.heard) == list(range(TOTAL))
        assert (lost, gaps) == ([], [])


def test_a_kafka_broker_that_forgets_is_noticed(kafka_memory: PrivateBroker) -> None:
    """The forgetful broker begins its log anew, even past the place where we were: what it has is heard, the rest is told of."""
    gaps: list[Gap] = []
    with open_source(kafka_memory.url, ["night"], on_gap=gaps.append) as source:
        collector = Collector(source)
        with open_publisher(kafka_memory.url) as publisher:
            for i in range(20):
                publisher.publish("night", text(i))
            publisher.flush()
            collector.until(20)
            kafka_memory.kill()
            kafka_memory.start()
        with open_publisher(kafka_memory.url) as publisher:
            for i in range(100, 160):
                publisher.publish("night", text(i))
        collector.until(80)
    assert numbers(collector.heard) == [*range(20), *range(100, 160)]
    assert {gap.nodes for gap in gaps} == {("night",)}  # a slow start can be noticed twice
    assert any("anew" in gap.reason for gap in gaps)


@pytest.fixture
def kafka_memory() -> Iterator[PrivateBroker]:
    """A Kafka broker of this test's own."""
    with private_kafka(topics=("night",)) as broker:
        yield broker


@pytest.fixture
def own_xmpp(xmpp_broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBroker]:
    """An LVAlert of this test's own."""
    from gracetape.brokers.ejabberd import private_xmpp

    with private_xmpp() as broker:
        monkeypatch.setenv("NETRC", broker.environment["NETRC"])
        yield broker


def test_an_lvalert_that_is_killed_loses_only_what_falls_into_a_gap_that_is_told_of(own_xmpp: PrivateBroker) -> None:
    gaps: list[Gap] = []
    lost: list[Undelivered] = []
    when: dict[int, tuple[datetime, datetime]] = {}
    with open_source(own_xmpp.url, ["night"], on_gap=gaps.append) as source:
        collector = Collector(source)
        with open_publisher(own_xmpp.url, on_undelivered=lost.append) as publisher:
            for i in range(TOTAL):
                if i == TOTAL // 2:
                    own_xmpp.kill()
                    threading.Timer(0.5, own_xmpp.start).start()
                begun = datetime.now(UTC)
                publisher.publish("night", text(i))
                when[i] = begun, datetime.now(UTC)
                time.sleep(0.002)
            publisher.flush()
            assert (publisher.counts.acknowledged, lost) == (TOTAL, [])
        eventually(lambda: gaps)
        said = datetime.now(UTC)
        eventually(lambda: source.heard_until > said)  # what the server had handed on by then has been given
    heard = numbers(collector.heard)
    (gap,) = gaps
    missing = sorted(set(range(TOTAL)) - set(heard))
    # A message is in the broker's hands when as many more have been taken as may be under way at once. How many of those it had not
    # handed on when it was killed is its own affair: on a busy machine more than that.
    latest = [when[min(i + IN_FLIGHT, TOTAL - 1)][1] for i in range(TOTAL)]
    assert [i for i in missing if latest[i] < gap.since or when[i][0] > gap.until] == []
    assert gap.since <= when[TOTAL // 2][0]
    once = list(dict.fromkeys(heard))
    assert once == sorted(once)
    assert len(heard) - len(once) <= publisher.counts.repeated


def test_a_broker_that_stays_away_is_given_up_and_every_message_named(own_xmpp: PrivateBroker) -> None:
    lost: list[Undelivered] = []
    publisher = open_publisher(own_xmpp.url + "&patience=1", on_undelivered=lost.append)
    publisher.publish("night", "heard")
    publisher.flush()
    own_xmpp.kill()
    with pytest.raises(BrokerError, match="gave up after 1 s"):
        _publish_many(publisher)
    publisher.close()
    assert [one.payload for one in lost] == [str(i) for i in range(len(lost))]
    assert publisher.counts.failed == len(lost) == publisher.counts.sent - 1
    with pytest.raises(BrokerError):
        publisher.publish("night", "more")


def test_a_kafka_broker_that_stays_away_is_given_up_and_every_message_named(kafka_memory: PrivateBroker) -> None:
    lost: list[Undelivered] = []
    # It has as long to take the first message, on a busy machine, too.
    with open_publisher(kafka_memory.url + "?patience=10", on_undelivered=lost.append) as publisher:
        publisher.publish("night", "heard")
        publisher.flush()
        kafka_memory.kill()
        for i in range(10):
            publisher.publish("night", str(i))
    assert [(one.node, one.payload) for one in lost] == [("night", str(i)) for i in range(10)]
    assert (publisher.counts.acknowledged, publisher.counts.failed) == (1, 10)


def test_a_listener_gives_up_too(kafka_memory: PrivateBroker, own_xmpp: PrivateBroker) -> None:
    for broker, option in ((kafka_memory, "?patience=5"), (own_xmpp, "&patience=5")):
        with open_source(broker.url + option, ["night"], on_gap=lambda _: None) as source:
            broker.kill()
            with pytest.raises(BrokerError, match="gave up after 5 s"):
                _listen_long(source)


def _publish_many(publisher: Publisher) -> None:
    for i in range(1000):
        publisher.publish("night", str(i))


def _listen_long(source: Source) -> None:
    for _ in range(1200):
        source.poll(0.1)
