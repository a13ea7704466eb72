"""Messages of today say when they were sent: in the form of the server's other times, those of earlier years not at all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gracetape import dummy, replay
from gracetape.archive import Alert, Archive
from gracetape.archive.alerts.formats import DISPATCHED_SINCE, FORMATS

NOW = datetime(2026, 11, 25, 3, 0, 0, 250000, tzinfo=UTC)


def lived(tape: Archive, now: datetime) -> list[Alert]:
    """What is announced of an event and a word about it, written at a time."""
    announced: list[Alert] = []
    with dummy.GraceDb(tape, now=lambda: now, on_alert=announced.append) as client:
        made = client.create_event("Test", "CWB", "t.txt", filecontents=b"time: 1e9\n").json()
        client.write_log(made["graceid"], "a word")
    return announced


@pytest.fixture
def tape(tmp_path: Path) -> Archive:
    return Archive.create(tmp_path / "a.tape")


def test_a_message_of_today_says_when_it_was_sent(tape: Archive) -> None:
    announced = lived(tape, NOW)
    for alert in announced:
        assert list(alert.payload() or ()) == ["uid", "alert_type", "data", "object", "dispatched"]
        # What dqralert does with it, with dateutil: an aware time, taken from its own.
        sent = datetime.strptime((alert.payload() or {})["dispatched"], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)
        assert 0 <= (NOW - sent).total_seconds() < 1
        assert not any("dispatched" in (alert.payload(form) or {}) for form in FORMATS[1:])


def test_a_replay_says_what_the_server_said(tape: Archive) -> None:
    announced = lived(tape, NOW)
    replayed = list(replay.play(tape, clock=replay.MaxClock()))
    assert [alert.payload() for alert in replayed] == [alert.payload() for alert in announced]
    later = list(replay.play(tape, clock=replay.MaxClock(), retime=datetime(2027, 1, 1, tzinfo=UTC)))
    assert {(alert.payload() or {})["dispatched"] for alert in later} == {"2027-01-01 00:00:00 UTC"}


def test_messages_of_earlier_years_do_not_say_it_whenever_they_are_replayed(tape: Archive) -> None:
    announced = lived(tape, datetime(DISPATCHED_SINCE.year - 1, 12, 31, tzinfo=UTC))
    later = list(replay.play(tape, clock=replay.MaxClock(), retime=NOW))
    assert announced
    assert not any("dispatched" in (alert.payload() or {}) for alert in (*announced, *later))
