"""The documents are true: their configurations are read, and tables name every option."""

import re
from pathlib import Path

from gracetape.listen import read_configuration
from gracetape.listen.checks.table import CHECKS
from gracetape.listen.commands import COMMANDS
from gracetape.listen.options import CHILD, GENERAL, LISTENER
from tests.pages.blocks import ROOT, Page


def test_the_configurations_are_read(tmp_path: Path) -> None:
    for page in ("plugins.md", "listen.md"):
        for block in Page(ROOT / "docs" / page).blocks:
            if block.file:
                (tmp_path / block.file).write_text(block.text)
        assert read_configuration(tmp_path / "main.ini").children


def test_every_option_check_and_command_is_in_the_tables() -> None:
    text = (ROOT / "docs" / "listen.md").read_text()
    for name in (*CHILD, *GENERAL, *LISTENER, *CHECKS, *COMMANDS):
        assert re.search(rf"^\|[^|]*\b{name}\b", text, re.MULTILINE | re.IGNORECASE), name
