"""How commands speak on a terminal: one sentence for what went wrong, tables or JSON for what was asked."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.errors import ArchiveError

P = ParamSpec("P")
R = TypeVar("R")

#: Exit codes: what was asked for is wrong, or it failed.
USAGE, FAILURE = 2, 1


class UsageError(ArchiveError):
    """What was asked for makes no sense; exit code 2."""


def complain(sentence: object, code: int = FAILURE) -> NoReturn:
    """Say one sentence on stderr and end the command."""
    text = " ".join(str(sentence).split())
    print(f"gracetape: {text}", file=sys.stderr)
    raise typer.Exit(code)


def sentences(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose failures are one sentence and an exit code, never a traceback."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except UsageError as error:
            complain(error, USAGE)
        except ArchiveError as error:
            complain(error)
        except BrokenPipeError:
            # The reader (head, less) has gone: nothing is wrong, and nothing more can be said.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else error)

    return guarded


def show_json(value: Any) -> None:
    """Print a value as JSON, indented on a terminal."""
    print(json.dumps(value, ensure_ascii=not sys.stdout.isatty(), indent=2 if sys.stdout.isatty() else None))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """Print rows as a table; columns whose name starts with `>` are numbers, flush right."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)


def human_bytes(size: int | None) -> str:
    """`1.2 MB` for a number of bytes."""
    if size is None:
        return "absent"
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
