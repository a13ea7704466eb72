"""What tests with tapes cost under pytest: a test that reads, writes and reads again, and the plug-in in a session that does not use it."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figure import Figure
from tests import installed

_SHORT = installed.ROOT / "tests" / "fixtures" / "short.tape"
_TESTS, _ROUNDS = 500, 60
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


class _Spent(NamedTuple):
    """Milliseconds of one session of pytest and its workers: CPU, the system's included, and time."""

    cpu: float
    wall: float


def _session(folder: Path, python: Path | str, *words: str) -> _Spent:
    """One session over the folder's test file. The kernel counts CPU in microseconds for a child that is waited for, not in ticks."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, str(folder / "test_it.py")]
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, installed.outside(folder), file_actions=silent)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise RuntimeError(f"{' '.join(command)} failed: {os.waitstatus_to_exitcode(status)}")
    return _Spent(1e3 * (used.ru_utime + used.ru_stime), 1e3 * wall)


def tests_with_tapes() -> list[Figure]:
    """500 tests in two workers against as many empty ones; then the start of sessions that use no tape."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_SHORT, folder)
        spent = []
        for source in (_WITH_TAPE, _EMPTY):
            (folder / "test_it.py").write_text(source)
            spent.append(_session(folder, sys.executable, "-n", "2").cpu)
        each = (spent[0] - spent[1]) / _TESTS
        return [
            Figure("a test with a tape, beyond an empty one", f"{each:.1f} ms", "25 ms", each / 25, "≤ 1"),
            *_unused(folder),
        ]


def _unused(folder: Path) -> list[Figure]:
    """Sessions where the wheel is installed, and where it is without its entry point for pytest, in turn."""
    (folder / "test_it.py").write_text("def test_it(): pass\n")
    built = installed.wheel(folder / "wheel")
    with_it, without = (installed.environment(folder / place, built) for place in ("with", "without"))
    (points,) = without.parents[1].glob("lib/python*/site-packages/gracetape-*.dist-info/entry_points.txt")
    points.write_text(points.read_text().replace("[pytest11]", "[left.out]"))
    for python in (with_it, without):
        _session(folder, python)  # pytest keeps the compiled plug-in
    rounds = []
    for number in range(_ROUNDS):  # each comes first as often as second
        turn = (with_it, without) if number % 2 else (without, with_it)
        spent = {python: _session(folder, python) for python in turn}
        rounds.append((spent[with_it], spent[without]))
    return [
        _beyond(what, [one[place] for one, _ in rounds], [other[place] for _, other in rounds])
        for place, what in enumerate(("CPU", "time"))
    ]


def _beyond(what: str, loaded: list[float], left_out: list[float]) -> Figure:
    """How much more the first are than the second: the median of what each had more than its neighbour, and the least of both."""
    more = median(one - other for one, other in zip(loaded, left_out, strict=True))
    least = min(loaded) - min(left_out)
    return Figure(
        f"{what} of a session of pytest with the wheel's plug-in, unused, beyond one without",
        f"{more:.1f} ms (least: {least:.1f} of {min(left_out):.0f})",
        "5 ms",
        more / 5,
        "≤ 1",
    )
