"""`gracetape` is the only name that is installed; its public names are loaded when they are first used."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import gracetape

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ["gracetape"] + [
    f"gracetape.{link.name}" for link in sorted((ROOT / "gracetape").iterdir()) if link.is_symlink()
]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_what_its_line_says(package: str) -> None:
    module = import_module(package)
    names = module.__all__
    assert names
    assert set(names) <= set(dir(module))
    for name in names:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_name_is_that_of_a_module(package: str) -> None:
    module = import_module(package)
    modules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    # gracetape.capture is the room, which can be called.
    assert modules & set(module.__all__) == ({"capture"} if package == "gracetape" else set())


def test_the_room_capture_can_be_called() -> None:
    assert callable(gracetape.capture)
    with pytest.raises(gracetape.UsageError, match="is not a GraceID"):
        gracetape.capture("nonsense", archive="a.tape", client=None)


def test_importing_gracetape_loads_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import gracetape; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['gracetape', 'gracetape.lazy']"


@pytest.mark.parametrize("room", ["archive", "capture", "dummy", "listen", "replay", "simulate"])
def test_importing_a_room_reads_no_environment_and_patches_nothing(room: str) -> None:
    code = f"import gracetape.{room}; from ligo.gracedb.client import GraceDBClient; print(GraceDBClient.__init__.__module__)"
    environment = {"GRACETAPE_DUMMY": "http://127.0.0.1:1/api/"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "ligo.gracedb.client\n"
