"""The documents are true: files and names that they tell of exist, their examples run, the tree of errors is the real one."""

import inspect
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import gracetape
from gracetape import dummy, errors
from gracetape.__main__ import _gathered
from gracetape.default_command import DEFAULT
from gracetape.terminal import prepared

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = "archive|brokers|capture|dummy|listen|pipelines|replay|simulate|testing|view|gracetape|tests|docs"
RUN_ELSEWHERE = {
    "replay.md",
    "plugins.md",
    "testing.md",
}  # by tests/replay/test_page.py, tests/listen/test_docs.py, tests/testing
#: What the examples name, in our tape.
OURS = {'"G1234"': '"T1"', '"S220609hl"': '"TS101020a"', "as_of=20": "as_of=2", "cutoff=40": "cutoff=4"}
NEEDS_A_BROKER = {"brokers.md"}


def examples() -> Iterator[Any]:
    """The Python of every page, each page as one text."""
    for page in PAGES:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if blocks:
            yield pytest.param(page.name, blocks, id=page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_and_links_of_a_page_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(("page", "blocks"), list(examples()))
def test_what_an_example_imports_is_there(page: str, blocks: list[str]) -> None:
    for block in blocks:
        compile(block, page, "exec")
        assert not re.search(rf"^(from|import) (?!gracetape|tests|docs)({ROOMS})\b", block, re.MULTILINE)
        for module, names in re.findall(r"^from (gracetape[\w.]*) import (.*)$", block, re.MULTILINE):
            found = import_module(module)
            for name in names.split(", "):
                assert hasattr(found, name) or import_module(f"{module}.{name}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the tapes that the examples name lie."""
    for name in ("run.tape", "S220609hl.tape", "night.tape", "tests/fixtures/short.tape"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / "fixtures" / "short.tape", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("page", "blocks"), [p for p in examples() if p.id not in RUN_ELSEWHERE | NEEDS_A_BROKER])
def test_the_examples_of_a_page_run(page: str, blocks: list[str], here: Path) -> None:
    from ligo.gracedb.rest import GraceDb

    with dummy.GraceDb(gracetape.Archive.create("simulated.tape"), user="somebody") as client:
        names = {"GraceDb": GraceDb, "third_party": SimpleNamespace(main=GraceDb), "client": client}
        for block in blocks:
            for theirs, ours in OURS.items():
                block = block.replace(theirs, ours)
            kept = [line for line in block.splitlines() if "https://gracedb" not in line and "127.0.0.1" not in line]
            exec(compile("\n".join(kept), page, "exec"), names)


def command_lines() -> Iterator[str]:
    """Every line for a shell, indented or in a block, that begins with a command of ours."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```(?:sh|console)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        lines = [*re.findall(r"^    (.*)$", text, re.MULTILINE), *"".join(blocks).splitlines()]
        yield from (line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?(gracetape|replay|capture) ", line))


def test_every_command_and_option_that_a_page_names_is_one() -> None:
    root = prepared(_gathered())
    for line in command_lines():
        words, command = line.partition("  #")[0].partition(" -- ")[0].split(), root
        words = words[1:] if words[0] == "gracetape" else words
        while words and words[0] in getattr(command, "commands", {}):
            command, words = command.resolve_command(command.context_class(command), words[:1])[1], words[1:]
        below = getattr(command, "commands", {})
        assert not below or DEFAULT in below, line
        takes = below.get(DEFAULT, command).params
        known = {option for parameter in takes for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)} <= known, line


def drawn(text: str) -> dict[str, list[str]]:
    """Error → what it is kinds of, as a tree of lines says: the one that it hangs on, and those in brackets."""
    found, above = dict[str, list[str]](), ["GracetapeError"]
    for branches, name, others in re.findall(
        r"^((?:[│ ]   )*[├└]── )(\w+) +(?:\(([A-Z][\w, ]*)\))?", text, re.MULTILINE
    ):
        depth = len(branches) // 4
        above = [*above[:depth], name]
        found[name] = [above[depth - 1], *filter(None, others.split(", "))]
    return found


@pytest.mark.parametrize("page", ["gracetape/errors.py", "docs/errors.md"])
def test_the_tree_of_errors_is_the_real_one(page: str) -> None:
    real = {name: error for name, error in vars(errors).items() if inspect.isclass(error)}
    del real["GracetapeError"]
    text = (ROOT / page).read_text(encoding="utf-8")
    assert drawn(text) == {name: [base.__name__ for base in error.__bases__] for name, error in real.items()}


def test_every_error_is_a_public_name() -> None:
    for name, error in vars(errors).items():
        if inspect.isclass(error):
            assert getattr(gracetape, name) is error
            assert error.__doc__
