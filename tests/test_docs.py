"""The documents are true: files and names that they tell of exist, what their examples import is there, the tree of errors is the real one."""

import inspect
import re
import shlex
from collections.abc import Iterator
from importlib import import_module

import pytest

import gracetape
from gracetape import errors
from gracetape.__main__ import _gathered
from gracetape.default_command import DEFAULT
from gracetape.terminal import prepared
from tests.pages.blocks import ROOT, Block, Page, pages

PAGES = pages()
PYTHON = [block for page in PAGES for block in page.blocks if block.language == "python"]
ROOMS = "archive|brokers|capture|dummy|listen|pipelines|replay|simulate|testing|gracetape|tests|docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_and_links_of_a_page_are_there(page: Page) -> None:
    named = re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", page.text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.text) if not link.startswith("http")]
    assert [link for link in links if not (page.path.parent / link).exists()] == []


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.place)
def test_what_an_example_imports_is_there(block: Block) -> None:
    """Also of those that are not run."""
    compile(block.text, block.place, "exec")
    assert not re.search(rf"^(from|import) (?!gracetape|tests|docs)({ROOMS})\b", block.text, re.MULTILINE)
    for module, names in re.findall(r"^from (gracetape[\w.]*) import (.*)$", block.text, re.MULTILINE):
        found = import_module(module)
        for name in names.split(", "):
            assert hasattr(found, name) or import_module(f"{module}.{name}")


def command_lines() -> Iterator[str]:
    """Every line of a block for a shell that begins with a command of ours, also of those that are not run."""
    for page in PAGES:
        text = "".join(block.text for block in page.blocks if block.language == "sh").replace("\\\n", " ")
        yield from (line for line in text.splitlines() if re.match("(gracetape|replay|capture) ", line))


def words_of(line: str) -> list[str]:
    """The words of the first command of a line, up to those that it hands to another one."""
    words = shlex.split(line, comments=True)
    ends = [place for place, word in enumerate(words) if re.fullmatch(r"[|&;]+|\d?>+.*|--", word)]
    return words[: min(ends, default=len(words))]


def test_every_command_and_option_that_a_page_names_is_one() -> None:
    root = prepared(_gathered())
    for line in command_lines():
        words, command = words_of(line), root
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
