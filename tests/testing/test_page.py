"""The tests that the page shows pass as they stand there, over our tape in the place of the real one."""

import re
import shutil

import pytest

from tests.test_docs import OURS, ROOT
from tests.testing.conftest import SHORT, Folder

pytest_plugins = ("pytester",)


def test_the_tests_on_the_page_pass(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "testing.md").read_text(encoding="utf-8"), re.DOTALL)
    blocks = [block for block in shown if not block.startswith('"""')]
    assert len(blocks) >= 5
    for number, block in enumerate(blocks):
        for theirs, ours in {**OURS, "cutoff=20": "cutoff=2", "ids=": "'S220609hl.tape', ids="}.items():
            block = block.replace(theirs, ours)
        (folder.path / f"test_page{number}.py").write_text(block)
    shutil.copy(SHORT, folder.path / "tapes" / "S220609hl.tape")
    monkeypatch.chdir(folder.path)
    result = folder.pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", "--snapshot-update")
    result.assert_outcomes(passed=8)
