"""The options and arguments that several commands share, and how a command takes all of its own as one dataclass."""

import inspect
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from gracetape.errors import UsageError


def archives_here(incomplete: str) -> list[str]:
    """The archives in this folder whose names begin like this, for completion."""
    return sorted(path.name for path in Path().glob("*.tape") if path.name.startswith(incomplete))


ArchiveOption = Annotated[
    Path | None,
    typer.Option("--archive", "-a", metavar="ARCHIVE", help="The archive (default: the only *.tape in this folder)."),
]


def one_archive(word: Path | None, option: Path | None) -> Path | None:
    """The archive that a command's word or its option names; UsageError if both do, and not the same."""
    if word is not None and option is not None and word != option:
        raise UsageError(f"the archive is named twice: {word} and --archive {option}")
    return word or option


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Reference = Annotated[str, typer.Argument(metavar="ID", help="An object: G1234, or G1234@2 for its second capture.")]
Really = Annotated[
    list[str] | None,
    typer.Option("--yes-really-send-to", metavar="HOST", help="Let alerts leave this machine for HOST."),
]
Topics = Annotated[
    str | None,
    typer.Option(
        "--topics", metavar="NAMES",
        help="Make topics on the Kafka broker beforehand, for listeners: igwn (the usual ones), public, or names by commas.",
    ),
]  # fmt: skip


PageOption = Annotated[
    int | None,
    typer.Option(
        "--page", metavar="PORT", min=0, max=65535, help="Show it in the browser as it happens (0: any free port)."
    ),
]
ListenerOption = Annotated[
    Path | None,
    typer.Option("--listener", metavar="FOLDER", help="With --page: show the queue of the listener that logs there, too."),
]  # fmt: skip


class Show(StrEnum):
    """How standard output shows alerts: a line each for people, or JSON Lines for programs."""

    line = "line"
    json = "json"


ShowOption = Annotated[
    Show | None,
    typer.Option(
        show_default=False,
        help="How standard output shows alerts: a line each (the default on a terminal), or JSON (elsewhere).",
    ),
]


def shows_lines(asked: Show | None) -> bool:
    """Whether standard output shows a line per alert: as was asked, or if it is a terminal."""
    return asked is Show.line or (asked is None and sys.stdout.isatty())


_Options = TypeVar("_Options")


def with_options(options: type[_Options]) -> Callable[[Callable[[_Options], None]], Callable[..., None]]:
    """A command that takes one dataclass, whose fields say the options: `Annotated` as typer has it, with their defaults."""

    def made(command: Callable[[_Options], None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            command(options(**given))

        called.__name__, called.__doc__ = command.__name__, command.__doc__
        called.__signature__ = inspect.signature(options)  # type: ignore[attr-defined]  # what typer reads
        return called

    return made
