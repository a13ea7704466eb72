"""All times of a message move together; names of files do not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st

from gracetape.archive import Alert
from gracetape.replay import MaxClock, Retiming, play
from gracetape.times import gps_of, parse_time
from tests.replay.conftest import BORN, S, make_alerts_at

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
NOW = datetime(2026, 11, 25, 3, 0, 0, 250000, tzinfo=UTC)
TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def _leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in _leaves(item, name)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item, key)]
    return [(key, value)]


def test_every_time_of_a_life_moves_by_the_same_amount() -> None:
    recorded = list(play(SHORT, clock=MaxClock()))
    moved = list(play(SHORT, clock=MaxClock(), retime=NOW))
    shift = moved[0].created - recorded[0].created
    assert moved[0].created == NOW.replace(microsecond=0)
    gps_s = gps_of(NOW.replace(microsecond=0)) - gps_of(recorded[0].created)
    counts = {"utc": 0, "gps": 0}
    for before, after in zip(recorded, moved, strict=True):
        assert after.created - before.created == shift
        for (key, old), (_, new) in zip(_leaves(before.payload()), _leaves(after.payload()), strict=True):
            if key in ("gpstime", "t_0", "t_start", "t_end", "end_time") and old is not None:
                assert abs(new - old - gps_s) < 1e-6
                counts["gps"] += 1
            elif key == "created":
                assert parse_time(new) - parse_time(old) == shift
                counts["utc"] += 1
            elif key in ("filename", "file", "self"):
                assert new == old
    assert min(counts.values()) > 100


def test_the_time_of_sending_moves_with_the_others_in_whatever_form_it_was_heard() -> None:
    sent = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    rebuilt = Alert(sent, "G1", "G1", "log", {}, {}, 1, (), "", "event", dispatched=sent)
    moved = Retiming(utc_s=10, gps_s=10).alert(rebuilt)
    assert (moved.payload() or {})["dispatched"] == "2026-11-25 03:00:10 UTC"
    for before, after in (
        ("2026-11-25 03:00:00 UTC", "2026-11-25 03:00:10 UTC"),
        ("2026-11-25T03:00:00.123456+00:00", "2026-11-25T03:00:10.123456+00:00"),
        ("2026-11-25 03:00:00.123456+00:00", "2026-11-25 03:00:10.123456+00:00"),
        ("2026-11-25 03:00:00+00:00", "2026-11-25 03:00:10+00:00"),
    ):
        heard = Alert(
            sent, "G1", "G1", "log", {}, {}, 1, (), "", "event",
            heard={"uid": "G1", "alert_type": "log", "data": {}, "object": {}, "dispatched": before},
        )  # fmt: skip
        moved = Retiming(utc_s=10, gps_s=10).alert(heard)
        assert (moved.payload() or {})["dispatched"] == after


def test_times_in_texts_move_if_they_are_near_the_event_and_never_within_a_name() -> None:
    alert = Alert(
        BORN, "G1", "G1", "log", {"comment": "t_0: 1338848303.5 -> 1338848304 at 2022-06-09 22:18:16 UTC and 2022-06-09T22:18:16.5Z; "
        "1338848303-4.png H1_1338848303.gwf 1111111111 13388483031", "filename": "x-1338848303.png"},
        {"graceid": "G1", "gpstime": 1338848303.5, "far": 1338848303.0, "links": {"self": "https://x/1338848303"}}, 1, (), "", "event",
    )  # fmt: skip
    moved = Retiming(utc_s=10, gps_s=11).alert(alert)
    assert moved.data["comment"] == (
        "t_0: 1338848314.5 -> 1338848315 at 2022-06-09 22:18:26 UTC and 2022-06-09T22:18:26.5Z; "
        "1338848303-4.png H1_1338848303.gwf 1111111111 13388483031"
    )
    assert moved.data["filename"] == "x-1338848303.png"
    assert moved.object == alert.object | {"gpstime": 1338848314.5}


@given(st.integers(0, 12 * 365 * 86400), st.integers(0, 12 * 365 * 86400))
def test_gps_and_utc_agree_after_the_move_whatever_leap_seconds_lie_between(before_s: int, after_s: int) -> None:
    then, now = (datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=s) for s in (before_s, after_s))
    retiming = Retiming.between(then, now)
    assert then + timedelta(seconds=retiming.utc_s) == now
    assert gps_of(then) + retiming.gps_s == gps_of(now)


def test_copies_and_laps_happen_when_they_are_played(tape: Path) -> None:
    player = play(tape, S, clock=MaxClock(), names=["T{n}"], copies=2, every_s=100, laps=2, gap_s=10, retime=NOW)
    second = NOW.replace(microsecond=0)
    for alert in player:
        assert abs((alert.created - second).total_seconds() - player.last_dt) <= 1


def test_an_alert_without_times_is_only_moved() -> None:
    (alert,) = make_alerts_at(0)
    moved = Retiming(5, 5).alert(alert)
    assert moved.created == BORN + timedelta(seconds=5)
    assert moved.payload() == alert.payload()
