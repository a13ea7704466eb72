"""An event that was replaced is shown, in what came before, as its first file made it."""

from pathlib import Path

import pytest

from demo.lives import sample
from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive, history_of


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A capture of an event that was replaced by another file, inside a superevent."""
    with dummy.GraceDb(Archive.create(tmp_path / "written.tape")) as client:
        (name, first), (_, second) = sample("cbc-lm.xml"), sample("cbc-lm2.xml")
        graceid = client.create_event("Test", "gstlal", name, filecontents=first).json()["graceid"]
        superevent = client.create_superevent(1.0, 2.0, 3.0, graceid, category="test").json()["superevent_id"]
        client.replace_event(graceid, name, filecontents=second)
        with Archive.create(tmp_path / "captured.tape") as captured:
            capture.capture([superevent], captured, client)
    return tmp_path / "captured.tape"


def announced(tape: Path, graceid: str) -> dict[str, Alert]:
    alerts = replay.play(tape, clock=replay.VirtualClock())
    return {alert.alert_type: alert for alert in alerts if alert.graceid == graceid}


def test_what_came_before_shows_the_first_file(tape: Path) -> None:
    alerts = announced(tape, "T1")
    first, last = alerts["new"], alerts["update"]
    assert first.object["gpstime"] != last.object["gpstime"]
    assert first.object["extra_attributes"] != last.object["extra_attributes"]
    assert (first.certainty, last.certainty) == ("inferred", "exact")
    assert "read from it again" in first.reason


def test_its_superevent_shows_that_too(tape: Path) -> None:
    (superevent,) = [
        alert for alert in replay.play(tape, clock=replay.VirtualClock()) if alert.category == "superevent"
    ]
    assert superevent.object["far"] == superevent.object["preferred_event_data"]["far"]
    assert superevent.object["far"] == announced(tape, "T1")["new"].object["far"]


def test_without_the_first_file_that_is_said_to_be_guessed(tape: Path) -> None:
    with Archive.open(tape, read_only=False) as archive, archive.transaction() as tx:
        capture = archive.capture("T1")
        tx.add_file(capture, "cbc-lm.xml", None, 0, absent="too large")
    first = announced(tape, "T1")["new"]
    assert first.certainty == "guessed"
    assert "does not tell: gpstime, instruments" in first.reason


def test_files_made_of_a_replacement_come_with_it_also_where_the_log_says_0(tape: Path) -> None:
    """The public source of the server writes 0 for each version of event.log that it makes."""
    with Archive.open(tape, read_only=False) as archive:
        with archive.transaction() as tx:
            capture = archive.capture("T1")
            for log in archive.view("T1").records("log"):
                if log["filename"] == "event.log":
                    tx.put(capture, "log", log["N"], log | {"file_version": 0})
        history = history_of(archive, "T1")
        (replaced,) = [entry.n for entry in history.entries if entry.act.name == "replaced"]
        assert replaced is not None
        seen = [
            [f.version for f in history.as_of(n=n).files() if f.name == "event.log"]
            for n in (2, replaced, replaced + 1)
        ]
        assert seen == [[0], [0], [0, 1]]
