"""The options and arguments that several commands share, and how a command takes all of its own as one dataclass."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer


def archives_here(incomplete: str) -> list[str]:
    """The archives in this folder whose names begin like this, for completion."""
    return sorted(path.name for path in Path().glob("*.tape") if path.name.startswith(incomplete))


ArchiveOption = Annotated[
    Path | None, typer.Option("--archive", "-a", help="The archive (default: the only *.tape in this folder).")
]
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
        help="Make topics on the Kafka broker beforehand, for listeners: igwn (the usual ones), or names by commas.",
    ),
]  # fmt: skip

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
