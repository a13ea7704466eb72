"""The help of every command ends with two examples, and each of them is a line that the command takes."""

import shlex
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from gracetape.__main__ import ROOMS
from gracetape.default_command import DEFAULT
from gracetape.examples import EXAMPLES
from gracetape.terminal import prepared


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    rooms = getattr(command, "rooms", {})
    for word, known in getattr(command, "commands", {}).items():
        inner = prepared(import_module(rooms[word][0]).app, f"{name} {word}") if word in rooms else known
        yield from _leaves(inner, name if word == DEFAULT else f"{name} {word}")
    if not getattr(command, "commands", {}):
        yield name, command


COMMANDS = {
    name: leaf
    for room, (module, *_) in ROOMS.items()
    for name, leaf in _leaves(prepared(import_module(module).app, room), room)
}


def test_every_command_has_examples_and_nothing_else_has() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    assert all(len(rows) >= 2 for rows in EXAMPLES.values())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_examples_can_be_typed(name: str) -> None:
    for line, _what in EXAMPLES[name]:
        words = shlex.split(line.split(" | ")[0].split(" > ")[0])
        while "=" in words[0]:  # what is set for this command alone
            words = words[1:]
        rest = words[1:] if words[0] == "gracetape" else words
        assert " ".join(rest).startswith(name)
        COMMANDS[name].make_context(name, rest[len(name.split()) :])


def test_help_says_what_is_wanted_where_that_is_known() -> None:
    """A file, an archive, a port or one of some words is no mere text: an option's name says no more than that itself."""
    vague = {f"{name} {one.opts[0]} {one.metavar}" for name, leaf in COMMANDS.items() for one in leaf.params
             if one.metavar in ("TEXT", "PATH", "INT", "NUMBER")}  # fmt: skip
    assert vague == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_names_types_as_people_do_and_fits(name: str) -> None:
    text = COMMANDS[name].make_context(name, [], resilient_parsing=True).get_help()
    assert "Examples:" in text
    assert not [word for word in ("<str", "<int", "<list", "<path", "<float") if word in text]
    assert all(len(line) <= 80 for line in text.splitlines() if "http" not in line), text
