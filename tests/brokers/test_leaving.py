"""Who acknowledges, and who leaves, never waits for librdkafka, whatever the thread that listens does."""

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from gracetape.brokers import Heard, kafka_source, open_publisher, open_source
from gracetape.brokers.kafka_source import KafkaSource
from gracetape.brokers.private import PrivateBroker
from tests.waiting import eventually

NUMBERS = itertools.count()


@pytest.fixture
def url(kafka_broker: PrivateBroker) -> str:
    return f"{kafka_broker.url}?prefix=leaving-{os.getpid()}-{next(NUMBERS)}-&consumer=leaver&start=earliest"


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Until it is set, librdkafka does not come back."""
    event = threading.Event()
    yield event
    event.set()


def heard_of(url: str, payloads: list[str]) -> tuple[KafkaSource, list[Heard]]:
    """A listener and what it heard of what is published."""
    with open_publisher(url) as publisher:
        for payload in payloads:
            publisher.publish("one", payload)
    source = open_source(url, ["one"])
    assert isinstance(source, KafkaSource)
    heard = [message for message in (source.poll(60) for _ in payloads) if message is not None]
    assert [message.payload for message in heard] == payloads
    return source, heard


def hold(source: KafkaSource, word: str, until: threading.Event, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let a call of librdkafka not come back before it may; set once it is called."""
    begun = threading.Event()

    class Held:
        def __getattr__(self, name: str) -> object:
            found = getattr(consumer, name)
            if name != word:
                return found

            def wait(*args: object) -> object:
                begun.set()
                until.wait(120)
                return found(*args)

            return wait

    consumer = source._consumer
    monkeypatch.setattr(source, "_consumer", Held())
    return begun


def test_what_is_acknowledged_while_another_thread_listens_is_kept_by_that(
    url: str, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, (first, second, third) = heard_of(url, ["1", "2", "3"])
    begun = hold(source, "poll", held, monkeypatch)
    listening = threading.Thread(target=source.poll, daemon=True)
    listening.start()
    assert begun.wait(120)
    acknowledging = threading.Thread(target=lambda: [first.ack(), second.ack()], daemon=True)
    acknowledging.start()
    acknowledging.join(60)
    assert not acknowledging.is_alive()  # though the other thread is still with librdkafka
    held.set()
    eventually(lambda: not source._kept)
    source.close()
    with open_source(url, ["one"]) as again:
        left = again.poll(60)
    assert left is not None
    assert left.payload == third.payload


def test_what_is_acknowledged_just_before_it_is_left_is_kept(
    url: str, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, (first, second) = heard_of(url, ["1", "2"])
    begun = hold(source, "poll", held, monkeypatch)
    threading.Thread(target=source.poll, daemon=True).start()
    assert begun.wait(120)
    first.ack()
    threading.Timer(0.2, held.set).start()
    source.close()
    with open_source(url, ["one"]) as again:
        left = again.poll(60)
    assert left is not None
    assert left.payload == second.payload


@pytest.mark.parametrize("word", ["poll", "close"])
def test_a_broker_is_left_also_where_librdkafka_does_not_come_back(
    url: str,
    word: str,
    held: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source, _ = heard_of(url, ["1"])
    begun = hold(source, word, held, monkeypatch)
    monkeypatch.setattr(kafka_source, "_LEAVES_S", 0.5)
    listening = threading.Thread(target=lambda: list(source), daemon=True)
    listening.start()
    assert word == "close" or begun.wait(120)
    with caplog.at_level(logging.WARNING):
        source.close()
    assert begun.wait(120)  # whoever leaves is a thread, which may come late
    assert "did not let us leave within 0.5 s" in caplog.text
    held.set()
    listening.join(60)
    assert not listening.is_alive()


@pytest.mark.parametrize(
    "take", [lambda source: source.poll(60), lambda source: source.take(1, 60)], ids=["one", "some"]
)
def test_who_takes_what_came_while_another_thread_leaves_meets_no_error(
    url: str, take: Callable[[KafkaSource], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, heard = heard_of(url, ["1", "2"])
    source._waiting.extend(heard)
    ordinary = source._wait

    def wait(timeout_s: float | None) -> bool:
        """There is something, and just then somebody leaves."""
        found = ordinary(timeout_s)
        source.close()
        return found

    monkeypatch.setattr(source, "_wait", wait)
    assert not take(source)
    assert source.closed
