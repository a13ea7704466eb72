"""`dummy run` takes its options before and after the archive; from the program on every word is the program's."""

from pathlib import Path

import pytest

from gracetape.dummy import cli
from gracetape.dummy.options import split
from tests import commands

FIXTURE = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.mark.parametrize(
    ("line", "options", "archive", "program"),
    [
        ("a.tape -- ls -l", "", "a.tape", "ls -l"),
        ("a.tape ls -l", "", "a.tape", "ls -l"),
        ("a.tape --fault x:503 -- ls", "--fault x:503", "a.tape", "ls"),
        ("a.tape --fault x:503 ls --fault y", "--fault x:503", "a.tape", "ls --fault y"),
        ("--seed 3 a.tape --keep --fault=x ls", "--seed 3 --keep --fault=x", "a.tape", "ls"),
        ("-a a.tape ls -- -l", "-a a.tape", None, "ls -- -l"),
        ("-a a.tape -- ls -- -l", "-a a.tape", None, "ls -- -l"),
        ("a.tape -- b.tape", "", "a.tape", "b.tape"),
        ("night -- ls", "", "night", "ls"),
        ("{here} --keep -- ls", "--keep", "{here}", "ls"),
        ("python --seed 3 -- x", "", None, "python --seed 3 -- x"),
        ("--keep ls", "--keep", None, "ls"),
        ("a.tape --keep", "--keep", "a.tape", ""),
        ("a.tape --alerts - ls", "--alerts -", "a.tape", "ls"),
    ],
)
def test_words_are_told_apart(line: str, options: str, archive: str | None, program: str, tmp_path: Path) -> None:
    words = line.format(here=tmp_path).split()
    found = split(words, {"--fault", "--seed", "-a", "--alerts"})
    named = None if archive is None else archive.format(here=tmp_path)
    assert found == (options.split(), named, program.split())


def test_options_after_the_archive_count(tmp_path: Path) -> None:
    ask = [
        "python",
        "-c",
        "import os, urllib.request as u; u.urlopen(os.environ['GRACEDB_SERVICE_URL'] + 'superevents/')",
    ]
    done = commands.run(
        ["gracetape", "dummy", "run", str(FIXTURE), "--fault", "*:418", "--", *ask], capture_output=True
    )
    assert "418" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([str(FIXTURE), "--keep"], "say what to run"),
        ([str(FIXTURE), "-a", "other.tape", "ls"], "the archive is named twice"),
        ([str(FIXTURE), "--fault", "x", "--", "ls"], "cannot read the fault"),
        ([str(FIXTURE), "--nothing", "--", "ls"], "No such option"),
    ],
)
def test_what_cannot_be_run_is_told(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", *words])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
