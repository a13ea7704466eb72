"""Folders of users' tests, with a tape, run by a pytest inside of this one."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import _pytest.pytester
import pytest


class ModulesOfARun(_pytest.pytester.SysModulesSnapshot):
    """Forgets the modules that a run in this process brought from its folder, and no others.

    pytest's own empties `sys.modules` and fills it again: a thread that imports in this moment loads half of Python a second time, and whatever
    a run was the first to load (numpy cannot be) is loaded anew by each.
    """

    under = ""  # where such folders are

    def __init__(self, preserve: Callable[[str], bool] | None = None) -> None:
        self.before = set(sys.modules)

    def restore(self) -> None:
        for name, module in list(sys.modules.items()):
            if name not in self.before and (getattr(module, "__file__", None) or "").startswith(self.under):
                sys.modules.pop(name, None)


_pytest.pytester.SysModulesSnapshot = ModulesOfARun  # type: ignore[misc]


@pytest.fixture(autouse=True, scope="session")
def _runs(tmp_path_factory: pytest.TempPathFactory) -> None:
    ModulesOfARun.under = str(tmp_path_factory.getbasetemp())


SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
FIRST = """import multiprocessing, subprocess, sys
import pytest
from ligo.gracedb.rest import GraceDb
S = 'TS101020a'
def labels(client): return [label["name"] for label in client.labels(S).json()["labels"]]
"""


class Folder:
    """A folder of a user's tests; `tapes/a.tape` in it must be the same after each run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester, self.path, self.tape = pytester, pytester.path, pytester.path / "tapes" / "a.tape"
        self.tape.parent.mkdir()
        shutil.copy(SHORT, self.tape)

    def run(self, source: str, *args: str) -> pytest.RunResult:
        """What comes of a file of tests."""
        self.pytester.makepyfile(test_it=FIRST + source)
        before = digest(self.tape)
        result = self.pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", *args)
        assert digest(self.tape) == before
        return result

    def passes(self, source: str, *args: str, passed: int = 1, **others: int) -> str:
        """The same, which has to come out like this; gives what was printed."""
        result = self.run(source, *args)
        result.assert_outcomes(passed=passed, **others)
        text: str = result.stdout.str()
        assert "Traceback" not in text
        return text


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A folder for tests, run as where CI is set."""
    monkeypatch.setenv("CI", "1")
    monkeypatch.delenv("GRACETAPE_SERVICE", raising=False)
    return Folder(pytester)
