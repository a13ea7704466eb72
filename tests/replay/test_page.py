"""What the page for users says works: its commands and its Python are run as they stand there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gracetape.replay.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ replay (.*)$", PAGE, re.MULTILINE)
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("night.tape", "other.tape"):
        shutil.copy(ROOT / "tests" / "fixtures" / "short.tape", tmp_path / name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    if words[0].endswith(".jsonl"):  # what the page's first command writes
        assert CliRunner().invoke(app, shlex.split(COMMANDS[0])).exit_code == 0
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    if "--to" in words:
        assert (tmp_path / words[words.index("--to") + 1]).read_text().count("\n") > 0


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_page_runs(example: str) -> None:
    exec(compile(example, "docs/replay.md", "exec"), {})


def test_the_page_has_commands_and_examples() -> None:
    assert len(COMMANDS) >= 10
    assert len(EXAMPLES) == 3
