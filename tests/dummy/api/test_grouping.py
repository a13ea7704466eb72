"""Events put into superevents as they come, where that is asked for."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Alert, Archive
from gracetape.dummy import Grouping


@pytest.fixture
def grouping(tape: Archive, announced: list[Alert]) -> Iterator[Any]:
    with dummy.GraceDb(tape, on_alert=announced.append, grouping=Grouping()) as client:
        yield client


def cwb(gps: float, far: float) -> bytes:
    """A trigger of cWB at a GPS time (seconds), with a false alarm rate (Hz)."""
    lines = ["ifo: H1 L1", f"time: {gps} {gps}", "likelihood: 1e2", "#significance based on the last day", f"1 {far}"]
    return "\n".join(lines).encode()


def burst(client: Any, gps: float, far: float, **more: Any) -> dict[str, Any]:
    content = cwb(gps, far)
    made: dict[str, Any] = client.create_event("Test", "CWB", "t.txt", filecontents=content, **more).json()
    return made


def test_events_of_one_time_come_into_one_superevent(grouping: Any, announced: list[Alert]) -> None:
    first, second, other = burst(grouping, 1e9, 1e-6), burst(grouping, 1e9 + 1.5, 1e-5), burst(grouping, 1e9 + 60, 1e-5)
    assert first["superevent"] == second["superevent"] != other["superevent"]
    record = grouping.superevent(first["superevent"]).json()
    assert record["preferred_event"] == first["graceid"]
    assert (record["t_start"], record["t_0"], record["t_end"]) == (1e9 - 1, 1e9, 1e9 + 2.5)
    told = [alert.alert_type for alert in announced]
    assert told == [
        "new", "new", "selected_as_preferred",
        "new", "event_added", "added_to_superevent", "update",
        "new", "new", "selected_as_preferred",
    ]  # fmt: skip


def test_the_better_event_becomes_the_preferred_one(grouping: Any) -> None:
    sid = burst(grouping, 971609248.0, 1e-5)["superevent"]
    better = burst(grouping, 971609248.25, 1e-7)
    assert grouping.superevent(sid).json()["preferred_event"] == better["graceid"]
    name, content = sample("cbc-lm.xml")
    coinc = grouping.create_event(
        "Test", "gstlal", name, filecontents=content
    ).json()  # of group Test: no rank of its own
    assert coinc["superevent"] == sid
    assert grouping.superevent(sid).json()["preferred_event"] == better["graceid"]


def test_replays_and_offline_events_stay_apart(grouping: Any) -> None:
    first, second = burst(grouping, 1e9, 1e-6), burst(grouping, 1e9, 1e-6, replay_id="again")
    assert first["superevent"] != second["superevent"]
    assert burst(grouping, 1e9, 1e-6, replay_id="again")["superevent"] == second["superevent"]
    assert burst(grouping, 1e9, 1e-6, offline=True)["superevent"] is None


@pytest.fixture
def offline_too(tape: Archive) -> Iterator[Any]:
    with dummy.GraceDb(tape, grouping=Grouping(offline=True)) as client:
        yield client


def test_offline_events_come_into_superevents_where_that_is_asked_for(offline_too: Any) -> None:
    alone = burst(offline_too, 1e9, 1e-6, offline=True)
    assert offline_too.superevent(alone["superevent"]).json()["preferred_event"] == alone["graceid"]
    online = burst(offline_too, 1e9, 1e-5)
    better = burst(offline_too, 1e9, 1e-9, offline=True)
    assert {online["superevent"], better["superevent"]} == {alone["superevent"]}
    record = offline_too.superevent(alone["superevent"]).json()
    assert record["preferred_event"] == online["graceid"]  # however good an offline one is
    assert set(record["gw_events"]) == {alone["graceid"], online["graceid"], better["graceid"]}


@pytest.mark.parametrize(("apart", "together"), [(599.0, True), (601.0, False)])
def test_windows_may_be_as_wide_as_one_likes(tape: Archive, apart: float, together: bool) -> None:
    with dummy.GraceDb(tape, grouping=Grouping(300.0, 300.0)) as client:
        first, second = burst(client, 1e9, 1e-6), burst(client, 1e9 + apart, 1e-6)
    assert (first["superevent"] == second["superevent"]) is together


def test_a_superevent_that_grew_far_from_its_time_is_found_by_its_end(grouping: Any) -> None:
    events = [burst(grouping, 1e9 + second, 1e-6) for second in range(0, 151, 2)]
    assert len({event["superevent"] for event in events}) == 1
