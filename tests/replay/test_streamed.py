"""A whole archive that is played as it comes up says what one says that is held whole, and holds little at any moment."""

import json
import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from gracetape import dummy
from gracetape.archive import (
    Alert,
    Archive,
    ArchiveError,
    Position,
    Recorded,
    Timeline,
    add_recorded,
    alerts_of,
    timeline_of,
)
from gracetape.archive.alerts.notices.public_alerts import public_alerts
from gracetape.archive.history import streamed as streamed_timeline
from gracetape.archive.history.streamed import StreamedTimeline
from gracetape.archive.packing import convert
from gracetape.replay import MaxClock, Player, VirtualClock, only_heard, play, streamed as streamed_selection
from gracetape.replay.branch import Branch
from gracetape.replay.keys import press
from gracetape.replay.moves import MOVES, PlayerMoves
from gracetape.replay.selected import Selection
from gracetape.replay.storm import storm_of

FIXTURES = Path(__file__).parents[1] / "fixtures"
SERVICE = "https://gracedb.invalid/api/"
BORN = datetime(2022, 6, 9, 22, 18, 0, tzinfo=UTC)
LIVES, APART_S = 20, 30


def _created(seconds: float) -> str:
    return (BORN + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")


def _life(number: int) -> Iterator[tuple[str, dict[str, Any], list[tuple[float, str]]]]:
    """A superevent and its two events, each with its record and log; some entries come before what they follow."""
    at, first, second = number * APART_S, f"G{1000 + number}", f"G{2000 + number}"
    s = f"S220609{chr(97 + number // 26)}{chr(97 + number % 26)}"
    event = {"group": "CBC", "pipeline": "gstlal", "search": "AllSky", "far": 1e-9, "labels": [], "superevent": s}
    neighbours = {f"S220609{chr(97 + (number + 1) // 26)}{chr(97 + (number + 1) % 26)}": {"t_0": 2.0}}
    yield (
        first, event | {"graceid": first, "created": _created(at), "superevent_neighbours": neighbours},
        [
            (at, "Log entry created for uploaded event"), (at + 3, f"Set as preferred event for superevent: {s}"),
            (at + 3, f"Added to superevent: {s}"), (at + 50, "a late remark"), (at + 20, "out of order"),
            (at + 61, f"Removed as preferred event for superevent: {s}"),
        ],
    )  # fmt: skip
    yield (
        second, event | {"graceid": second, "created": _created(at + 10)},
        [
            (at + 10, "Log entry created for uploaded event"), (at + 12, f"Added to superevent: {s}"),
            (at + 61, f"Set as preferred event for superevent: {s}"),
        ],
    )  # fmt: skip
    yield (
        s,
        {
            "superevent_id": s, "gw_id": None, "category": "Production", "created": _created(at + 3), "preferred_event": second,
            "t_start": 1.0, "t_0": 2.0, "t_end": 3.0, "gw_events": [first, second], "em_events": [], "far": 1e-9, "labels": ["DQV"],
            "preferred_event_data": event | {"graceid": second, "created": _created(at + 10)},
        },
        [
            (at + 3, f"Superevent created with t_start=1.0, t_0=2.0, t_end=3.0, preferred_event={first}, events={first}"),
            (at + 12, f"Added event: {second}"), (at + 30, "Added label: DQV"),
            (at + 61, f"Updated superevent parameters: preferred_event: {first} -> {second}"),
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tape of many lives, each beginning before the one before it ends."""
    path = tmp_path_factory.mktemp("run") / "run.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        for number in range(LIVES):
            for graceid, record, log in _life(number):
                tx.new_object(graceid, SERVICE, record)
                for n, (seconds, comment) in enumerate(log, start=1):
                    entry = {"N": n, "comment": comment, "created": _created(seconds), "tag_names": [], "filename": ""}
                    tx.put(graceid, "log", n, entry)
                for label in record["labels"]:
                    tx.put(graceid, "label", label, {"name": label, "created": _created(seconds), "creator": "x"})
    return path


@pytest.fixture(scope="module")
def heard(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tape, and messages that were heard: some late, some of nothing that is recorded, some never."""
    path = tmp_path_factory.mktemp("heard") / "heard.tape"
    messages: dict[str, list[Recorded]] = {}
    with Archive.open(run) as archive:
        for i, alert in enumerate(alerts_of(timeline_of(archive))):
            payload = {**(alert.payload() or {}), **({"alert_type": "odd"} if i % 7 == 0 else {})}
            arrived = alert.created + timedelta(seconds=(i * 37 % 11) - 3)
            if i % 3:
                messages.setdefault(alert.object_id, []).append(Recorded(arrived, f"x.{alert.nodes[0]}", payload))
        convert(archive, path, packed=False)
    with Archive.open(path, read_only=False) as archive, archive.transaction() as tx:
        add_recorded(tx, {graceid: found for i, (graceid, found) in enumerate(messages.items()) if i % 4})
    return path


@pytest.fixture(scope="module")
def told(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tape, the public told of two lives in three; some of that was heard, late or early, and nothing else was."""
    path = tmp_path_factory.mktemp("told") / "told.tape"
    with Archive.open(run) as archive:
        convert(archive, path, packed=False)
    with Archive.open(path, read_only=False) as archive:
        with archive.transaction() as tx:
            for number, graceid in enumerate(g for g in archive.objects() if g.startswith("S") if number_of(g) % 3):
                for n, label in enumerate(("GCN_PRELIM_SENT", "ADVOK"), start=5):
                    created = _created(number_of(graceid) * APART_S + 20 * n - number % 2)
                    entry = {
                        "N": n,
                        "comment": f"Added label: {label}",
                        "created": created,
                        "tag_names": [],
                        "filename": "",
                    }
                    tx.put(graceid, "log", n, entry)
                    tx.put(graceid, "label", label, {"name": label, "created": created, "creator": "x"})
        messages: dict[str, list[Recorded]] = {}
        for i, alert in enumerate(public_alerts(timeline_of(archive), "gwalert")):
            arrived = alert.created + timedelta(seconds=(i * 37 % 11) - 3)
            if i % 4 == 0:
                messages.setdefault(alert.object_id, []).append(Recorded(arrived, "igwn.gwalert", alert.payload()))
        with archive.transaction() as tx:
            add_recorded(tx, messages)
    return path


STRAYS, OF_EACH = 60, 7


@pytest.fixture(scope="module")
def strays(heard: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tape with messages that were heard, and more of them about objects that were never captured, and about none."""
    path = Path(shutil.copytree(heard, tmp_path_factory.mktemp("strays") / "strays.tape"))
    with Archive.open(path, read_only=False) as archive, archive.transaction() as tx:
        add_recorded(tx, _strays())
    return path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tape of a recorder that captured nothing."""
    path = tmp_path_factory.mktemp("alone") / "alone.tape"
    with Archive.create(path) as archive, archive.transaction() as tx:
        add_recorded(tx, _strays())
    return path


def _strays() -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = {}
    for number in range(STRAYS):
        graceid = f"G{9000 + number}" if number else ""
        for n in range(1, OF_EACH + 1):
            payload = {
                "uid": graceid,
                "alert_type": "log" if n > 1 else "new",
                "data": {"N": n},
                "object": {"graceid": graceid},
            }
            arrived = BORN + timedelta(seconds=10 * (number // 2) + 13 * n - 25)  # two at once
            node = "igwn.gwalert" if n == 5 else "gracedb.cbc_gstlal"
            found.setdefault(graceid, []).append(Recorded(arrived, node, payload))
    return found


def number_of(graceid: str) -> int:
    """The number of the life that a superevent is of."""
    return 26 * (ord(graceid[-2]) - 97) + ord(graceid[-1]) - 97


def _plain(alert: Alert) -> Alert:
    return replace(alert, position=None, since=None)


@pytest.mark.parametrize("name", ["run", "heard", "long.tape", "short.tape"])
def test_it_announces_what_a_time_line_that_holds_all_does(name: str, request: pytest.FixtureRequest) -> None:
    path = FIXTURES / name if name.endswith(".tape") else request.getfixturevalue(name)
    with Archive.open(path) as archive:
        whole, streamed = timeline_of(archive), StreamedTimeline(archive)
        assert [_plain(a) for a in alerts_of(streamed)] == [_plain(a) for a in alerts_of(whole)]
        assert [step for _, step in streamed.walk()] == whole.steps
        assert streamed.heard == whole.heard


@pytest.mark.parametrize("form", ["gwalert", "voevent"])
def test_it_tells_the_public_what_a_time_line_that_holds_all_does(told: Path, form: str) -> None:
    until = BORN + timedelta(seconds=LIVES * APART_S / 2)
    with Archive.open(told) as archive:
        whole, streamed = timeline_of(archive), StreamedTimeline(archive)
        assert (streamed.heard, streamed.heard_by_public) == (whole.heard, whole.heard_by_public) == (False, True)
        assert [_plain(a) for a in alerts_of(streamed)] == [_plain(a) for a in alerts_of(whole)]
        for end in (None, until):
            mine, theirs = (
                [_plain(a) for a in public_alerts(line, form, line.at_time(end) if end else None)]
                for line in (streamed, whole)
            )
            assert mine == theirs
            assert len(mine) > LIVES / 3


def test_what_the_public_was_told_is_played_again_after_going_back(told: Path) -> None:
    player = play(told, clock=VirtualClock(), format="gwalert,voevent")
    told_first = [message.json() for alert in islice(player, 9) for message in player.messages(alert)]
    player.seek(0)
    assert [message.json() for alert in islice(player, 9) for message in player.messages(alert)] == told_first


def test_every_moment_shows_every_object_as_it_does_on_one_that_holds_all(run: Path) -> None:
    with Archive.open(run) as archive:
        whole, streamed = timeline_of(archive), StreamedTimeline(archive)
        moments = [position for position, _ in streamed.walk()]
        assert moments == sorted(moments)
        assert streamed.end == moments[-1]
        for number in range(0, len(moments), 37):
            for graceid in archive.objects()[number % 5 :: 29]:
                shown, then = (
                    snapshot and [snapshot.record(), snapshot.records("log"), snapshot.records("label")]
                    for snapshot in (
                        whole.snapshot(graceid, Position(number + 1)), streamed.snapshot(graceid, moments[number]),
                    )
                )  # fmt: skip
                assert shown == then
        assert list(streamed.walk(moments[99], moments[120])) == list(streamed.walk())[100:121]
        for graceid, n in (("G1007", 5), ("S220609ac", 2)):
            assert streamed.at(graceid, n) == moments[whole.at(graceid, n).index - 1]
        for seconds in (-5, 0, 20.5, 333, 9999):
            there, here = (line.at_time(BORN + timedelta(seconds=seconds)) for line in (whole, streamed))
            assert here == (moments[there.index - 1] if there.index else Position(0))


def test_few_histories_are_held_at_any_moment(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recently = 2
    monkeypatch.setattr(streamed_timeline, "_RECENT", recently)
    with Archive.open(run) as archive:
        timeline = StreamedTimeline(archive)
        held = [timeline.opened for _ in alerts_of(timeline)]
    assert held[0] == 6  # the first life, and the one that its event names as its neighbour
    lives_at_once = 61 // APART_S + 1
    assert max(held) <= 3 * (lives_at_once + recently + 1) < 3 * LIVES


def test_the_first_message_comes_before_anything_else_is_opened(run: Path) -> None:
    with Archive.open(run) as archive:
        player = play(archive, clock=MaxClock())
        assert isinstance(player.timeline, StreamedTimeline)
        assert next(player).object_id == "G1000"
        assert player.timeline.opened == 6


WAYS: list[dict[str, Any]] = [
    {}, {"spread": "even"}, {"spread": "burst"}, {"format": "legacy"}, {"certain_only": True}, {"until": BORN + timedelta(seconds=301)},
    {"laps": 2, "retime": datetime(2026, 1, 1, tzinfo=UTC)}, {"names": ["T{n}"], "copies": 2, "every_s": 40.0},
]  # fmt: skip


def _messages(player: Player) -> list[str]:
    return [message.json() for alert in player for message in player.messages(alert)]


@pytest.mark.parametrize("name", ["run", "heard", "strays"])
def test_a_replay_is_the_same_byte_for_byte(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = request.getfixturevalue(name)
    for way in WAYS:
        player = play(path, clock=MaxClock(), **way)
        streamed = _messages(player)
        with monkeypatch.context() as patch:
            patch.setattr(streamed_timeline, "HELD", 10**6)
            whole = play(path, clock=MaxClock(), **way)
            assert type(whole.timeline) is Timeline
            assert type(whole.queue.copies[0].selection) is Selection
            assert streamed == _messages(whole), way
        assert (len(player), player.queue.messages, player.queue.duration_s) == (
            len(whole), whole.queue.messages, whole.queue.duration_s,
        )  # fmt: skip


SEEKS: list[dict[str, Any]] = [
    {"to": 400.0}, {"by": 7}, {"by": -5}, {"by": -290}, {"alert_type": "label_added"}, {"to": BORN + timedelta(seconds=700)},
    {"n": 3, "graceid": "G1015"}, {"n": 4, "graceid": "G1002"}, {"to": 0.0}, {"by": 300}, {"by": -150}, {"to": 1e9}, {"by": -1},
]  # fmt: skip


@pytest.mark.parametrize("name", ["run", "heard", "strays"])
def test_going_elsewhere_leads_to_the_same_messages(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = request.getfixturevalue(name)
    streamed = play(path, clock=VirtualClock())
    with monkeypatch.context() as patch:
        patch.setattr(streamed_timeline, "HELD", 10**6)
        whole = play(path, clock=VirtualClock())
    for seek in SEEKS:
        told = []
        for player in (streamed, whole):
            player.seek(**seek)
            told.append(
                [player.queue.done, player.next_in_s, *(_plain(alert) for alert, _ in zip(player, "ab", strict=False))]
            )
        assert told[0] == told[1], seek


def test_a_dummy_that_follows_answers_as_it_does_over_one_that_holds_all(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[list[str]] = []
    for held in (0, 10**6):
        monkeypatch.setattr(streamed_timeline, "HELD", held)
        player = play(run, clock=MaxClock())
        answers.append([])
        with Archive.open(run) as archive, dummy.GraceDb(archive, follow=player) as client:
            for i, alert in enumerate(player):
                if i % 40 == 0 and alert.object_id.startswith("S"):
                    answers[-1] += [client.superevent(alert.object_id).text, client.logs(alert.object_id).text]
            answers[-1].append(json.dumps([event["graceid"] for event in client.events("")]))
    assert answers[0] == answers[1]


def test_what_was_heard_of_others_is_opened_as_it_comes_up(
    strays: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    ordinary = only_heard.recorded_along
    monkeypatch.setattr(
        only_heard,
        "recorded_along",
        lambda archive, graceid, newest: opened.append(graceid) or ordinary(archive, graceid, newest),
    )
    whole = play(alone, clock=MaxClock())
    assert (type(whole.timeline), opened) == (Timeline, [])
    monkeypatch.setattr("gracetape.replay.prepare.MANY_HEARD", 100)
    monkeypatch.setattr("gracetape.replay.selection.MANY_HEARD", 100)
    monkeypatch.setattr("gracetape.archive.recorded._PAGE", 3)
    for path in (strays, alone):
        opened.clear()
        player = play(path, clock=MaxClock())
        assert (type(player.timeline), player.counted) == (StreamedTimeline, False)
        next(player)
        assert 0 < len(opened) < 10
    player = play(alone, clock=MaxClock())
    assert _messages(player) == _messages(whole)
    assert player.sent == (OF_EACH - 1) * STRAYS


def test_what_is_heard_of_others_takes_nothing_back(strays: Path) -> None:
    player = play(strays, clock=MaxClock())
    shown = 0
    with Archive.open(strays) as archive, dummy.GraceDb(archive, follow=player) as client:
        for alert in islice(player, 150):
            if alert.object_id.startswith("G9"):
                assert client.num_events("") == shown
            else:
                shown = client.num_events("")
    assert shown > 2


def test_a_page_that_looks_on_counts_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_selection, "_SOON_COUNTED", 20)
    player = play(run, clock=VirtualClock())
    assert PlayerMoves(player).state()["total"] is None
    assert isinstance(player.timeline, StreamedTimeline)
    assert player.timeline.opened == 6
    deque(player, maxlen=0)
    assert PlayerMoves(player).state()["total"] == player.sent


_ASKED = (
    ("events", ""), ("events", "gstlal far < 1"), ("events", "in_superevent: True"), ("events", "superevent: S220609ab"),
    ("events", "created: 2022-06-09 .. 2022-06-09 22:20:00"), ("events", "label: DQV"), ("superevents", ""),
    ("superevents", "label: DQV"), ("superevents", "preferred_event: G1000 .. G1004"), ("superevents", "far < 1"),
)  # fmt: skip


@pytest.mark.parametrize("name", ["run", "heard"])
def test_a_query_as_of_a_moment_opens_what_is_under_way_alone(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = request.getfixturevalue(name)
    for moment in ("G1000:1", "G1003:4", "S220609ac:4", "G1010:6", "2022-06-09T22:24:00Z", "G1019:6", "2030-01-01"):
        answers: list[Any] = []
        for held in (0, 10**6):
            monkeypatch.setattr(streamed_timeline, "HELD", held)
            with dummy.GraceDb(path, as_of=moment) as client:
                answers.append(
                    [
                        [one.get("graceid") or one["superevent_id"] for one in getattr(client, kind)(query)]
                        for kind, query in _ASKED
                    ]
                )
        assert answers[0] == answers[1], moment
    with Archive.open(path) as archive:
        timeline = StreamedTimeline(archive)
        _, found = timeline.under_way(timeline.at("G1010", 6))
        assert {"G1010", "S220609ak"} <= found
        assert len(found) < LIVES


def test_who_may_write_to_what_follows_a_run_does_not_wait_for_all_of_it(run: Path, tmp_path: Path) -> None:
    player = play(run, clock=VirtualClock())
    next(player)
    branch = Branch(player, tmp_path / "branch.tape", passing=True, late=True)
    assert isinstance(player.timeline, StreamedTimeline)
    assert player.timeline.opened <= 12 < 3 * LIVES
    with branch.archive.transaction() as tx:
        assert tx.next_n("G1000", "log") == 7
        assert tx.greatest_event() == 2000 + LIVES - 1
        assert tx.is_taken(["G1019"])
        assert not tx.is_taken(["G3"])
    branch.close()


def test_there_is_time_between_messages_to_make_those_that_follow(run: Path) -> None:
    player = play(run, clock=VirtualClock())
    next(alert for alert in player if alert.created > BORN)
    (copy,) = player.queue.copies
    assert len(copy.selection._window) > 30  # type: ignore[attr-defined]


def test_what_is_damaged_further_on_is_told_of_when_it_comes_up(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(run, tmp_path / "damaged.tape"))
    connection = sqlite3.connect(path / "archive.sqlite", isolation_level=None)
    connection.execute(
        "UPDATE records SET json = replace(json, 'remark', 'r3mark') WHERE id IN (SELECT record FROM entries e "
        "JOIN captures c ON c.id = e.capture WHERE c.object = 'G1010' AND e.kind = 'log' AND e.key = '4')"
    )
    connection.close()
    player = play(path, clock=VirtualClock())
    with pytest.raises(ArchiveError, match="G1010@1 is damaged"):
        deque(player, maxlen=0)
    assert player.last is not None
    last = max(alert.created for alert in _whole(run) if alert.object_id == "G1009")
    assert BORN + timedelta(seconds=9 * APART_S) < player.last.created <= last
    player = play(path, clock=VirtualClock())
    for way in ({"to": 1e9}, {"n": 2, "graceid": "G1019"}):
        with pytest.raises(ArchiveError, match="G1010@1 is damaged"):
            player.seek(**way)  # type: ignore[arg-type]
    monkeypatch.setitem(MOVES, "next", lambda player, value: player.seek(1e9))
    press(player, b"n")  # nor does a key end anything
    with pytest.raises(ArchiveError, match="G1010@1 is damaged"):
        deque(player, maxlen=0)  # what somebody was told of before is no end


def test_a_page_that_shows_how_far_it_is_lets_nothing_be_counted(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PlayerMoves(play(run, clock=VirtualClock())).state()["total"] == len(_whole(run))
    monkeypatch.setattr(streamed_selection, "_SOON_COUNTED", 20)
    player = play(run, clock=VirtualClock())
    assert PlayerMoves(player).state()["total"] is None
    assert not player.queue.counted
    deque(player, maxlen=0)
    assert PlayerMoves(player).state()["total"] == len(_whole(run))


@pytest.mark.parametrize("arrived", ["garbage", "2022-06-09T22:18:00"])
def test_a_time_of_arrival_that_is_none_is_told_of(heard: Path, tmp_path: Path, arrived: str) -> None:
    path = Path(shutil.copytree(heard, tmp_path / "damaged.tape"))
    connection = sqlite3.connect(path / "archive.sqlite", isolation_level=None)
    connection.execute("UPDATE alerts SET arrived = ?", (arrived,))
    connection.close()
    with pytest.raises(ArchiveError, match="arrived is no time"):
        play(path, clock=VirtualClock())


def _whole(path: Path) -> list[Alert]:
    with Archive.open(path) as archive:
        return list(alerts_of(timeline_of(archive)))


def test_a_storm_is_told_of_before_it_comes_where_what_comes_is_quickly_counted(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = storm_of(play(run, clock=MaxClock(), laps=3))
    with monkeypatch.context() as patch:
        patch.setattr(streamed_timeline, "HELD", 10**6)
        whole = storm_of(play(run, clock=MaxClock(), laps=3))
    assert told is not None
    assert whole is not None
    assert (told.messages, told.duration_s) == (whole.messages, whole.duration_s)
    assert told.bytes == pytest.approx(whole.bytes, rel=0.1)
    monkeypatch.setattr(streamed_selection, "_SOON_COUNTED", 20)
    assert storm_of(play(run, clock=MaxClock(), laps=3)) is None
