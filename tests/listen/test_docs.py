"""The documents are true: the example plug-in and its test run as they stand, and tables name every option."""

import re
import subprocess
import sys
from pathlib import Path

from gracetape.listen import read_configuration
from gracetape.listen.checks.table import CHECKS
from gracetape.listen.commands import COMMANDS
from gracetape.listen.options import CHILD, GENERAL, LISTENER

ROOT = Path(__file__).resolve().parents[2]


def blocks(page: str, language: str) -> dict[str, str]:
    """The code blocks of a page, by the name in their first line."""
    found = re.findall(rf"```{language}\n[#;] ([\w.]+)[^\n]*\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    return dict(found)


def test_the_example_plugin_passes_its_test_by_replay(tmp_path: Path) -> None:
    for name, text in blocks("plugins.md", "python").items():
        (tmp_path / name).write_text(text)
    fixtures = tmp_path / "tests" / "fixtures"
    fixtures.parent.mkdir()
    fixtures.symlink_to(ROOT / "tests" / "fixtures")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_late_skymap.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_configurations_are_read(tmp_path: Path) -> None:
    for page in ("plugins.md", "listen.md"):
        for name, text in {**blocks(page, "ini"), **blocks(page, "python")}.items():
            (tmp_path / name).write_text(text)
        assert read_configuration(tmp_path / "main.ini").children


def test_every_option_check_and_command_is_in_the_tables() -> None:
    text = (ROOT / "docs" / "listen.md").read_text()
    for name in (*CHILD, *GENERAL, *LISTENER, *CHECKS, *COMMANDS):
        assert re.search(rf"^\|[^|]*\b{name}\b", text, re.MULTILINE | re.IGNORECASE), name
