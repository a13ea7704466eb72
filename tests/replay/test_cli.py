"""The command `replay`: what it prints, what it returns, and what it says when it cannot."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gracetape.replay.cli import app
from tests import commands

ROOT = Path(__file__).parents[2]
Replay = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def replay(event_tape: Path) -> Replay:
    """Runs `replay` in the folder of the archive of one event."""

    def run(*args: str, folder: Path = event_tape.parent, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "COLUMNS": "200", **environment}
        return commands.run(["replay", *args], cwd=folder, env=env, capture_output=True)

    return run


def _lines(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int | None]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(line["node"], line["n"]) for line in lines]


def test_in_a_folder_with_one_archive_speed_and_cutoff_are_enough(replay: Replay) -> None:
    done = replay("--speed", "1000", "--cutoff", "2")
    assert done.returncode == 0
    nodes = ("cbc_gstlal", "cbc_gstlal_allsky")
    assert _lines(done) == [(node, n) for n in (None, 1, 2) for node in nodes]
    assert done.stderr.startswith("sent 6 of 6 messages (3 alerts) in ")
    assert done.stderr.count("\n") == 1


def test_ids_and_the_archive_may_be_named_in_every_way(replay: Replay, tape: Path, tmp_path: Path) -> None:
    ways: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((str(tape), "G9000:1"), {}),
        (("-a", str(tape), "G9000:1"), {}),
        (("G9000:1", "--archive", str(tape)), {}),
        (("G9000@1:1",), {"GRACETAPE_ARCHIVE": str(tape)}),
        (("G9000", "--cutoff", "1", "-a", str(tape)), {}),
    ]
    for args, environment in ways:
        done = replay("--max", "--quiet", *args, folder=tmp_path, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert [n for _, n in _lines(done)] == [None, None, 1, 1]


def test_a_dry_run_sends_nothing_and_shows_a_row_per_message(replay: Replay, tape: Path) -> None:
    done = replay(str(tape), "--dry-run")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "cbc_gstlal_allsky" in done.stdout
    assert "[/b]markup [31m μ and lines" in done.stdout  # neither markup nor escapes get through
    for name in ("time", "offset", "N", "topics", "alert type", "what", "certainty"):
        assert name in done.stdout.splitlines()[0]
    rows = json.loads(replay(str(tape), "--dry-run", "--json").stdout)
    assert len(rows) == 39
    assert rows[6] == {
        "time": "2022-06-09T22:18:05Z", "offset": 5.0, "n": 1, "node": "superevent", "graceid": "S220609hl",
        "alert_type": "new", "what": rows[6]["what"], "certainty": "exact", "reason": "",
    }  # fmt: skip


def test_a_dry_run_works_where_the_terminal_knows_only_ascii(replay: Replay, tape: Path) -> None:
    done = replay(str(tape), "--dry-run", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"[31m \u03bc and lines" in done.stdout


def test_messages_go_to_several_targets(replay: Replay, tmp_path: Path) -> None:
    done = replay("--max", "--to", str(tmp_path / "a.jsonl"), "--to", "-")
    assert done.returncode == 0
    assert (tmp_path / "a.jsonl").read_text() == done.stdout
    assert len(done.stdout.splitlines()) == 8


def test_the_old_format_and_the_latest_time_are_honoured(replay: Replay) -> None:
    done = replay("--max", "--format", "legacy", "--until", "2022-06-09T22:18:13Z")
    payloads = [json.loads(line)["payload"] for line in done.stdout.splitlines()]
    assert [payload["alert_type"] for payload in payloads] == ["new", "new", *["update"] * 4]


def test_a_failing_program_is_told_of_in_the_summary(replay: Replay) -> None:
    done = replay("--max", "--to", "exec:false")
    assert done.returncode == 1
    assert "false failed on 8 of 8 messages (last: exit status 1)" in done.stderr
    assert replay("--max", "--to", "exec:cat").returncode == 0


def test_nothing_to_send_is_no_failure(replay: Replay) -> None:
    done = replay("--max", "--until", "1999-01-01")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("sent 0 of 0 messages")


@pytest.mark.parametrize(
    ("args", "status", "sentence"),
    [
        (["--speed", "0"], 2, "the speed must be a positive number such as 10 or 0.5, not 0"),
        (["--speed", "-3"], 2, "not -3"),
        (["--speed", "nan"], 2, "not nan"),
        (["--speed", "inf"], 2, "not inf"),
        (["--speed", "fast"], 2, "--speed"),
        (["--speed", "2", "--max"], 2, "--speed and --max exclude each other"),
        (["--cutoff", "0"], 2, "G9000 has no log entry 0: its log goes from 1 to 3"),
        (["--cutoff", "-1"], 2, "G9000 has no log entry -1"),
        (["--cutoff", "4"], 2, "G9000 has no log entry 4: its log goes from 1 to 3"),
        (["G9000:4"], 2, "G9000 has no log entry 4: its log goes from 1 to 3"),
        (["--start", "4"], 2, "G9000 has no log entry 4"),
        (["--start", "3", "--cutoff", "2"], 2, "after its cutoff 2"),
        (["--until", "tomorrow"], 2, "'tomorrow' is not a time"),
        (["--format", "other"], 2, "other"),
        (["--to", "ftp://x"], 2, "there is no target of the kind ftp:"),
        (["--to", "exec:no-such-program"], 2, "there is no program 'no-such-program' to run"),
        (["--to", "/no/such/folder/x"], 2, "No such file or directory"),
        (["nonsense"], 2, "'nonsense' is not a GraceID"),
        (["G9000", "G9000"], 2, "G9000 is named twice"),
        (["one.tape", "-a", "one.tape"], 2, "the archive is named twice"),
        (["G77"], 1, "holds no G77: it holds G9000"),
        (["G9000@7"], 1, "holds no G9000@7"),
        (["other.tape"], 1, "other.tape is not a gracetape archive"),
        (["--no-such-option"], 2, "No such option"),
    ],
)
def test_bad_input_is_answered_by_one_sentence(replay: Replay, args: list[str], status: int, sentence: str) -> None:
    done = replay("--max" if "--speed" not in args else "--quiet", *args)
    assert done.returncode == status
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_which_archive_is_asked_where_there_is_none_or_more_than_one(replay: Replay, tmp_path: Path) -> None:
    done = replay("--max", folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no *.tape in this folder" in done.stderr
    (tmp_path / "a.tape").mkdir()
    (tmp_path / "b.tape").mkdir()
    assert "several archives here (a.tape, b.tape)" in replay("--max", folder=tmp_path).stderr


@pytest.mark.parametrize("contents", [b"", b"just text\n", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_archive_is_refused(replay: Replay, tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "broken.tape"
    path.write_bytes(contents)
    done = replay("--max", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "broken.tape" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_archive_of_a_newer_schema_is_refused(
    replay: Replay, tmp_path: Path, make_tape: Callable[..., Path]
) -> None:
    path = make_tape(tmp_path / "new.tape", "G9000")
    with sqlite3.connect(path / "archive.sqlite") as connection:
        connection.execute("PRAGMA user_version = 999")
    done = replay("--max", str(path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "newer than this gracetape reads" in done.stderr


def test_it_is_gathered_as_a_sub_command_and_leaves_room_for_its_own(event_tape: Path) -> None:
    root = typer.Typer()
    root.add_typer(app, name="replay")
    runner = CliRunner()
    done = runner.invoke(root, ["replay", str(event_tape), "--dry-run", "--json"])
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)) == 8
    assert runner.invoke(root, ["replay", "--speed", "0"]).exit_code == 2
    shown = runner.invoke(root, ["replay", "--help"]).stdout
    assert "--cutoff" in shown
    assert "replay" in runner.invoke(root, ["--help"]).stdout


def test_further_sub_commands_stand_beside_it() -> None:
    from gracetape.default_command import DEFAULT, DefaultCommandGroup

    group = typer.Typer(cls=DefaultCommandGroup)
    group.callback()(lambda: None)

    @group.command(DEFAULT)
    def play(names: list[str]) -> None:
        typer.echo(f"plays {names}")

    @group.command()
    def check(graceid: str) -> None:
        typer.echo(f"checks {graceid}")

    runner = CliRunner()
    assert runner.invoke(group, ["check", "G1"]).stdout == "checks G1\n"
    assert runner.invoke(group, ["one.tape", "G1"]).stdout == "plays ['one.tape', 'G1']\n"
