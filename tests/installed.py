"""What users have: the wheel, installed in an environment that knows nothing of the repository, beside what its requirements bring."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
#: Of the environment, what would lead back to this one.
_OURS = ("PYTHONPATH", "PYTHONHOME", "GRACETAPE_DUMMY", "GRACEDB_SERVICE_URL", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")


def wheel(folder: Path) -> Path:
    """The wheel of the repository as it stands, built in `folder` from a copy of what goes into it, so that no build is left behind."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "gracetape", source / "gracetape", ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    (built,) = folder.glob("gracetape-*.whl")
    return built


def environment(folder: Path, built: Path, extra: str = "testing") -> Path:
    """The Python of a new environment in `folder`: the wheel as pip installs it, and links to what its requirements are here.

    What the development environment has besides (this repository above all) is not on its path.
    """
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    _pip("--python", python, "install", "--no-deps", built)
    (packages,) = folder.glob("lib/python*/site-packages")
    for dist in _required(Requirement(f"gracetape[{extra}]"), set()):
        if dist.name != "gracetape":
            _link(dist, packages)
    return python


def outside(home: Path) -> dict[str, str]:
    """The environment of a user who knows nothing of the repository; `home` on Python's path."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return kept | {"CI": "1", "PYTHONPATH": str(home)}


def _required(wanted: Requirement, seen: set[tuple[str, str]]) -> Iterator[Distribution]:
    """The distribution of a requirement and of all that these require in turn, extras too, each once or a few times."""
    for extra in ("", *sorted(wanted.extras)):
        if (wanted.name.lower(), extra) in seen:
            continue
        seen.add((wanted.name.lower(), extra))
        yield (dist := distribution(wanted.name))
        for words in dist.requires or ():
            needed = Requirement(words)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                yield from _required(needed, seen)


def _link(dist: Distribution, packages: Path) -> None:
    """Link what a distribution has at the top of its site-packages."""
    for top in {file.parts[0] for file in dist.files or () if file.parts[0] not in ("..", "__pycache__")}:
        there, here = Path(str(dist.locate_file(top))), packages / top
        if there.exists() and not here.exists():
            here.symlink_to(there)


def _pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    at_hand = {"PIP_NO_INDEX": "1"}  # whatever is needed is here
    done = subprocess.run(
        [*command, *map(str, words)], env=os.environ | at_hand, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
