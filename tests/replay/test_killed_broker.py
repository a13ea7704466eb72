"""An LVAlert that is killed in the middle of a replay: what is not heard is named, or lies in the listener's gap."""

import json
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape.brokers import Gap, Source, Undelivered, open_source
from gracetape.brokers.fixtures import _xmpp_server, xmpp_broker
from gracetape.brokers.private import PrivateBroker
from gracetape.brokers.xmpp_publisher import XmppPublisher
from gracetape.replay import MaxClock, Player, ReplayError, open_target, play
from gracetape.replay.targets.broker import name_of
from tests import commands
from tests.waiting import eventually

__all__ = ["_xmpp_server", "xmpp_broker"]
REPLAY = "replay"
NODES = ["cbc_gstlal", "cbc_gstlal_allsky", "superevent"]
#: Thirty copies of an archive, so that no two messages have the same name, at so many messages a second. Where the broker does not come
#: back, more, so that the replay is under way when it is killed however late that is; none is made before its turn.
COPIES, MORE, IDS, RATE = 30, 1000, ("T{n}", "TS260101{letters}"), 300
#: How many messages are heard before the broker is killed.
BEFORE = 150


def named(node: str, payload: str) -> str:
    """What a replay calls a message that it loses."""
    return name_of(Undelivered(node, payload, ""))


@dataclass
class Listener:
    """Notes what a source gives, in a thread of its own, and its gaps."""

    names: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def listen(self, source: Source) -> None:
        for heard in source:
            self.names.append(named(heard.node, heard.payload))


@contextmanager
def listening(url: str) -> Iterator[Listener]:
    """Somebody who hears what a broker hands on."""
    listener = Listener()
    with open_source(url, NODES, on_gap=listener.gaps.append) as source:
        threading.Thread(target=listener.listen, args=(source,), daemon=True).start()
        yield listener


@dataclass
class Times:
    """When each message was handed over, and when the server acknowledged it (UTC), by name."""

    handed: dict[str, datetime] = field(default_factory=dict)
    acknowledged: dict[str, datetime] = field(default_factory=dict)

    def within(self, name: str, gaps: list[Gap]) -> bool:
        """Whether the moment at which the server handed a message on can lie in a gap."""
        since, until = self.handed[name], self.acknowledged[name]
        return any(gap.since <= until and since <= gap.until for gap in gaps)


@pytest.fixture
def broker(xmpp_broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBroker]:
    """An LVAlert of this test's own."""
    from gracetape.brokers.ejabberd import private_xmpp

    with private_xmpp() as own:
        monkeypatch.setenv("NETRC", own.environment["NETRC"])
        yield own


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    """Notes the moments at which messages come and go."""
    found, publish, settle = Times(), XmppPublisher.publish, XmppPublisher._settle

    def published(self: XmppPublisher, node: str, payload: str) -> None:
        found.handed[named(node, payload)] = datetime.now(UTC)
        publish(self, node, payload)

    def settled(self: XmppPublisher, number: str, failure: str | None = None) -> None:
        message = self._flying.get(number)
        settle(self, number, failure)
        if message is not None and failure is None:
            found.acknowledged[named(*message)] = datetime.now(UTC)

    monkeypatch.setattr(XmppPublisher, "publish", published)
    monkeypatch.setattr(XmppPublisher, "_settle", settled)
    return found


def player_of(tape: Path, copies: int = COPIES) -> Player:
    return play(tape, clock=MaxClock(), rate=RATE, copies=copies, names=IDS)


def kill_when_heard(broker: PrivateBroker, listener: Listener, again_after_s: float | None) -> threading.Thread:
    """Kill the broker once something was heard, in a thread; and start it again after a while, unless None."""

    def kill() -> None:
        eventually(lambda: len(listener.names) >= BEFORE)
        broker.kill()
        if again_after_s is not None:
            time.sleep(again_after_s)
            broker.start()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_what_an_lvalert_that_comes_back_did_not_hand_on_lies_in_the_gap_of_who_listened(
    broker: PrivateBroker, tape: Path, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(broker.url) as listener:
        target = open_target(broker.url)
        killing = kill_when_heard(broker, listener, again_after_s=0.5)
        player_of(tape).play([target])
        assert target.close() is None
        killing.join()
        eventually(lambda: bool(listener.gaps))
        last = list(times.handed)[-1]
        eventually(lambda: last in listener.names or times.within(last, listener.gaps))
    assert caplog.messages == []
    assert times.acknowledged.keys() == times.handed.keys()
    missing = times.handed.keys() - set(listener.names)
    assert [name for name in missing if not times.within(name, listener.gaps)] == []
    (gap,) = listener.gaps
    assert sum(times.within(name, [gap]) for name in times.handed) < len(times.handed) - BEFORE // 2
    twice = [name for name, count in Counter(listener.names).items() if count > 1]
    assert len(twice) <= target.counts.repeated  # type: ignore[attr-defined]


def test_of_an_lvalert_that_stays_away_every_message_is_heard_or_named_or_in_the_gap(
    broker: PrivateBroker, tape: Path, times: Times, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(broker.url) as listener:
        target = open_target(f"{broker.url}&patience=1")
        killing = kill_when_heard(broker, listener, again_after_s=None)
        with pytest.raises(ReplayError, match="gave up after 1 s"):
            player_of(tape, MORE).play([target])
        sentence = target.close()
        killing.join()
        broker.start()
        eventually(lambda: bool(listener.gaps))
    matches = [re.fullmatch(r"not delivered: (.*): xmpp://localhost:\d+: gave up.*", said) for said in caplog.messages]
    lost = [match[1] for match in matches if match is not None]
    assert len(lost) == len(set(lost)) == len(caplog.messages)
    assert sentence is not None
    assert f"{len(lost)} of {len(times.handed)} messages" in sentence
    assert set(lost) == times.handed.keys() - times.acknowledged.keys()
    unheard = times.acknowledged.keys() - set(listener.names)
    assert [name for name in unheard if not times.within(name, listener.gaps)] == []


def test_the_command_names_each_message_that_was_never_acknowledged(
    broker: PrivateBroker, tape: Path, tmp_path: Path
) -> None:
    file = tmp_path / "handed.jsonl"
    ids = [word for template in IDS for word in ("--as", template)]
    pace = ["--max", "--rate", str(RATE), "--copies", str(MORE), *ids]
    targets = ["--to", file, "--to", f"{broker.url}&patience=1"]
    with listening(broker.url) as listener:
        replaying = commands.Popen([REPLAY, tape, *pace, *targets], stderr=subprocess.PIPE)
        kill_when_heard(broker, listener, again_after_s=None).join()
        _, said = replaying.communicate(timeout=300)
    assert replaying.returncode == 1
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    handed = [named(line["node"], json.dumps(line["payload"])) for line in lines]
    lost = re.findall(r"^not delivered: (.*): xmpp://localhost:\d+: gave up", said, re.MULTILINE)
    counted = re.search(r"(\d+) sent, (\d+) acknowledged, (\d+) failed", said)
    assert counted is not None, said
    assert len(handed) == len(set(handed)) == int(counted[1])
    assert len(lost) == len(set(lost)) == int(counted[3])
    assert set(lost) == set(handed[int(counted[2]) :])
    assert set(listener.names) <= set(handed)
    at = re.search(rf"^gracetape: xmpp:.*\(at message (\d+) of {39 * MORE}\)$", said, re.MULTILINE)
    assert at is not None, said
    assert 0 <= int(at[1]) - len(handed) < 2  # an alert's messages are counted together
