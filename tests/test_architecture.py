"""The arrows between rooms go one way, and the documents tell of every room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_COMMANDS = ("pipelines", "testing")
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


def only_for_types(path: Path) -> Iterator[str]:
    """The modules of gracetape that a file imports for type checkers alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from (str(found.module) for found in node.body if isinstance(found, ast.ImportFrom))


def test_inside_the_archive_an_archive_and_its_transactions_alone_know_each_other() -> None:
    files = [path for path in sorted((ROOT / "archive").rglob("*.py")) if path.name != "__init__.py"]
    found = {(path.name, module) for path in files for module in only_for_types(path) if module.startswith("gracetape")}
    assert found == {("store.py", "gracetape.archive.writing")}


def test_the_store_knows_no_histories() -> None:
    code = "import sys; from gracetape.archive.store import Archive; import gracetape.archive.writing, gracetape.archive.verify\n"
    code += "print([name for name in [*sys.modules, *dir(Archive)] if 'histor' in name or 'timeline' in name])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_in_a_sentence_what_it_knows_and_is_in_the_architecture(room: str) -> None:
    assert (ROOT / room / "__init__.py").read_text().startswith('"""')
    assert f"`{room}/`" in (ROOT / "docs" / "architecture.md").read_text()


def test_every_document_that_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    named = [part.split(")")[0] for part in readme.split("](")[1:]]
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
