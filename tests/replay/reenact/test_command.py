"""`replay … --to dummy:ARCHIVE`: what it writes, shows and refuses."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gracetape.archive import Archive
from gracetape.replay import cli
from gracetape.replay.reenact import command

SHORT = Path(__file__).parents[2] / "fixtures" / "short.tape"


@pytest.fixture(autouse=True)
def tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRACETAPE_ARCHIVE", raising=False)
    return Path(shutil.copy(SHORT, tmp_path / "short.tape"))


def run(capsys: Any, *words: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["short.tape", *words])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_it_writes_names_each_write_and_sums_up(capsys: Any) -> None:
    code, out, err = run(capsys, "--max", "--to", "dummy:new.tape")
    assert code == 0
    assert out.splitlines()[0].split()[:4] == ["T1", "->", "T1", "uploaded"]
    assert f"{len(out.splitlines())} writes done, 3 objects made at dummy:new.tape" in err
    with Archive.open("new.tape") as made, Archive.open("short.tape") as tape:
        assert sorted(made.objects()) == sorted(tape.objects())


def test_lines_of_writes_have_columns_that_are_as_wide_as_what_stands_in_them(capsys: Any) -> None:
    _, out, _ = run(capsys, "--max", "--to", "dummy:new.tape")
    lines = out.splitlines()
    ids = {line.split()[0] for line in lines}
    assert len({len(graceid) for graceid in ids}) > 1
    assert {line.index("->") for line in lines} == {max(map(len, ids)) + 1}
    acts = {line.index(f" {line.split()[3]}") for line in lines}
    assert len(acts) == 1, acts


def test_a_narrow_terminal_gets_a_row_a_write(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_width", lambda: 40)
    _, out, err = run(capsys, "T1:3", "--max", "--to", "dummy:new.tape")
    assert f"{len(out.splitlines())} writes done" in err
    assert max(map(len, out.splitlines())) <= 40
    assert "label_added Label: PASTRO_REA…" in out


def test_a_dry_run_shows_the_writes_and_writes_nothing(capsys: Any) -> None:
    _, out, _ = run(capsys, "--to", "dummy:new.tape", "--dry-run", "--json", "--cutoff", "5")
    rows = json.loads(out)
    assert [row["act"] for row in rows[:2]] == ["uploaded", "label_added"]
    assert rows[0]["offset"] == 0
    assert "uploaded" in run(capsys, "--to", "dummy:new.tape", "--dry-run")[1]
    assert not Path("new.tape").exists()


def test_a_range_of_gps_times_is_played_again_and_again_as_new_events(capsys: Any) -> None:
    code, _, err = run(capsys, "--max", "--to", "dummy:new.tape", "--gps", "9.7e8:9.8e8", "--loop", "3", "-q")
    assert (code, err) == (0, "")
    with Archive.open("new.tape") as made:
        assert len(made.objects()) == 9


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("--to dummy:", 2, "needs an archive"),
        ("--to gracedb+https://gracedb.ligo.org/api/", 2, "name it again with --yes-really-send-to gracedb.ligo.org"),
        ("--to dummy:new.tape --gps 3", 2, "write START:END"),
        ("--to dummy:new.tape --gps 1:2", 2, "nothing between GPS 1 and 2"),
        ("T1:-5 --to dummy:new.tape", 2, "T1 has no log entry -5: its log goes from 1 to 20"),
        ("T1:-5", 2, "T1 has no log entry -5: its log goes from 1 to 20"),
        ("--to dummy:new.tape --to -", 2, "name no other target"),
        ("--to gracedb+http://127.0.0.1:9/api/", 1, "cannot be written to"),
        ("--to dummy:new.tape --group Nonsense", 1, "stopped after 0 writes: uploaded of T1 (log entry 1): bad group"),
        ("--to dummy:new.tape --on-error never", 2, "--on-error is stop or go-on"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(capsys: Any, words: str, code: int, told: str) -> None:
    ended, out, err = run(capsys, "--max", *words.split())
    assert (ended, out) == (code, "")
    assert told in err
    assert len(err.splitlines()) == 1
