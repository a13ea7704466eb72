"""The arrows between rooms go one way, and the documents tell of every room."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_COMMANDS = ("pipelines",)
ROOMS = sorted(link.name for link in (ROOT / "gracetape").iterdir() if link.is_symlink())


def test_every_room_is_a_folder_at_the_top_and_a_link_in_the_package() -> None:
    assert sorted(package.parent.name for package in ROOT.glob("*/cli.py")) == [
        r for r in ROOMS if r not in WITHOUT_COMMANDS
    ]
    for room in ROOMS:
        assert (ROOT / "gracetape" / room).readlink() == Path("..") / room


def test_arrows_between_rooms_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_in_a_sentence_what_it_knows_and_is_in_the_architecture(room: str) -> None:
    assert (ROOT / room / "__init__.py").read_text().startswith('"""')
    assert f"`{room}/`" in (ROOT / "docs" / "architecture.md").read_text()


def test_every_document_that_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    named = [part.split(")")[0] for part in readme.split("](")[1:]]
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
