"""Messages that were heard live are kept beside the logs, replayed as they were heard, and compared with rebuilt ones."""

import importlib
import json
import shutil
import sqlite3
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gracetape import replay
from gracetape.archive import Archive, Recorded, add_recorded, recorded_of
from gracetape.archive.packing import collect, convert
from gracetape.archive.verify import verify
from gracetape.replay.check import check

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
SUPEREVENT = "TS101020a"
BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATENESS = timedelta(microseconds=350123)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return Path(shutil.copy(SHORT, tmp_path / "short.tape"))


def lines(tape: Path, graceid: str = SUPEREVENT, format: str = "modern") -> list[dict[str, Any]]:
    """What a listener would have written down while the object was replayed, each message a moment late."""
    player = replay.play(tape, graceid, clock=replay.VirtualClock(), format=format)
    found = [message.line for alert in player for message in player.messages(alert)]
    for line in found:
        line["time"] = (datetime.fromisoformat(line["time"]) + LATENESS).isoformat()
    return found


def write(path: Path, found: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def gracetape(*words: object) -> subprocess.CompletedProcess[str]:
    """A command, in this process: what it printed and how it ended."""
    room, *rest = map(str, words)
    said, complained, code = StringIO(), StringIO(), 0
    with redirect_stdout(said), redirect_stderr(complained):
        try:
            importlib.import_module(f"gracetape.{room}.cli").main(rest)
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(rest, code, said.getvalue(), complained.getvalue())


def kept(tape: Path, graceid: str = SUPEREVENT) -> list[Recorded]:
    with Archive.open(tape) as archive:
        return recorded_of(archive, graceid)


def keep(tape: Path, found: list[dict[str, Any]], graceid: str = SUPEREVENT) -> None:
    with Archive.open(tape, read_only=False) as archive, archive.transaction() as tx:
        heard = [Recorded(datetime.fromisoformat(li["time"]), li["node"], li["payload"]) for li in found]
        add_recorded(tx, {graceid: heard})


def test_a_file_of_messages_is_kept_once(tape: Path, tmp_path: Path) -> None:
    found = lines(tape)
    file = write(tmp_path / "heard.jsonl", found)
    first = gracetape("archive", "add-alerts", SUPEREVENT, file, "-a", tape, "--json")
    assert json.loads(first.stdout) == {"id": SUPEREVENT, "added": len(found), "known": 0, "others": 0}
    again = gracetape("archive", "add-alerts", SUPEREVENT, file, "-a", tape)
    assert again.stdout == f"{SUPEREVENT}: 0 messages added, {len(found)} known already\n"
    assert [message.payload for message in kept(tape)] == [line["payload"] for line in found]
    shown = json.loads(gracetape("archive", "show", SUPEREVENT, "-a", tape, "--json").stdout)
    assert shown["recorded_alerts"] == len(found)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "line 28 is not JSON: it ends too early"),
        ("[1]", "line 28 is no alert message: it is not a JSON object"),
        ('{"payload": {"uid": 7}}', "line 28 is no alert message: it has no uid and alert_type"),
        ('{"payload": {"uid": "TS101020a", "alert_type": "log"}}', "line 28 has no time of arrival"),
        ('{"time": "noon", "payload": {"uid": "TS101020a", "alert_type": "log"}}', "line 28: 'noon' is not a time"),
        ('{"time": "2026-03-01T12:00:00Z", "payload": {"uid": "T1", "alert_type": "log"}}', "line 28 is about T1"),
    ],
)
def test_a_line_that_cannot_be_kept_is_named_and_nothing_is_kept(
    tape: Path, tmp_path: Path, line: str, sentence: str
) -> None:
    file = write(tmp_path / "heard.jsonl", lines(tape))
    with file.open("a") as stream:
        stream.write(line + "\n")
    done = gracetape("archive", "add-alerts", SUPEREVENT, file, "-a", tape)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert sentence in done.stderr
    assert kept(tape) == []


def test_an_unknown_object_and_a_file_that_is_not_there_are_told(tape: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "heard.jsonl", lines(tape))
    assert "holds no G99999" in gracetape("archive", "add-alerts", "G99999", file, "-a", tape).stderr
    missing = gracetape("archive", "add-alerts", SUPEREVENT, tmp_path / "none.jsonl", "-a", tape)
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    other = gracetape("archive", "add-alerts", "T1", file, "-a", tape, "--skip-others")
    assert other.stdout.startswith("T1: 0 messages added")


def test_a_payload_alone_goes_to_the_nodes_and_the_time_that_it_tells(tape: Path, tmp_path: Path) -> None:
    new = next(line for line in lines(tape, "T1") if line["payload"]["alert_type"] == "new")["payload"]
    file = write(tmp_path / "heard.jsonl", [new])
    assert gracetape("archive", "add-alerts", "T1", file, "-a", tape).returncode == 0
    assert {m.node for m in kept(tape, "T1")} == {"test_gstlal", "test_gstlal_allsky"}
    assert {m.arrived.isoformat() for m in kept(tape, "T1")} == {"2026-03-01T12:00:00+00:00"}


def test_a_replay_sends_what_was_heard_when_it_was_heard(tape: Path) -> None:
    rebuilt, heard = lines(tape), lines(tape)
    heard[3]["payload"]["object"]["far"] = 0.5
    del heard[5]
    keep(tape, heard)
    alerts = list(replay.play(tape, SUPEREVENT, clock=replay.VirtualClock()))
    assert len(alerts) == len(rebuilt)
    assert [a.certainty for a in alerts].count("recorded") == len(rebuilt) - 1
    assert alerts[5].certainty != "recorded"
    assert alerts[5].payload() == rebuilt[5]["payload"]
    assert alerts[3].payload()["object"]["far"] == 0.5  # type: ignore[index]
    assert {a.created.microsecond for a in alerts if a.certainty == "recorded"} == {LATENESS.microseconds}
    assert [a.n for a in alerts] == [line["n"] for line in rebuilt]
    positions = [a.position for a in alerts]
    assert positions == sorted(positions)  # type: ignore[type-var]


def test_a_node_that_nobody_listened_to_is_rebuilt(tape: Path) -> None:
    keep(tape, [line for line in lines(tape, "T1") if line["node"] == "test_gstlal"], "T1")
    alerts = list(replay.play(tape, "T1", clock=replay.VirtualClock()))
    by_node = {node: {a.certainty for a in alerts if node in a.nodes} for a in alerts for node in a.nodes}
    assert by_node["test_gstlal"] == {"recorded"}
    assert "recorded" not in by_node["test_gstlal_allsky"]


def test_many_messages_at_once_are_kept_each_once_in_their_order(tmp_path: Path) -> None:
    def of(numbers: range) -> list[Recorded]:
        return [Recorded(BEGUN + n * LATENESS, f"node{n % 3}", {"uid": "G1", "n": n // 2}) for n in numbers]

    first, again = of(range(130)), [*of(range(100, 130)), *of(range(130, 300)), *of(range(200, 300))]
    with Archive.create(tmp_path / "heard.tape") as archive:
        for heard, new in ((first, 130), (again, 170), (again, 0)):
            with archive.transaction() as tx:
                assert add_recorded(tx, {"G1": heard}) == new
        assert recorded_of(archive, "G1") == of(range(300))
        assert list(verify(archive)) == []


def test_a_heard_message_is_sent_byte_for_byte_but_on_one_line(tape: Path) -> None:
    found = lines(tape)[:3]
    texts = [
        json.dumps(found[0]["payload"], separators=(",  ", ":")),
        json.dumps(found[1]["payload"], indent=1),
        json.dumps(found[2]["payload"], ensure_ascii=False).replace("{", "{ ", 1),
    ]
    with Archive.open(tape, read_only=False) as archive, archive.transaction() as tx:
        whens = [datetime.fromisoformat(line["time"]) for line in found]
        heard = [
            Recorded(when, line["node"], line["payload"], text)
            for when, line, text in zip(whens, found, texts, strict=True)
        ]
        assert add_recorded(tx, {SUPEREVENT: heard}) == 3
    player = replay.play(tape, SUPEREVENT, clock=replay.VirtualClock())
    sent = [message for alert in player for message in player.messages(alert) if alert.certainty == "recorded"]
    assert [message.payload_json() for message in sent] == [texts[0], json.dumps(found[1]["payload"]), texts[2]]
    assert [json.loads(message.json())["payload"] for message in sent] == [line["payload"] for line in found]
    player = replay.play(tape, SUPEREVENT, clock=replay.VirtualClock(), names=["TS260401{letters}", "T9{n}"])
    renamed = [message.payload_json() for alert in player for message in player.messages(alert)]
    assert not any(SUPEREVENT in text for text in renamed)


def test_what_no_record_tells_of_is_replayed_from_the_recording(tape: Path) -> None:
    exposed = {"uid": SUPEREVENT, "alert_type": "exposed", "data": [], "object": {"superevent_id": SUPEREVENT}}
    keep(tape, [{"time": "2026-03-01T12:00:20.5+00:00", "node": "gracedb.test_superevent", "payload": exposed}])
    alerts = list(replay.play(tape, SUPEREVENT, clock=replay.VirtualClock()))
    (found,) = [alert for alert in alerts if alert.alert_type == "exposed"]
    assert (found.payload(), found.nodes, found.n) == (exposed, ("test_superevent",), None)
    before, after = alerts[alerts.index(found) - 1], alerts[alerts.index(found) + 1]
    assert before.created <= found.created <= after.created


def test_a_recorded_message_takes_new_ids_and_times(tape: Path) -> None:
    keep(tape, lines(tape))
    alerts = list(replay.play(tape, SUPEREVENT, clock=replay.VirtualClock(), names=["TS260401{letters}", "T9{n}"]))
    texts = [json.dumps(alert.payload()) for alert in alerts]
    assert all("TS260401a" in text and SUPEREVENT not in text for text in texts)


def test_another_form_than_the_heard_one_is_rebuilt(tape: Path) -> None:
    old = lines(tape, "T1", "legacy")
    keep(tape, lines(tape, "T1"), "T1")
    alerts = list(replay.play(tape, "T1", clock=replay.VirtualClock(), format="legacy"))
    assert [a.payload("legacy") for a in alerts] == [line["payload"] for line in old]


@pytest.mark.parametrize("format", ["modern", "legacy", "between"])
def test_a_check_of_a_whole_recording_finds_everything_equal(tape: Path, format: str) -> None:
    heard = lines(tape, "T1", format)
    keep(tape, heard, "T1")
    with Archive.open(tape) as archive:
        report = check(archive, "T1")
    assert (report.score, report.faithful, len(report.messages)) == (1.0, True, len(heard))


def test_a_check_does_not_compare_when_messages_were_sent(tape: Path) -> None:
    heard = lines(tape, "T1")
    for line in heard:
        line["payload"]["dispatched"] = "2026-03-01T12:00:20.5+00:00"
    keep(tape, heard, "T1")
    with Archive.open(tape) as archive:
        assert check(archive, "T1").score == 1.0


def test_a_check_names_what_is_missing_extra_and_different(tape: Path) -> None:
    heard = lines(tape)
    heard[3]["payload"]["object"]["far"] = heard[3]["payload"]["data"]["far"] = 0.5
    lost = heard.pop(5)
    alone = {"uid": SUPEREVENT, "alert_type": "hidden", "data": [], "object": {}}
    heard.append({"time": "2026-03-01T12:00:20.5+00:00", "node": "test_superevent", "payload": alone})
    keep(tape, heard)
    done = gracetape("replay", "check", SUPEREVENT, "-a", tape, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["matched"], told["equal"], told["missing"], told["extra"]) == (len(heard) - 1, len(heard) - 2, 1, 1)
    by_verdict = {m["verdict"]: m for m in told["messages"]}
    assert by_verdict["extra"]["n"] == lost["n"]
    assert by_verdict["missing"]["alert_type"] == "hidden"
    assert [d["field"] for d in by_verdict["differs"]["differences"]] == ["data.far", "object.far"]
    assert 0.9 < told["score"] < 1
    table = gracetape("replay", "check", SUPEREVENT, "-a", tape)
    assert "object.far" in table.stdout
    assert "1 missing, 1 extra" in table.stdout


def test_a_check_without_a_recording_is_one_sentence(tape: Path) -> None:
    done = gracetape("replay", "check", SUPEREVENT, "-a", tape)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"gracetape: no messages were recorded about {SUPEREVENT}")


def test_recorded_messages_are_packed_verified_and_removed_with_their_object(tape: Path, tmp_path: Path) -> None:
    keep(tape, lines(tape))
    before = kept(tape)
    with Archive.open(tape) as archive:
        convert(archive, tmp_path / "folder.tape", packed=False)
    with Archive.open(tmp_path / "folder.tape", read_only=False) as archive:
        collect(archive)
        assert list(verify(archive)) == []
        assert recorded_of(archive, SUPEREVENT) == before
    assert gracetape("archive", "rm", SUPEREVENT, "-a", tmp_path / "folder.tape").returncode == 0
    assert kept(tmp_path / "folder.tape") == []


@pytest.mark.parametrize("change", ["arrived = '2020-01-01T00:00:00.000000+00:00'", "node = 'other'", "object = 'T1'"])
def test_a_changed_row_of_the_recording_is_told(tape: Path, change: str) -> None:
    keep(tape, lines(tape))
    with sqlite3.connect(tape) as connection:
        connection.execute(f"UPDATE alerts SET {change} WHERE id = 3")
    with Archive.open(tape) as archive:
        assert [fault for fault in verify(archive) if "row 3 of the table alerts" in fault]


def test_the_messages_of_one_object_are_found_by_an_index(tape: Path, tmp_path: Path) -> None:
    keep(tape, lines(tape))
    with Archive.open(tape) as archive:
        convert(archive, tmp_path / "folder.tape", packed=False)
        for found in (archive, Archive.open(tmp_path / "folder.tape")):
            plan = found.connection.execute(
                "EXPLAIN QUERY PLAN SELECT count(*) FROM alerts WHERE object = 'S1'"
            ).fetchall()
            assert "USING COVERING INDEX alerts_of_object" in str(plan)
