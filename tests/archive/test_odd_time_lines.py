"""Logs that do not fit one another: a superevent that an event knows nothing of, acts in contradictory orders, everything at once."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Alert, Archive, Position, Recorded, Timeline, add_recorded, alerts_of, timeline_of
from gracetape.archive.history.streamed import StreamedTimeline

SERVICE = "https://gracedb.invalid/api/"
BORN = datetime(2016, 12, 31, 23, 59, 40, tzinfo=UTC)
Log = list[tuple[float, str]]


def _created(seconds: float) -> str:
    return (BORN + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")


def _put(archive: Archive, logs: dict[str, Log], members: dict[str, list[str]], times: int = 1) -> None:
    """Capture objects: superevents by their members, events of none; each begins with its first entry, or at the beginning."""
    with archive.transaction() as tx:
        for graceid, log in [item for item in logs.items() for _ in range(times)]:
            record: dict[str, Any] = {"created": _created(log[0][0] if log else 0), "labels": [], "far": 1e-9}
            if graceid.startswith("S"):
                events = members.get(graceid, [])
                record |= {
                    "superevent_id": graceid, "gw_events": events, "preferred_event": events[0] if events else None, "category": "MDC",
                }  # fmt: skip
            else:
                record |= {"graceid": graceid, "group": "CBC", "pipeline": "gstlal", "search": "AllSky"}
            capture = tx.begin(graceid, SERVICE, "capture")
            tx.put(capture, "object", "", record)
            for n, (seconds, comment) in enumerate(log, start=1):
                entry = {"N": n, "comment": comment, "created": _created(seconds), "tag_names": [], "filename": ""}
                tx.put(capture, "log", n, entry)
            tx.finish(capture)


def _made(preferred: str, *events: str) -> str:
    times = "t_start=1.0, t_0=2.0, t_end=3.0"
    return f"Superevent created with {times}, preferred_event={preferred}, events={', '.join(events)}"


def _plain(timeline: Timeline) -> list[Alert]:
    return [replace(alert, position=None, since=None) for alert in alerts_of(timeline)]


def test_an_event_that_knows_nothing_of_its_superevent_is_told_of_once(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive:
        logs: dict[str, Log] = {"G1": [(0, "a remark")], "S170101a": [(5, _made("G1", "G1"))], "G2": [(7, "another")]}
        _put(archive, logs, {"S170101a": ["G1"]})
        streamed = StreamedTimeline(archive)
        assert set(Counter(step.entries for _, step in streamed.walk()).values()) == {1}
        assert _plain(streamed) == _plain(timeline_of(archive))


def test_contradictory_logs_disturb_no_other_objects_and_keep_their_own_order(tmp_path: Path) -> None:
    logs: dict[str, Log] = {
        "G1": [(0, "one"), (9, "Removed from superevent: S170101a"), (9, "Added to superevent: S170101a")],
        "S170101a": [(5, _made("G3", "G3")), (9, "Added event: G1"), (9, "Removed event: G1")],
        "G2": [(20, "later"), (3, "written down after it")],
        "G3": [(0, "one"), (5, "Set as preferred event for superevent: S170101a")],
    }
    with Archive.create(tmp_path / "a.tape") as archive:
        _put(archive, logs, {"S170101a": ["G3"]})
        whole = timeline_of(archive)
        assert [step for _, step in StreamedTimeline(archive).walk()] == whole.steps
    for graceid in logs:
        mine = [i for step in whole.steps for name, i in step.entries if name == graceid]
        assert mine == sorted(mine)
    assert [step.entries for step in whole.steps if len(step.entries) > 1] == [(("S170101a", 1), ("G3", 3))]


def _random(archive: Archive, dice: random.Random) -> None:
    """Objects whose entries come at few different times, with acts that others know of, or not, or otherwise."""
    superevents, events = [f"S170101{letter}" for letter in "abc"], [f"G{number}" for number in range(100, 108)]
    at: dict[str, float] = {graceid: dice.choice([0, 0, 5, 60]) for graceid in (*superevents, *events)}
    logs: dict[str, Log] = {graceid: [] for graceid in at}
    members: dict[str, list[str]] = {}
    for number, superevent in enumerate(superevents):
        preferred, second, *_ = members[superevent] = events[2 * number : 2 * number + 3]
        logs[superevent] = [
            (at[superevent], _made(preferred, preferred)),
            (at[superevent] + 3, f"Added event: {second}"),
        ]
        for event, act in ((preferred, "Set as preferred event for"), (preferred, "Added to"), (second, "Added to")):
            if dice.random() < 0.8:
                logs[event].append((at[superevent] + dice.choice([0, 3, 3, 40]), f"{act} superevent: {superevent}"))
    for graceid, log in logs.items():
        for _ in range(dice.randrange(4)):
            label = "Added label: DQV" if graceid in superevents else "Label: DQV"
            seconds = at[graceid] + dice.choice([0, 0, 5, -3, 86400 * 30])
            log.insert(dice.randrange(len(log) + 1), (seconds, dice.choice(["a remark", label])))
    _put(archive, logs, members, times=dice.choice([1, 1, 2]))
    heard: dict[str, list[Recorded]] = {}
    for alert in alerts_of(timeline_of(archive)) if dice.random() < 0.5 else ():
        if dice.random() < 0.3:
            came = alert.created + timedelta(seconds=dice.choice([0, 1, -5, 4000, -86400]))
            heard.setdefault(alert.object_id, []).append(Recorded(came, f"x.{alert.nodes[0]}", alert.payload() or {}))
    with archive.transaction() as tx:
        add_recorded(tx, heard)


@pytest.mark.parametrize("seed", range(12))
def test_a_time_line_that_is_made_as_it_is_walked_along_is_that_which_holds_all(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    with Archive.create(tmp_path / "a.tape") as archive:
        _random(archive, dice)
        whole, streamed = timeline_of(archive), StreamedTimeline(archive)
        walked = list(streamed.walk())
        assert [step for _, step in walked] == whole.steps
        assert _plain(streamed) == _plain(whole)
        moments = [position for position, _ in walked]
        assert moments == sorted(set(moments))
        for _ in range(4):
            begin, end = dice.randrange(len(walked)), dice.randrange(len(walked))
            assert list(StreamedTimeline(archive).walk(moments[begin], moments[end])) == walked[begin + 1 : end + 1]
            moment = whole.steps[begin].created + timedelta(seconds=dice.choice([-0.5, 0.0]))
            there = whole.at_time(moment).index
            assert streamed.at_time(moment) == (moments[there - 1] if there else Position(0))
