"""Builds wheel and source archive from a copy of the checkout, and looks into them."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(link.name for link in (ROOT / "gracetape").iterdir() if link.is_symlink())
#: What a source archive must hold besides the code.
BESIDES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff")


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the source archive, in `folder`. The wheel is made from the source archive, as whoever installs that does."""
    folder.mkdir(parents=True, exist_ok=True)
    uv = Path(sys.executable).parent / "uv"
    with tempfile.TemporaryDirectory(prefix="gracetape-build-") as name:
        copy = Path(name) / "gracetape"  # the checkout stays as it is, whatever a build leaves behind
        for top in ("gracetape", *ROOMS, *BESIDES, "MANIFEST.in"):
            _copy(ROOT / top, copy / top)
        words = ["--quiet", "--offline", "--no-build-isolation", "--python", sys.executable]
        subprocess.run([str(uv), "build", *words, "--out-dir", str(folder.resolve()), str(copy)], check=True)
    (wheel,), (source,) = folder.glob("gracetape-*.whl"), folder.glob("gracetape-*.tar.gz")
    return wheel, source


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(path, to)


def code() -> set[str]:
    """Every file of the package, as it is named where it is installed."""
    found = {f"gracetape/{path.name}" for path in (ROOT / "gracetape").iterdir() if path.is_file()}
    for room in ROOMS:
        paths = (path for path in (ROOT / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        found |= {f"gracetape/{path.relative_to(ROOT)}" for path in paths}
    return found


def check_contents(wheel: Path, source: Path) -> None:
    """SystemExit with what is missing, or too much, in either of them."""
    with zipfile.ZipFile(wheel) as packed:
        in_wheel = {name for name in packed.namelist() if not name.partition("/")[0].endswith(".dist-info")}
    with tarfile.open(source) as packed_source:
        members = packed_source.getmembers()
    in_source = {member.name.partition("/")[2] for member in members if member.isfile()}
    wrong = {f"{wheel.name} lacks {name}" for name in code() - in_wheel}
    wrong |= {f"{wheel.name} has {name}" for name in in_wheel - code()}
    wrong |= {f"{source.name} lacks {name}" for name in (code() | set(BESIDES)) - in_source}
    wrong |= {f"{source.name} has the link {member.name}" for member in members if member.issym() or member.islnk()}
    if "gracetape/py.typed" not in in_wheel:  # which holds for all rooms in it (PEP 561)
        wrong.add(f"{wheel.name} is not typed")
    if wrong:
        raise SystemExit("\n".join(sorted(wrong)))
