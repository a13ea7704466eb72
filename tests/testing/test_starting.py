"""The plug-in costs nothing to sessions that do not use it, also where it is installed as a wheel is: assertions rewritten by pytest."""

import subprocess
import sys
from pathlib import Path

from tests.testing.conftest import Folder

pytest_plugins = ("pytester",)

_LOADED = """
import sys
def test_it():
    ours = sorted(name for name in sys.modules if name.startswith("gracetape"))
    assert ours == ["gracetape", "gracetape.lazy", "gracetape.testing", "gracetape.testing.plugin"]
    assert not {"requests", "ligo", "sqlite3", "falcon"} & set(sys.modules)
"""


def test_a_session_without_tapes_loads_nothing_of_gracetape(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(_LOADED)
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:cov",
        "-p",
        "no:syrupy",
    ]
    words += ["-p", "no:hypothesispytest", "-p", "no:timeout"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_public_names_are_found_where_pytest_loads_the_package() -> None:
    code = (
        "from _pytest.assertion import install_importhook, rewrite\n"
        "from _pytest.config import get_config\n"
        "install_importhook(get_config()).mark_rewrite('gracetape')\n"
        "import gracetape.archive\n"
        "assert type(gracetape.__spec__.loader) is rewrite.AssertionRewritingHook, gracetape.__spec__\n"
        "from gracetape import Archive, GracetapeError\n"
        "from gracetape.archive import Archive\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_options_are_in_the_help(folder: Folder) -> None:
    text = folder.pytester.runpytest_inprocess("--help").stdout.str()
    for option in ("--tape-record", "--tape-service", "--tape-update", "tape_dir", "tape_allowed_hosts"):
        assert option in text
