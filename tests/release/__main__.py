"""Builds what is released and tries it: `python -m tests.release [FOLDER]` (`make dist`).

Wheel and source archive are each installed in an empty environment, with what they ask for and nothing else (a package index is
needed for that), and `smoke.py` runs there; of the source archive, from which the wheel is made, it only imports everything.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.release.building import ROOT, build, check_contents

UV = Path(sys.executable).parent / "uv"
#: What writes the list of what is installed; kept by the OWASP's CycloneDX project.
CYCLONEDX = "cyclonedx-bom>=7,<8"
TAPE, GRACEID = ROOT / "tests" / "fixtures" / "short.tape", "T1"


def main(folder: Path) -> None:
    """Build into `folder`, and try both; a list of what the wheel brings is written beside them."""
    for path in folder.glob("gracetape-*"):
        path.unlink()
    wheel, source = build(folder)
    check_contents(wheel, source)
    with empty_environment(wheel) as python:
        smoke(python, wheel, str(TAPE), GRACEID)
        print(f"{write_sbom(python, folder).name}: what {wheel.name} brings, as CycloneDX")
    with empty_environment(source) as python:
        smoke(python, source)


@contextmanager
def empty_environment(archive: Path) -> Iterator[Path]:
    """The Python of an environment that holds what an archive asks for, and nothing else; it goes at the end."""
    with tempfile.TemporaryDirectory(prefix="gracetape-release-") as name:
        python = Path(name) / "venv" / "bin" / "python"
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, Path(name) / "venv"], check=True)
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, archive], check=True)
        yield python


def smoke(python: Path, archive: Path, *what: str) -> None:
    """Run `smoke.py` there, in a folder of its own."""
    print(f"{archive.name}: ", end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="gracetape-release-") as name:
        subprocess.run([python, "-I", ROOT / "tests" / "release" / "smoke.py", *what], cwd=name, check=True)


def write_sbom(python: Path, folder: Path) -> Path:
    """What is installed there as a software bill of materials (CycloneDX), written by its own tool, which uv runs by itself."""
    sbom = folder / "gracetape-sbom.cdx.json"
    tool = [str(UV), "tool", "run", "--quiet", "--from", CYCLONEDX, "cyclonedx-py", "environment", str(python)]
    how = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(sbom)]
    subprocess.run([*tool, "--pyproject", str(ROOT / "pyproject.toml"), *how], check=True, stderr=subprocess.DEVNULL)
    names = {part["name"] for part in json.loads(sbom.read_text())["components"]}
    if missing := {"ligo-gracedb", "zstandard", "falcon"} - names:
        raise SystemExit(f"{sbom} lacks {', '.join(sorted(missing))}")
    return sbom


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
