"""The examples are real: small projects whose tests pass where there is the wheel and no repository, short, and shown whole in the documents."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import installed

EXAMPLES = sorted(path.parent for path in (installed.ROOT / "examples").glob("*/pyproject.toml"))
ids = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel, and what `pip install 'gracetape[testing]'` brings beside it."""
    folder = tmp_path_factory.mktemp("installed")
    return installed.environment(folder / "environment", installed.wheel(folder / "wheel"))


def _run(python: Path, folder: Path, *words: str) -> str:
    """What a user's command prints, who is in a folder of theirs."""
    done = subprocess.run(
        [python, *words], cwd=folder, env=installed.outside(folder), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_installed_is_the_wheels_and_nothing_leads_to_the_repository(python: Path, tmp_path: Path) -> None:
    code = (
        "import sys, gracetape, gracetape.archive, gracetape.testing.plugin as plugin, importlib.metadata as metadata\n"
        "for place in (gracetape.__file__, gracetape.archive.__file__, plugin.__file__, *sys.path): print(place)\n"
        "print(*(d.locate_file('') for d in metadata.distributions(name='gracetape')))\n"
    )
    packages = next((python.parents[1] / "lib").glob("python*/site-packages"))
    room, *path, dists = _run(python, tmp_path, "-P", "-c", code).splitlines()
    assert room == str(packages / "gracetape" / "__init__.py")
    assert path[:2] == [f"{packages}/gracetape/archive/__init__.py", f"{packages}/gracetape/testing/plugin.py"]
    assert not any(Path(place).is_relative_to(installed.ROOT) for place in path)
    assert not any((packages / part).is_symlink() for part in ("gracetape", "gracetape/archive"))
    assert dists.rstrip("/") == str(packages)  # one, and no editable one beside it


@ids
def test_an_examples_tests_pass_with_the_installed_wheel_alone(example: Path, python: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(example, tmp_path / example.name)
    assert " passed" in _run(python, copy, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    if example.name == "unittests":
        _run(python, copy, "-P", "-m", "unittest")


@ids
def test_its_test_file_is_short_and_stands_whole_in_the_documents(example: Path) -> None:
    (test,) = example.glob("test_*.py")
    text = test.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert f"```python\n{text}```" in (installed.ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
