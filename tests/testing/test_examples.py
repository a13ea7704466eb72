"""The examples are real: small projects whose tests pass outside the repository, short, and shown whole in the documents."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/pyproject.toml"))
ids = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)


@ids
def test_an_examples_tests_pass_with_the_installed_package_alone(example: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(example, tmp_path / example.name)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "GRACETAPE_DUMMY")}
    runs = [["pytest", "-q", "-p", "no:cacheprovider"], *([["unittest"]] if example.name == "unittests" else [])]
    for words in runs:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *words], cwd=copy, capture_output=True, text=True, timeout=600,
            env=environment | {"CI": "1", "PYTHONPATH": str(copy)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@ids
def test_its_test_file_is_short_and_stands_whole_in_the_documents(example: Path) -> None:
    (test,) = example.glob("test_*.py")
    text = test.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert f"```python\n{text}```" in (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
