"""The reference of commands, made from the commands themselves: a page for each room, with every argument, option and example."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from gracetape.__main__ import ROOMS
from gracetape.default_command import DEFAULT
from gracetape.examples import EXAMPLES
from gracetape.terminal import prepared

#: Where the page that leads to all of them shows them.
HERE = "<!-- the commands -->"
#: What is the same of every command is told once, on that page.
EVERYWHERE = ("--version", "--help", "--install-completion", "--show-completion")


def on_files(files: Files, config: Any) -> Files:
    for room in ROOMS:
        files.append(File.generated(config, f"reference/commands/{room}.md", content=page(room)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    return markdown.replace(HERE, contents()) if page.file.src_uri == "reference/commands.md" else markdown


def contents() -> str:
    """Every command with its first sentence, and where it is told of."""
    rows = ["| command | what it does |", "|---|---|"]
    for room in ROOMS:
        for name, command in commands(room):
            rows.append(f"| [`{full(name)}`](commands/{room}.md#{anchor(name)}) | {_sentence(command)} |")
    return "\n".join(rows)


def page(room: str) -> str:
    """The page of a room's commands."""
    parts = [f"# gracetape {room}\n\n{ROOMS[room][1]}"]
    return "\n\n".join([*parts, *(section(name, command) for name, command in commands(room))]) + "\n"


def commands(room: str) -> Iterator[tuple[str, Any]]:
    """Every command of a room that does something, by its words without `gracetape`."""
    return _below(prepared(import_module(ROOMS[room][0]).app, room), room)


def _below(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    lazy = getattr(command, "rooms", {})
    known = getattr(command, "commands", {})
    if not known:
        yield name, command
    for word, inner in sorted(known.items(), key=lambda item: item[0] != DEFAULT):
        if word in lazy:
            inner = prepared(import_module(lazy[word][0]).app, f"{name} {word}")
        yield from _below(inner, name if word == DEFAULT else f"{name} {word}")


def full(name: str) -> str:
    return f"gracetape {name}"


def anchor(name: str) -> str:
    return full(name).replace(" ", "-")


def section(name: str, command: Any) -> str:
    """What there is to know of one command."""
    context = command.make_context(full(name), [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"## {full(name)} {{#{anchor(name)}}}", _text(command.help or ""), f"```text\n{full(name)} {usage}\n```"]
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        rows = [_row(p, context) for p in command.params if p.param_type_name == kind and not _is_everywhere(p)]
        if any(rows):
            parts.append(f"**{title}**\n\n" + "\n\n".join(filter(None, rows)))
    shown = "\n\n".join(f"# {what}\n{line}" for line, what in EXAMPLES.get(name, ()))
    return "\n\n".join(filter(None, [*parts, f"**Examples**\n\n```sh\n{shown}\n```" if shown else ""]))


def _is_everywhere(parameter: Any) -> bool:
    return bool(set(EVERYWHERE) & set(parameter.opts))


def _row(parameter: Any, context: Any) -> str:
    """A parameter's names, what it takes, what it means, its default and its variable; '' for one that help does not show."""
    record = parameter.get_help_record(context)
    if record is None:
        return ""
    names, said = record
    said = " ".join(said.split())
    extras = re.search(r"\[((?:env var|default|required|x[<>]|\d+<=x)[^\]]*)\]$", said)
    notes = [] if extras is None else [_note(part) for part in extras[1].split("; ")]
    meaning = said[: extras.start()].strip() if extras else said
    return f"`{names.strip()}`\n:   " + " ".join(filter(None, [_escaped(meaning), *notes]))


def _note(extra: str) -> str:
    word, _, value = extra.partition(": ")
    if word == "env var":
        return "Environment: " + ", ".join(f"`{name}`" for name in value.split(", ")) + "."
    return {"default": f"Default: `{value}`.", "required": "Required."}.get(word, f"Range: `{extra}`.")


def _sentence(command: Any) -> str:
    return _escaped(command.get_short_help_str(200)).replace("|", "\\|")


def _text(text: str) -> str:
    """A help text as Markdown: what it wants kept as it is, is."""
    parts = list[str]()
    for part in re.split(r"\n\s*\n", text.strip()):
        kept = part.lstrip()
        parts.append(f"```text\n{kept[1:].strip()}\n```" if kept.startswith("\b") else _escaped(" ".join(part.split())))
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    """Plain text, in which only backquotes mean something."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([<>*_\[\]{}])", r"\\\1", p) for p in pieces)


if __name__ == "__main__":
    print(Path(__file__).name, contents(), *(page(room) for room in ROOMS), sep="\n")
