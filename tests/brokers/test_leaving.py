"""Who acknowledges, and who leaves, never waits for librdkafka, whatever the thread that listens does."""

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from gracetape.brokers import Heard, Undelivered, kafka_source, open_publisher, open_source
from gracetape.brokers.kafka_source import KafkaSource
from gracetape.brokers.private import PrivateBroker, free_port
from gracetape.brokers.xmpp_session import _Aside
from gracetape.errors import BrokerError
from tests.brokers.standing_still import standing_still
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


def test_a_listener_can_be_left_in_the_middle_of_listening(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source, _ = heard_of(url, ["1"])
    consumer = source._consumer

    class Left:
        """Calls as a signal's handler would, or a callback of ours."""

        def __getattr__(self, name: str) -> object:
            return getattr(consumer, name)

        def poll(self, timeout_s: float) -> None:
            source.close()

    monkeypatch.setattr(source, "_consumer", Left())
    monkeypatch.setattr(kafka_source, "_LEAVES_S", 5.0)
    with caplog.at_level(logging.WARNING):
        assert source.poll() is None
    eventually(lambda: source._left and not source._polling.locked())
    assert not caplog.messages
    source.close()  # once more
    assert not caplog.messages


def test_what_was_kept_of_a_log_that_began_anew_is_not_kept_of_the_new_one(url: str) -> None:
    source, (late, after) = heard_of(url, ["1", "2"])
    with source:
        ((key, _),) = source._at.next.items()
        source._at.begun_anew[key] += 1  # as it is noticed while a message of the old one is worked on
        late.ack()
        after.ack()
        assert not source._kept
        assert not source._at.acknowledged(source._places())


def test_what_was_heard_when_another_thread_leaves_is_no_failure(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = heard_of(url, ["1"])
    monkeypatch.setattr(source, "_wait", lambda timeout_s: True)  # and then it is cleared
    with source:
        assert source.poll() is None
        assert source.take(1) == []


@pytest.mark.parametrize("scheme", ["kafka", "xmpp"])
def test_a_publisher_that_is_to_stop_gives_up_what_nobody_acknowledges(
    scheme: str, request: pytest.FixtureRequest
) -> None:
    broker: PrivateBroker = request.getfixturevalue(f"{scheme}_broker")
    lost = list[Undelivered]()
    publisher = open_publisher(
        f"{broker.url}{'&' if '?' in broker.url else '?'}prefix=stopped-", on_undelivered=lost.append
    )
    publisher.publish("one", "1")
    publisher.flush()
    with standing_still(broker):
        publisher.publish("one", "2")
        publisher.give_up(0.2)
        eventually(lambda: publisher.counts.failed, otherwise=lambda: str(publisher.counts))
    assert [(one.node.removeprefix("stopped-"), one.payload) for one in lost] == [("one", "2")]
    assert "stopped before it was acknowledged" in lost[0].reason
    assert (publisher.counts.sent, publisher.counts.acknowledged) == (2, 1)


def test_a_broker_that_was_not_reached_is_let_go_of_by_no_thread_that_is_waited_for() -> None:
    with pytest.raises(BrokerError, match="no broker answers"):
        open_publisher(f"kafka://localhost:{free_port()}/gracedb-test?patience=0.1")
    (holding,) = [thread for thread in threading.enumerate() if thread.name == "kafka-held"][-1:]
    assert holding.daemon


def test_a_name_server_that_does_not_answer_is_not_waited_for_at_the_end() -> None:
    asked = _Aside().submit(threading.current_thread)
    assert asked.result(60).daemon
    with pytest.raises(ZeroDivisionError):
        _Aside().submit(lambda: 1 // 0).result(60)
