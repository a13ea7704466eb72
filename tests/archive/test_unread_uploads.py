"""A file that the server could not read makes an event that nobody is told of: live, and when a capture is replayed."""

from pathlib import Path
from typing import Any

import pytest

from demo.lives import sample
from gracetape import capture, dummy, replay
from gracetape.archive import Alert, Archive

BROKEN = [("gstlal", b"not xml"), ("CWB", b"start: 1.x\n"), ("oLIB", b"{}"), ("Fermi", b"<a/>")]
SAID = "Could not read data (it is too long)"


@pytest.fixture
def live(tmp_path: Path) -> Any:
    """A client of an empty dummy, what it announces, and a tape for what is captured of it."""
    announced: list[Alert] = []
    with dummy.GraceDb(Archive.create(tmp_path / "written.tape"), on_alert=announced.append) as client:
        yield client, announced, tmp_path / "captured.tape"


def replayed(client: Any, graceid: str, tape: Path) -> list[Alert]:
    with Archive.create(tape) as captured:
        capture.capture([graceid], captured, client)
    return list(replay.play(tape, clock=replay.VirtualClock()))


def told(alerts: list[Alert]) -> list[tuple[str, int | None]]:
    return [(alert.alert_type, alert.n) for alert in alerts]


@pytest.mark.parametrize(("pipeline", "contents"), BROKEN)
def test_only_what_comes_after_the_upload_is_announced(live: Any, pipeline: str, contents: bytes) -> None:
    client, announced, tape = live
    made = client.create_event("Test", pipeline, "upload.file", filecontents=contents, labels=["INJ"]).json()
    assert "Problem scanning data. No alert issued" in made["warnings"][0]
    client.write_log(made["graceid"], "what was that?")
    alerts = replayed(client, made["graceid"], tape)
    assert told(alerts) == told(announced)
    assert [alert.alert_type for alert in alerts] == ["log"]
    assert alerts[0].payload() == announced[0].payload()


def test_a_file_that_replaces_it_is_announced(live: Any) -> None:
    client, announced, tape = live
    name, contents = sample("cbc-lm.xml")
    graceid = client.create_event("Test", "gstlal", name, filecontents=b"not xml").json()["graceid"]
    client.write_log(graceid, "what was that?")
    client.replace_event(graceid, name, filecontents=contents)
    alerts = replayed(client, graceid, tape)
    assert told(alerts) == told(announced) == [("log", 3), ("update", 4)]
    assert [alert.payload() for alert in alerts] == [alert.payload() for alert in announced]


def test_an_event_of_a_pipeline_without_a_format_is_announced(live: Any) -> None:
    client, announced, tape = live
    graceid = client.create_event("Test", "Omega", "upload.file", filecontents=b"anything").json()["graceid"]
    assert told(replayed(client, graceid, tape)) == told(announced) == [("new", 1)]


def test_the_words_alone_hush_nothing(live: Any) -> None:
    client, announced, tape = live
    name, contents = sample("burst-cwb.txt")
    graceid = client.create_event("Test", "CWB", name, filecontents=contents).json()["graceid"]
    client.write_log(graceid, SAID)
    client.write_log(graceid, SAID)
    assert told(replayed(client, graceid, tape)) == told(announced) == [("new", 1), ("log", 2), ("log", 3)]


def test_without_the_file_the_server_s_remark_tells(live: Any) -> None:
    client, _, tape = live
    graceid = client.create_event("Test", "gstlal", "upload.file", filecontents=b"not xml").json()["graceid"]
    with Archive.create(tape) as captured:
        capture.capture([graceid], captured, client, files=False)
    assert list(replay.play(tape, clock=replay.VirtualClock())) == []
