"""What tests with tapes cost under pytest: a test that reads, writes and reads again, and the plug-in in a session that does not use it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure

_SHORT = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "short.tape"
_TESTS, _ROUNDS = 500, 9
_EMPTY = f"import pytest\n@pytest.mark.parametrize('turn', range({_TESTS}))\ndef test_it(turn): pass\n"
_WITH_TAPE = f"""
import pytest
S = "TS101020a"
def labels(client): return [label["name"] for label in client.labels(S).json()["labels"]]
@pytest.mark.tape("short.tape")
@pytest.mark.parametrize("turn", range({_TESTS}))
def test_it(gracedb, alerts, turn):
    assert "DQV" not in labels(gracedb)
    gracedb.write_label(S, "DQV")
    assert "DQV" in labels(gracedb)
    assert alerts.types == ["label_added"]
"""


def _cpu(folder: Path, source: str, *words: str) -> float:
    """CPU seconds of a session of pytest and of its workers."""
    (folder / "test_it.py").write_text(source)
    before = os.times()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, "test_it.py"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def tests_with_tapes() -> list[Figure]:
    """500 tests in two workers against as many empty ones; start-up with the plug-in and without, in turn, medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_SHORT, folder)
        each = 1e3 * (_cpu(folder, _WITH_TAPE, "-n", "2") - _cpu(folder, _EMPTY, "-n", "2")) / _TESTS
        one = "def test_it(): pass\n"
        pairs = [(_cpu(folder, one), _cpu(folder, one, "-p", "no:gracetape")) for _ in range(_ROUNDS)]
    loaded, left_out = (1e3 * median(column) for column in zip(*pairs, strict=True))
    return [
        Figure("a test with a tape, beyond an empty one", f"{each:.1f} ms", "25 ms", each / 25, "≤ 1"),
        Figure("pytest with the plug-in, unused", f"{loaded:.0f} ms", f"{left_out:.0f} ms", loaded / left_out, "told"),
    ]
