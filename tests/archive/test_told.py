"""What `gracetape archive` tells: of absent files one line a cause, counts that are true, and which argument was forgotten."""

import json
from pathlib import Path

import pytest

from gracetape.archive import Archive, cli
from gracetape.archive.packing import convert
from gracetape.archive.view import FileEntry

FIXTURE = Path(__file__).parents[1] / "fixtures" / "short.tape"
CAUSE = "the server has no such thing (404)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two archives; in one, files of T1 did not come, and the lists of labels and of signoffs are not there."""
    with Archive.open(FIXTURE) as source:
        convert(source, tmp_path / "mine.tape", packed=False)
    with Archive.open(tmp_path / "mine.tape", read_only=False) as tape, tape.transaction():
        for entry in tape.view("T1").files():
            absent = f"{entry.full_name} of T1: {CAUSE}"
            tape.connection.execute(
                "UPDATE files SET sha256 = NULL, size = NULL, absent = ? WHERE name = ? AND version = ?",
                (absent, entry.name, entry.version),
            )
        tape.connection.execute("DELETE FROM entries WHERE kind IN ('label', 'signoff')")
    (tmp_path / "other.tape").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return ended.value.code, *capsys.readouterr()


def test_a_cause_is_told_once_with_what_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "extract", "T1", "out", "mine.tape")
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith(f"and 4 more: absent ({CAUSE})")
    assert lines[2].endswith("capture T1 -a mine.tape asks again")
    _, out, _ = said(capsys, "show", "T1", "mine.tape")
    assert out.count(CAUSE) == 1
    assert "and 4 more" in out
    assert "capture T1 -a mine.tape" in out
    _, out, _ = said(capsys, "files", "T1", "mine.tape")
    assert out.splitlines()[-1] == f"absent (6): {CAUSE}"


@pytest.mark.parametrize(
    ("absent", "reason"),
    [
        (f"a: b.txt,0 of S1: {CAUSE}", CAUSE), ("not asked for", "not asked for"), (None, ""),
        ("a: b.txt,0 of nothing", "a: b.txt,0 of nothing"),
    ],
)  # fmt: skip
def test_a_reason_does_not_name_its_file(absent: str | None, reason: str) -> None:
    assert FileEntry("a: b.txt", 0, None, None, absent).reason == reason


def test_what_is_counted_is_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = json.loads(said(capsys, "show", "T1", "mine.tape", "--json")[1])
    assert about["labels"] == len(about["labels_now"]) > 0
    listed = json.loads(said(capsys, "ls", "mine.tape", "--json")[1])
    assert {row["id"]: row["labels"] for row in listed}["T1"] == about["labels"]
    shown = said(capsys, "show", "TS101020a", "mine.tape")[1]
    assert "–: the tape has none of that list; the log tells of " in next(
        line for line in shown.splitlines() if line.startswith("signoffs")
    )
    assert json.loads(said(capsys, "show", "TS101020a", "mine.tape", "--json")[1])["signoffs"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("files mine.tape", "'mine.tape' is an archive: say which object in it"),
        ("extract T1 mine.tape", "Missing argument 'DIR'"),
        ("cat T1 mine.tape", "Missing argument 'FILE"),
        ("diff T1@1 mine.tape", "Missing argument 'ID@2'"),
        ("show gone.tape", "'gone.tape' is an archive: say which object in it"),
    ],
)
def test_the_argument_that_is_missing_is_named(
    words: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *words.split())
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("words", ["ls ../nope/", "ls nope", "files T1 ../nope/"])
def test_nothing_there_is_said(words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, *words.split())
    assert code == 1
    assert "there is nothing there" in err


def test_lists_with_nothing_in_them_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "ls", "mine.tape", "--limit", "0")[1] == "3 in all: --limit N shows so many of them\n"
    assert said(capsys, "ls", "mine.tape", "--offset", "50")[1] == "no more: there are 3\n"
    assert said(capsys, "ls", "mine.tape", "--query", "S220609hl")[1] == "nothing found\n"
