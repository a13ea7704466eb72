"""How commands speak on a terminal: one sentence for what went wrong, tables or JSON for what was asked."""

import functools
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer

from gracetape.errors import GracetapeError, UsageError

P = ParamSpec("P")
R = TypeVar("R")

#: Exit codes: what was asked for is wrong, or it failed.
USAGE, FAILURE = 2, 1
#: What is raised for command lines that cannot be read. Typer has its own copy of click, or not, by version.
_Unreadable: Any = typer.BadParameter.__mro__[2]


def damage(error: sqlite3.Error) -> str:
    """What a database that cannot be read means, as one sentence."""
    return f"the archive is damaged, `gracetape archive verify` tells more: {error}"


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
        except GracetapeError as error:
            complain(error)
        except BrokenPipeError:
            # The reader (head, less) has gone: nothing is wrong, and nothing more can be said.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except sqlite3.Error as error:
            complain(damage(error))
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else error)

    return guarded


def commands(help: str, *, cls: type[typer.core.TyperGroup] | None = None, bare: bool = False) -> typer.Typer:
    """An application of typer that speaks as all commands here do: plain help that fits any terminal, one sentence for a failure.

    `bare`: it does something without any words, too; else it shows its help then.
    """
    return typer.Typer(
        help=help, cls=cls, no_args_is_help=not bare, rich_markup_mode=None, pretty_exceptions_enable=False,
        add_completion=False,
    )  # fmt: skip


def run(app: typer.Typer, name: str, words: Sequence[str] | None = None) -> NoReturn:
    """Run a command line as the command `name`; words that it cannot read are answered with one sentence and exit code 2.

    Every command knows `-h` and `--version`; a command of its own (no blank in its name) can install completion for a shell.
    """
    words = list(sys.argv[1:] if words is None else words)
    if "--version" in words[: words.index("--")] if "--" in words else "--version" in words:
        from importlib.metadata import version

        print(f"gracetape {version('gracetape')}")
        raise SystemExit(0)
    command = typer.main.get_command(app)
    for known in (command, *getattr(command, "commands", {}).values()):
        known.context_settings["help_option_names"] = ["--help", "-h"]
    if " " not in name:
        command.params.extend(typer.main.get_install_completion_arguments())
    try:
        code = command.main(words, prog_name=name, standalone_mode=False)
    except _Unreadable as error:
        context = getattr(error, "ctx", None)
        said = " ".join(error.format_message().split()).rstrip(".")
        if context is not None and not context.args and type(error).__name__ == "NoArgsIsHelpError":
            print(context.get_help(), file=sys.stderr)
        else:
            where = context.command_path if context is not None else name
            print(f"gracetape: {said}: `{where} --help` tells what can be asked", file=sys.stderr)
        raise SystemExit(USAGE) from None
    except (typer.Abort, KeyboardInterrupt):
        raise SystemExit(130) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def show_json(value: Any) -> None:
    """Print a value as JSON, indented on a terminal."""
    print(json.dumps(value, ensure_ascii=not sys.stdout.isatty(), indent=2 if sys.stdout.isatty() else None))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """Print rows as a table; columns whose name starts with `>` are numbers, flush right."""
    # Only this needs rich, which takes longer to load than all else here.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

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


def printable(text: str) -> str:
    """Text from a record made safe for a terminal: control characters and the like become blanks."""
    return "".join(c if c.isprintable() else " " for c in text)


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
