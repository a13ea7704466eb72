"""A GraceDB that follows a replay is right at each message: in process, over HTTP, after seeks, and while it is written to."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from ligo.gracedb.exceptions import HTTPError
from ligo.gracedb.rest import GraceDb

from gracetape import dummy
from gracetape.archive import Alert, Archive
from gracetape.replay import Branch, MaxClock, Message, Player, Tape, VirtualClock, following, play

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
SUPEREVENT = "TS101020a"


@pytest.fixture(scope="module")
def tape() -> Iterator[Archive]:
    with Archive.open(SHORT) as archive:
        yield archive


def _agrees(client: Any, alert: Alert) -> None:
    """What a listener asks for when a message comes is what the message says."""
    logs = client.logs(alert.object_id).json()["log"]
    if alert.n is not None:
        assert [log["N"] for log in logs] == list(range(1, alert.n + 1))
    if alert.category == "superevent":
        now = client.superevent(alert.object_id).json()
        names = ("labels", "preferred_event", "gw_events", "em_events", "t_0", "far", "gw_id")
    else:
        now = client.event(alert.object_id).json()
        names = ("labels", "superevent", "far", "gpstime")
    assert {name: now[name] for name in names} == {name: alert.object[name] for name in names}


moves = st.lists(
    st.tuples(st.sampled_from(["next", "by", "to", "n"]), st.integers(-12, 45)), min_size=1, max_size=8
)  # fmt: skip


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_wherever_a_replay_goes_the_dummy_that_follows_it_goes_too(tape: Archive, moves: list[tuple[str, int]]) -> None:
    player = play(tape, clock=MaxClock())
    with dummy.GraceDb(tape, follow=player) as client:
        for kind, number in moves:
            if kind == "by":
                player.seek(by=number)
            elif kind == "to":
                player.seek(float(number))
            elif kind == "n":
                player.seek(n=max(1, number % 30), graceid=SUPEREVENT)
            if (alert := next(player, None)) is not None:
                _agrees(client, alert)


class Listener:
    """A target that asks a GraceDB at each message."""

    def __init__(self, url: str) -> None:
        self.client = GraceDb(url, force_noauth=True)
        self.asked = 0

    def send(self, message: Message) -> None:
        _agrees(self.client, message.alert)
        self.asked += 1

    def close(self) -> None:
        self.client.close()


def test_over_http_too(tape: Archive) -> None:
    player = play(tape, clock=VirtualClock())
    with following(player) as url:
        listener = Listener(url)
        with pytest.raises(HTTPError):
            listener.client.superevent(SUPEREVENT)
        player.play([listener])
        assert listener.asked == player.messages_sent == 59
        with pytest.raises(HTTPError) as refused:
            listener.client.write_log(SUPEREVENT, "to the past")
        assert refused.value.status == 403
        listener.close()


class Writer:
    """A target that writes a log entry and a label when a superevent's log message comes, as a listener would."""

    def __init__(self, client: Any) -> None:
        self.client, self.heard = client, list[Message]()
        self.wrote: list[int] = []

    def send(self, message: Message) -> None:
        self.heard.append(message)
        comment = message.payload["data"].get("comment", "")
        if message.alert.object_id != SUPEREVENT or message.alert.alert_type != "log" or comment == "checked":
            return
        self.wrote.append(self.client.write_log(SUPEREVENT, "checked").json()["N"])
        if len(self.wrote) == 1:
            self.client.write_label(SUPEREVENT, "DQV")

    def close(self) -> None:
        return None


def _branched(player: Player, client: Any) -> Writer:
    writer = Writer(client)
    before = list(play(SHORT, clock=MaxClock()))
    player.play([writer])
    recorded = [
        m
        for m in writer.heard
        if m.payload["data"].get("comment") != "checked" and m.payload["data"].get("name") != "DQV"
    ]
    assert [m.payload for m in recorded] == [a.payload() for a in before for _ in a.nodes]
    return writer


@pytest.mark.parametrize("words", [{}, {"names": ["T{n}"]}])
def test_what_is_written_to_a_served_replay_is_seen_and_announced_and_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    copy = Path(shutil.copy(SHORT, tmp_path / "source.tape"))
    digest = copy.read_bytes()
    player = play(copy, clock=VirtualClock(), **words)
    with following(player, scratch=True) as url, GraceDb(url, force_noauth=True) as client:
        heard: list[Any] = []

        class Answering:
            def send(self, message: Message) -> None:
                heard.append(message.payload)
                alert = message.alert
                logs = client.logs(alert.object_id).json()["log"]
                assert alert.n is None or alert.n in [log["N"] for log in logs]
                if message.payload["data"].get("comment") == "Sending preliminary notice":
                    client.write_log(alert.object_id, "a file", "word.txt", b"the word")

            def close(self) -> None:
                return None

        player.play([Answering()])
        written = [payload for payload in heard if payload["data"].get("comment") == "a file"]
        assert {payload["data"]["filename"] for payload in written} == {"word.txt"}
        superevent = written[0]["uid"]
        assert client.files(superevent, "word.txt").read() == b"the word"
        for name in client.files(superevent).json():
            assert client.files(superevent, name).read() is not None
    assert copy.read_bytes() == digest
    assert list(tmp_path.iterdir()) == [copy]


def test_what_a_listener_writes_joins_the_history_on_a_branch(tape: Archive, tmp_path: Path) -> None:
    copy = tmp_path / "source.tape"
    shutil.copy(SHORT, copy)
    digest = copy.read_bytes()
    player = play(copy, clock=VirtualClock())
    branch = Branch(player, tmp_path / "branch.tape")
    with dummy.GraceDb(branch.archive, now=branch.now, on_alert=branch.send_now) as client:
        with pytest.raises(HTTPError):
            client.superevent(SUPEREVENT)
        writer = _branched(player, client)
    branch.close()
    assert copy.read_bytes() == digest
    announced = [m for m in writer.heard if m.payload["data"].get("comment") == "checked"]
    assert [m.payload["data"]["N"] for m in announced] == writer.wrote
    _joined(tape, tmp_path / "branch.tape", writer)


def _joined(tape: Archive, path: Path, writer: Writer) -> None:
    """The branch holds what the tape does, and what was written beside it, under numbers that the tape does not use."""
    with dummy.GraceDb(path) as branch, dummy.GraceDb(tape) as plain:
        logs = {log["N"]: log for log in branch.logs(SUPEREVENT).json()["log"]}
        recorded = {log["N"]: log for log in plain.logs(SUPEREVENT).json()["log"]}
        for n in writer.wrote:
            assert n not in recorded
            assert logs[n]["comment"] == "checked"
        reached = [n for n in logs if n in recorded]
        assert len(reached) >= len(recorded) - 1  # an entry that announces nothing may lie after the last message
        assert all(logs[n]["comment"] == recorded[n]["comment"] for n in reached)
        assert [logs[n]["created"] for n in writer.wrote] == sorted(logs[n]["created"] for n in writer.wrote)
        final, mine = plain.superevent(SUPEREVENT).json(), branch.superevent(SUPEREVENT).json()
        assert set(mine["labels"]) == {*final["labels"], "DQV"}
        for name in ("preferred_event", "gw_events", "t_0", "far"):
            assert mine[name] == final[name]
        assert branch.files(SUPEREVENT).json() == plain.files(SUPEREVENT).json()
        for name in plain.files(SUPEREVENT).json():
            assert branch.files(SUPEREVENT, name).read() == plain.files(SUPEREVENT, name).read()
        assert branch.signoffs(SUPEREVENT).json() == plain.signoffs(SUPEREVENT).json()
        assert branch.voevents(SUPEREVENT).json() == plain.voevents(SUPEREVENT).json()


def test_a_branch_over_http(tape: Archive, tmp_path: Path) -> None:
    player = play(SHORT, clock=VirtualClock())
    with following(player, branch=tmp_path / "branch.tape") as url:
        client = GraceDb(url, force_noauth=True)
        writer = Writer(client)
        player.play([writer])
        client.close()
    assert len(writer.wrote) > 5
    _joined(tape, tmp_path / "branch.tape", writer)


@pytest.mark.parametrize(
    "options",
    [
        {"names": ["G{n}", "S260101{letters}"], "copies": 3, "every_s": 7},
        {"names": ["T{n}"], "laps": 2},
        {"names": ["M{n}"], "retime": datetime(2026, 5, 1, tzinfo=UTC)},
    ],
)
def test_under_other_ids_and_times_too(options: dict[str, Any]) -> None:
    player = play(SHORT, clock=VirtualClock(), **options)
    with following(player) as url:
        listener = Listener(url)
        player.play([listener])
        assert listener.asked == player.messages_sent
        for alert in list(play(SHORT, clock=MaxClock(), **options))[-3:]:
            last = listener.client.logs(alert.object_id).json()["log"][(alert.n or 1) - 1]
            if alert.alert_type == "log":
                assert last["comment"] == alert.data["comment"]
                assert last["created"] == alert.data["created"]
        with pytest.raises(HTTPError):
            listener.client.write_log(player.last.object_id, "no")  # type: ignore[union-attr]
        listener.close()


def test_several_archives_are_one_gracedb(tape: Archive) -> None:
    long = Path(__file__).parents[1] / "fixtures" / "long.tape"
    player = play([Tape(long, offset_s=2), Tape(tape, ["T1"])], clock=VirtualClock(), align="start", names=["G{n}"])
    with following(player) as url:
        listener = Listener(url)
        player.play([listener])
        assert listener.asked == player.messages_sent > 100
        listener.close()
