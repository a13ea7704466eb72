"""What a listener has not heard lies in a gap, even if what was said last is still on its way when the session breaks."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gracetape.brokers import Gap, Source, open_publisher, open_source, xmpp_source
from gracetape.brokers.private import PrivateBroker
from gracetape.brokers.xmpp_publisher import XmppPublisher
from gracetape.brokers.xmpp_source import XmppSource
from gracetape.capture.file_sink import FileSink
from gracetape.capture.listen import Recorder
from tests.brokers.doors import Door
from tests.waiting import eventually

NODES = itertools.count()


@pytest.fixture
def node() -> str:
    """A node of the test's own."""
    return f"proofs-{next(NODES)}"


@pytest.fixture
def door(xmpp_broker: PrivateBroker) -> Iterator[Door]:
    with Door(xmpp_broker.port) as door:
        yield door


def through(door: Door) -> str:
    return f"xmpp://alice@localhost:{door.port}/?tls=off"


def publish(broker: PrivateBroker, node: str, *texts: str) -> datetime:
    """Publish, and say when the server had acknowledged the last."""
    with open_publisher(broker.url) as publisher:
        for text in texts:
            publisher.publish(node, text)
        publisher.flush()
        assert publisher.counts.acknowledged == len(texts)
        return datetime.now(UTC)


def heard(source: Source, text: str) -> datetime:
    """When a text arrived, which comes next."""
    message = source.poll(60)
    assert message is not None
    assert message.payload == text
    return message.arrived


def test_what_was_acknowledged_before_another_arrived_and_never_came_lies_in_the_gap(
    xmpp_broker: PrivateBroker, door: Door, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps: list[Gap] = []
    # On a busy machine it may take longer than that until the first is published: then what is proved meanwhile would be heard, too.
    idle = xmpp_source._PROVE_IDLE_S
    monkeypatch.setattr(xmpp_source, "_PROVE_IDLE_S", 3600.0)
    with open_source(through(door), [node], on_gap=gaps.append) as source:
        begun = datetime.now(UTC)
        door.until = b">first</pubsub></item></items></event></message>"
        acknowledged = publish(xmpp_broker, node, "first", "second")
        arrived = heard(source, "first")
        # As late as a busy listener may be.
        assert source.heard_until < begun
        monkeypatch.setattr(xmpp_source, "_PROVE_IDLE_S", idle)
        door.break_all()
        eventually(lambda: bool(gaps))
        assert gaps[0].since <= begun < acknowledged <= gaps[0].until
        assert gaps[0].since < arrived
        publish(xmpp_broker, node, "third")
        heard(source, "third")
        third = datetime.now(UTC)
        eventually(lambda: source.poll(0.05) is None and source.heard_until > third)
    assert len(gaps) == 1


def test_what_came_and_was_not_taken_is_not_said_to_be_heard(xmpp_broker: PrivateBroker, door: Door, node: str) -> None:
    with open_source(through(door), [node]) as source:
        assert isinstance(source, XmppSource)
        publish(xmpp_broker, node, "first", "second")
        eventually(lambda: source._heard.qsize() > 2)  # both, and a proof of that
        begun = source.heard_until
        heard(source, "first")
        assert source.heard_until <= heard(source, "second")
        eventually(lambda: source.poll(0.05) is None and source.heard_until > begun)


def test_a_session_that_breaks_as_soon_as_it_is_up_leaves_one_gap_until_the_next(
    xmpp_broker: PrivateBroker, door: Door, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps: list[Gap] = []
    proves, prove = itertools.count(), XmppSource._prove

    def break_at_once(self: XmppSource, asked: datetime) -> None:
        prove(self, asked)
        if next(proves) in (1, 2):
            door.break_all()

    with open_source(through(door), [node], on_gap=gaps.append) as source:
        heard_first = publish(xmpp_broker, node, "first")
        heard(source, "first")
        eventually(lambda: source.poll(0.05) is None and source.heard_until > heard_first)
        monkeypatch.setattr(XmppSource, "_prove", break_at_once)
        door.break_all()
        eventually(lambda: next(iter([len(gaps)])) >= 2)
        begun = datetime.now(UTC)
        eventually(lambda: source.poll(0.05) is None and source.heard_until > begun)
    assert all(before.until <= after.since for before, after in itertools.pairwise(gaps))


def test_a_session_that_breaks_while_it_is_prepared_is_made_anew_and_no_answer_waited_for(
    xmpp_broker: PrivateBroker, door: Door, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps: list[Gap] = []
    turns, subscribe = itertools.count(), XmppSource._subscribe

    async def broken_at_first(self: XmppSource, client: Any, node: str) -> None:
        if next(turns) == 1:  # of the session that follows the first
            door.break_all()
            await asyncio.Event().wait()
        await subscribe(self, client, node)

    monkeypatch.setattr(XmppSource, "_subscribe", broken_at_first)
    with open_source(through(door), [node], on_gap=gaps.append) as source:
        door.break_all()
        eventually(lambda: gaps)
        publish(xmpp_broker, node, "again")
        heard(source, "again")
    assert next(turns) == 3


def test_a_subscription_that_somebody_else_ends_is_made_again_and_told_of(
    xmpp_broker: PrivateBroker, door: Door, node: str
) -> None:
    gaps: list[Gap] = []
    with (
        open_source(through(door), [node], on_gap=gaps.append) as source,
        open_publisher(xmpp_broker.url) as other,  # of the same account; another listener would subscribe again
    ):
        assert isinstance(other, XmppPublisher)
        session = other._session
        unsubscribed = list[datetime]()

        async def unsubscribe() -> None:
            assert session.client is not None
            pubsub = session.client.plugin["xep_0060"]  # type: ignore[no-untyped-call]
            await pubsub.unsubscribe(session.service, node)
            unsubscribed.append(datetime.now(UTC))

        session.soon(lambda: session.loop.create_task(unsubscribe()))
        eventually(lambda: unsubscribed)
        missed = publish(xmpp_broker, node, "missed")
        eventually(lambda: bool(gaps))
        assert re.search("ended the subscription", gaps[0].reason)
        assert gaps[0].since <= unsubscribed[0] < missed <= gaps[0].until
        publish(xmpp_broker, node, "again")
        heard(source, "again")


def test_a_recorder_says_only_of_what_it_kept_that_it_was_heard(
    xmpp_broker: PrivateBroker, door: Door, node: str, tmp_path: Path
) -> None:
    """Killed between the arrival of a message and its being kept, it has not yet claimed the time in which that was said."""
    sink = FileSink(tmp_path / "heard.jsonl")
    claimed: list[tuple[datetime, int]] = []
    alive = sink.alive

    def note(moment: datetime) -> None:
        alive(moment)
        claimed.append((moment, len((tmp_path / "heard.jsonl").read_text().splitlines())))

    sink.alive = note  # type: ignore[method-assign]
    acknowledged: list[datetime] = []
    recorder = Recorder(through(door), [node], sink, on_heard=lambda _: acknowledged or None)
    recorder.on_listening = lambda: acknowledged.extend(
        publish(xmpp_broker, node, json.dumps({"n": n})) for n in range(3)
    )
    recorder.run(count=3)
    for moment, kept in claimed:
        assert sum(one < moment for one in acknowledged) <= kept
