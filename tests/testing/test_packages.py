"""Tapes that packages bring, in folders that nobody may write to and in zip files, read by many processes at once, which leave nothing."""

import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.packing import convert
from tests.archive.test_older import made_older
from tests.testing.conftest import FIRST, SHORT, Folder, digest

pytest_plugins = ("pytester",)

NAMES = ("packed.tape", "folder.tape", "older.tape")
_EACH = """
from importlib.resources import files
import bundle, zipped
everywhere = pytest.mark.parametrize("turn", range(3))
"""
_OVER = """
@everywhere
@pytest.mark.tape(files("PACKAGE") / "tapes" / "NAME")
def test_NUMBER(gracedb, alerts, turn):
    assert "DQV" not in labels(gracedb)
    gracedb.write_log(S, "a word", "word.txt", b"the word")
    gracedb.write_label(S, "DQV")
    assert gracedb.files(S, "word.txt").read() == b"the word"
    assert alerts.types == ["log", "label_added"]
"""


@pytest.fixture
def package(folder: Folder) -> Path:
    """A folder of packages: one as it is installed, and one in a zip file, each with the same tape in three shapes."""
    place = folder.path / "packages"
    tapes = place / "bundle" / "tapes"
    tapes.mkdir(parents=True)
    (tapes.parent / "__init__.py").touch()
    shutil.copy(SHORT, tapes / "packed.tape")
    for name in ("folder.tape", "older.tape"):
        with Archive.open(SHORT) as packed:
            convert(packed, tapes / name, packed=False)
    made_older(tapes / "older.tape")
    (tapes / "broken.tape").write_bytes(b"nonsense" * 1000)
    with zipfile.ZipFile(place / "zipped.zip", "w", zipfile.ZIP_DEFLATED) as package:
        for file in sorted(tapes.parent.rglob("*")):
            package.write(file, f"zipped/{file.relative_to(tapes.parent)}")
    return place


def test_tapes_of_packages_under_xdist(folder: Folder, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = folder.path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package), str(package / "zipped.zip")]))
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(folder.path))
    installed = [package, *(path for path in package.rglob("*") if path.is_dir())]
    before = {path: digest(path) for path in package.rglob("*") if path.is_file()}
    source = _EACH
    for number, (where, name) in enumerate((where, name) for where in ("bundle", "zipped") for name in NAMES):
        source += _OVER.replace("PACKAGE", where).replace("NAME", name).replace("NUMBER", str(number))
    folder.pytester.makepyfile(test_it=FIRST + source)
    for path in installed:
        path.chmod(0o555)
    try:
        done = folder.pytester.run(
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "4", "test_it.py"
        )
    finally:
        for path in installed:
            path.chmod(0o755)
    done.assert_outcomes(passed=18)
    after = {path: digest(path) for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert after == before
    assert list(temporary.iterdir()) == []


def test_what_a_zipped_package_does_not_have_is_told_by_its_name_there(
    folder: Folder, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(package / "zipped.zip"))
    text = folder.passes(
        """
from importlib.resources import files
from gracetape.testing import TapeSession, TapeTestCase
tapes = files("zipped") / "tapes"
@pytest.mark.tape(tapes / "broken.tape")
def test_broken(gracedb): pass
@pytest.mark.tape(tapes / "nothing.tape")
def test_nothing(gracedb): pass
class TestIt(TapeTestCase):
    tape_names = (tapes / "packed.tape",)
    def test_unittest(self): self.assertNotIn("DQV", labels(self.gracedb))
def test_block():
    with TapeSession(tapes / "folder.tape", cutoff=2) as session:
        assert session.gracedb.logs(S).json()["numRows"] == 2
""",
        "--tape-record=rewrite",
        passed=2,
        errors=2,
    )
    zipped = f"{package}/zipped.zip/zipped/tapes"
    assert f"{zipped}/broken.tape is not a gracetape archive, or it is damaged" in text
    assert f"{zipped}/nothing.tape is not a gracetape archive: there is nothing there" in text
