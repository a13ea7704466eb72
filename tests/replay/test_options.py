"""The options of the player: several archives, offsets, laps, faults; what cannot be asked is refused in one sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gracetape.replay import BadRequest
from gracetape.replay.cli import app
from gracetape.replay.options import Options
from gracetape.replay.request import tapes_of
from tests.replay.conftest import FIRST, LONE, SECOND, S

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture
def folder(tmp_path: Path, tape: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(tape, tmp_path / "a.tape")
    shutil.copy(SHORT, tmp_path / "b.tape")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _lines(*words: str) -> list[dict[str, Any]]:
    done = _run(*words, "--quiet")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_archives_share_a_time_line_as_recorded_or_from_the_same_start(folder: Path) -> None:
    apart = _lines("a.tape", "b.tape", "--max")
    assert apart[0]["graceid"] == FIRST
    assert apart[-1]["offset"] > 86400
    together = _lines("a.tape", "b.tape", "--max", "--align", "start")
    assert [line["offset"] for line in together] == sorted(line["offset"] for line in together)
    assert together[-1]["offset"] == 60
    assert {line["graceid"] for line in together if line["offset"] == 0} == {FIRST, "T1"}


def test_an_archive_or_an_id_can_be_moved(folder: Path) -> None:
    moved = _lines("a.tape", FIRST, LONE, "--max", "--offset", f"{LONE}=1000")
    assert min(line["offset"] for line in moved if line["graceid"] == LONE) == 1012
    earlier = _lines("a.tape", FIRST, LONE, "--max", "--offset", f"{LONE}=-1000")
    assert earlier[0]["graceid"] == LONE
    assert earlier[0]["offset"] == 0
    storm = _lines("a.tape", "b.tape", "--max", "--align", "start", "--offset", "b.tape=100")
    assert next(line["offset"] for line in storm if line["graceid"] == "T1") == 100


def test_ids_belong_to_the_archive_named_before_them(folder: Path) -> None:
    tapes = tapes_of(Options(["a.tape", S, f"{FIRST}:2", "b.tape", "T1"], offset=[f"{S}=5", "b.tape=1"]))
    assert [(t.archive, list(t.refs), t.offset_s) for t in tapes] == [
        ("a.tape", [f"{FIRST}:2"], 0), ("a.tape", [S], 5), ("b.tape", ["T1"], 1)
    ]  # fmt: skip
    apart = tapes_of(Options([S, SECOND], "a.tape", align="start"))
    assert [list(t.refs) for t in apart] == [[S], [SECOND]]
    with pytest.raises(BadRequest, match="c.tape is neither an archive nor an id"):
        tapes_of(Options(["a.tape"], offset=["c.tape=1"]))


def test_laps_spread_and_copies_are_deterministic(folder: Path) -> None:
    words = (
        "a.tape",
        "--max",
        "--spread",
        "even",
        "--loop",
        "2",
        "--gap",
        "5",
        "--as",
        "T{n}",
        "--copies",
        "3",
        "--every",
        "7",
    )
    once = _lines(*words, "--retime-to", "2026-01-01")
    assert once == _lines(*words, "--retime-to", "2026-01-01")
    assert once[0]["time"] == "2026-01-01T00:00:00Z"
    assert len(once) == 6 * len(_lines("a.tape", "--max"))


def test_faults_are_told_of_and_the_same_under_one_seed(folder: Path) -> None:
    words = ("b.tape", "--max", "--drop", "0.2", "--reorder", "3", "--seed", "3", "--to", "out.jsonl")
    done = _run(*words)
    assert "drop: T1 " in done.stderr
    assert "touched on the way: drop " in done.stderr
    first = (folder / "out.jsonl").read_text()
    assert _run(*words, "--force", "--fault-log", "log.jsonl").exit_code == 0
    assert (folder / "out.jsonl").read_text() == first
    told = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    dropped = sum(record["fault"] == "drop" for record in told)
    assert first.count("\n") == 59 - dropped
    assert dropped > 0


def test_a_dry_run_shows_the_messages_as_they_would_be_sent(folder: Path) -> None:
    done = _run(
        "a.tape", LONE, "--dry-run", "--json", "--as", "T{n}", "--copies", "2", "--every", "100", "--spread", "even"
    )
    rows = json.loads(done.stdout)
    assert [row["graceid"] for row in rows[::2]] == ["T1"] * 4 + ["T2"] * 4
    assert rows[8]["offset"] == 100


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--spread", "random"], "there is no spread 'random'"),
        (["--format", "new"], "there is no message format 'new'"),
        (["--rate", "0"], "the rate must be a positive number"),
        (["--loop", "-1"], "it must be played once or more"),
        (["--align", "end"], "tracks can be aligned as-recorded or start"),
        (["--offset", "G1"], "write NAME=SECONDS"),
        (["--offset", "G1=soon"], "write NAME=SECONDS"),
        (["--offset", "a.tape=nan"], "a number of seconds later, not nan"),
        (["--offset", "a.tape=inf"], "a number of seconds later, not inf"),
        (["--retime", "--loop", "2", "--gap", "1e300", "--quiet"], "too late to be written as a time"),
        (["--retime", "--copies", "2", "--as", "T{n}", "--every", "1e11", "--quiet"], "too late to be written"),
        (["--copies", "2"], "copies need ids of their own"),
        (["--as", "bad"], "'bad' makes no ids"),
        (["--retime-to", "tomorrow"], "'tomorrow' is not a time"),
        (["--drop", "2"], "drop is the share of messages, from 0 to 1"),
        (["--delay", "soon"], "'soon' is no delay"),
        (["--reorder", "-2"], "reorder is a number of messages"),
        (["--drop", "1", "--fault-log", "/no/such/folder/x"], "cannot write '/no/such/folder/x'"),
        (["--serve", "70000"], "65535"),
        (["--record-branch", "x.tape"], "add --serve PORT"),
        (["--serve", "0", "--until", "1999-01-01"], "nothing is played"),
        (["--serve", "0", "--record-branch", "b.tape"], "b.tape exists already"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(folder: Path, words: list[str], sentence: str) -> None:
    done = _run("a.tape", "--max", *words)
    assert done.exit_code in (1, 2)
    assert done.stdout == ""
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
