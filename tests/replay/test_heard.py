"""What was heard plays as it was heard, with no server: from an archive of objects that were never captured, and from files."""

import json
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Alert, Archive
from gracetape.archive.packing import convert
from gracetape.errors import GracetapeError
from gracetape.replay import VirtualClock
from tests import commands

FIXTURE = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of messages as a replay writes it."""
    path = tmp_path_factory.mktemp("heard") / "night.jsonl"
    target = replay.open_target(str(path))
    with Archive.open(FIXTURE) as tape:
        replay.play(tape, clock=VirtualClock()).play([target])
    target.close()
    return path


@pytest.fixture(scope="module")
def tape(messages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a recorder that captured nothing."""
    path = tmp_path_factory.mktemp("heard") / "night.tape"
    nodes = ",".join(sorted({json.loads(line)["node"] for line in messages.read_text().splitlines()}))
    done = commands.run(
        ["capture", "listen", str(messages), "-n", nodes, "-a", str(path), "-q", "--count", count(messages)],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return path


def count(messages: Path) -> str:
    return str(len(messages.read_text().splitlines()))


def sent(alerts: list[Alert]) -> list[tuple[str, Any]]:
    """(node, message), as they go out."""
    return sorted(
        ((node, json.dumps(alert.payload(), sort_keys=True)) for alert in alerts for node in alert.nodes), key=str
    )


def original(messages: Path) -> list[tuple[str, Any]]:
    lines = [json.loads(line) for line in messages.read_text().splitlines()]
    return sorted(((line["node"], json.dumps(line["payload"], sort_keys=True)) for line in lines), key=str)


@pytest.mark.parametrize("source", ["messages", "tape"])
def test_all_that_was_heard_is_played_as_it_was_heard(source: str, messages: Path, tape: Path) -> None:
    alerts = list(replay.play(messages if source == "messages" else tape, clock=VirtualClock()))
    assert sent(alerts) == original(messages)
    assert {alert.certainty for alert in alerts} == {"recorded"}
    assert [alert.created for alert in alerts] == sorted(alert.created for alert in alerts)


def test_payloads_alone_are_played_in_their_order(messages: Path, tmp_path: Path) -> None:
    lines = [
        json.loads(line)["payload"]
        for line in messages.read_text().splitlines()
        if '"superevent"' in line or '"T1"' in line
    ]
    bare = tmp_path / "others.jsonl"
    bare.write_text("".join(json.dumps(payload) + "\n" for payload in lines))
    alerts = list(replay.play(bare, clock=VirtualClock()))
    assert [alert.payload() for alert in alerts] == lines


@pytest.mark.parametrize("which", ["messages", "tape"])
def test_objects_and_cutoffs_are_chosen(which: str, messages: Path, tape: Path) -> None:
    source = messages if which == "messages" else tape
    alerts = list(replay.play(source, "T1:5", clock=VirtualClock()))
    assert {alert.object_id for alert in alerts} == {"T1"}
    assert max(alert.n for alert in alerts if alert.n is not None) == 5
    later = list(replay.play(source, "T1", start=6, clock=VirtualClock()))
    assert min(alert.n for alert in later if alert.n is not None) >= 6
    with pytest.raises(GracetapeError, match="T404"):
        replay.play(source, "T404", clock=VirtualClock())


def test_copies_under_other_ids(messages: Path) -> None:
    alerts = list(replay.play(messages, copies=2, names=["T{n}"], clock=VirtualClock()))
    once = list(replay.play(messages, clock=VirtualClock()))
    assert len(alerts) == 2 * len(once)


def test_heard_and_captured_objects_come_together(tape: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.tape"
    with Archive.open(FIXTURE) as source:
        convert(source, both, packed=False)
    payload = {"uid": "T77", "alert_type": "log", "data": {"N": 1, "comment": "a word"}, "object": {"graceid": "T77"}}
    line = {"time": "2026-03-01T12:00:06Z", "node": "test_gstlal", "payload": payload}
    (tmp_path / "one.jsonl").write_text(json.dumps(line) + "\n")
    commands.run(
        ["capture", "listen", str(tmp_path / "one.jsonl"), "-n", "test_gstlal", "-a", str(both), "-q", "--count", "1"],
        capture_output=True,
    )
    names = [alert.graceid for alert in replay.play(both, clock=VirtualClock())]
    assert "T77" in names
    assert "T1" in names


def test_archives_tell_of_what_was_only_heard(tape: Path) -> None:
    shown = commands.run(["gracetape", "archive", "ls", str(tape)], capture_output=True)
    assert "T1: " in shown.stdout
    assert "never captured" in shown.stdout
    about = json.loads(
        commands.run(["gracetape", "archive", "show", "T1", str(tape), "--json"], capture_output=True).stdout
    )
    assert about["origin"] == "heard"
    assert about["recorded_alerts"] > 5


@pytest.mark.parametrize("text", ["#!/bin/sh\n", "{}\n", '{"a": 1}\n'])
def test_what_is_no_file_of_messages_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(text)
    done = commands.run(["replay", str(tmp_path / "other.txt"), "--max"], capture_output=True)
    assert done.returncode == 1
    assert "other.txt" in done.stderr


@pytest.mark.parametrize("strange", [5, [], {}, [5]])
def test_records_of_strangers_may_hold_anything(strange: object, tmp_path: Path) -> None:
    record = {"pipeline": strange, "group": strange, "search": strange, "category": strange, "superevent_id": ""}
    path = tmp_path / "odd.jsonl"
    payloads: list[dict[str, Any]] = [
        {"uid": uid, "alert_type": "new", "object": record} for uid in ("G1", "S220609hl")
    ]
    lines = [{"time": "2022-06-09T22:18:16Z", "payload": payload} for payload in payloads]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert len(list(replay.play(str(path), clock=VirtualClock()))) == 2


def test_a_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text('{"uid": "G1", "alert_type": "new", "data": {"created": "2022-06-09 22:18:16 UTC"}}\n' + "x" * 999)
    monkeypatch.setattr("gracetape.archive.alerts.message_file.LONGEST_LINE", 500)
    with pytest.raises(GracetapeError, match="line 2 is longer than any message"):
        replay.play(str(path), clock=VirtualClock())


OLD = {
    "uid": "T1", "alert_type": "update", "description": "LOG: seen", "file": "", "labels": [],
    "object": {"N": 1, "comment": "seen", "created": "2016-06-09 22:18:16 UTC"},
}  # fmt: skip
NEW = {"uid": "T2", "alert_type": "log", "data": {"N": 1, "created": "2016-06-09 22:18:17 UTC"}, "object": {}}


def test_messages_of_another_form_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text(f"{json.dumps({'node': 'test_gstlal', 'payload': OLD})}\n" * 2)
    done = commands.run(["replay", str(path), "--max"], capture_output=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gracetape: 2 messages are of another form: --format legacy plays them\n"
    path.write_text(path.read_text() + json.dumps({"node": "test_gstlal", "payload": NEW}) + "\n")
    done = commands.run(["replay", str(path), "--max"], capture_output=True)
    assert [json.loads(line)["graceid"] for line in done.stdout.splitlines()] == ["T2"]
    assert "2 messages are of another form: --format legacy plays them" in done.stderr
    player = replay.play(path, format="legacy", clock=VirtualClock())
    assert (len(list(player)), player.left_out) == (3, [])  # what is modern can be told in the old form


def test_a_line_without_a_time_has_that_of_what_it_tells(tmp_path: Path) -> None:
    path = tmp_path / "timeless.jsonl"
    path.write_text("".join(json.dumps({"node": "test_gstlal", "payload": NEW}) + "\n" for _ in range(2)))
    first, last = (alert.created for alert in replay.play(path, clock=VirtualClock()))
    assert first.isoformat() == "2016-06-09T22:18:17+00:00"
    assert (last - first).total_seconds() == 1e-6  # lines come in the order of sending


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (b"[1,2]\n", "line 1 is no alert message: it is not a JSON object"),
        (b"\n\xff\xfe\x00\n", "line 2 is no alert message: it is not UTF-8 text"),
        (b"", "is empty: there is no message in it"),
        (b"\n \n", "is empty: there is no message in it"),
        (b"[" * 5000, "line 1 is not JSON"),
        (b'{"a": 1}', "line 1 is no alert message: it has no uid and alert_type"),
    ],
)
@pytest.mark.parametrize("name", ["night.jsonl", "night.txt"])
def test_what_holds_no_message_is_told_of_as_a_file_of_messages(
    name: str, contents: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(GracetapeError, match=sentence):
        replay.play(tmp_path / name)


def test_an_archive_is_no_file_of_messages(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    for read_only in (True, False):
        with pytest.raises(GracetapeError, match="but a file of messages: gracetape replay plays it"):
            Archive.open(tmp_path / "empty.jsonl", read_only=read_only)
    assert not (tmp_path / "empty.jsonl").stat().st_size


def test_messages_without_a_time_play_in_the_order_of_the_file_and_that_is_told(tmp_path: Path) -> None:
    """Lines of others may be a node or topic and a payload alone; the payload's own time counts where it has one."""
    timed = {"uid": "S220609a", "alert_type": "log", "data": {"created": "2022-06-09 22:18:16 UTC"}}
    bare = [{"uid": name, "alert_type": "label_added", "data": {"name": "DQV"}} for name in ("S220609c", "S220609b")]
    records = [{"node": "superevent", "payload": bare[0]}, {"topic": "superevent", "payload": timed},
               {"topic": "superevent", "payload": bare[1]}]  # fmt: skip
    path = tmp_path / "others.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    done = commands.run(["replay", str(path), "--max"], capture_output=True)
    assert [json.loads(line)["payload"]["uid"] for line in done.stdout.splitlines()] == [
        "S220609c",
        "S220609a",
        "S220609b",
    ]
    assert "nothing tells when 2 of 3 messages came" in done.stderr
    assert commands.run(["replay", str(path), "--max", "--quiet"], capture_output=True).stderr == ""
    path.write_text("".join(f"{json.dumps({'node': 'superevent', 'payload': one})}\n" for one in bare))
    alerts = list(replay.play(str(path), clock=VirtualClock()))
    assert [alert.object_id for alert in alerts] == ["S220609c", "S220609b"]
