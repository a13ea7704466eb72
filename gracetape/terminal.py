"""How commands speak on a terminal: one sentence for what went wrong, tables or JSON for what was asked."""

import codecs
import functools
import io
import itertools
import json
import os
import re
import signal
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer

from gracetape.command_line import UNREADABLE, commands, prepared
from gracetape.errors import ArchiveError, GracetapeError, UsageError
from gracetape.shown import guard, human_bytes, printable, printable_json, say, telling, visible

__all__ = [
    "FAILURE",
    "USAGE",
    "commands",
    "complain",
    "damage",
    "human_bytes",
    "prepared",
    "printable",
    "run",
    "say",
    "sentences",
    "show_json",
    "show_text",
]

P = ParamSpec("P")
R = TypeVar("R")

#: Exit codes: what was asked for is wrong, or it failed; Ctrl-C ended it.
USAGE, FAILURE, STOPPED = 2, 1, 130


def damage(error: sqlite3.Error) -> str:
    """What a database that cannot be read or written means, as one sentence."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return f"a disk is full: that of the archive, or of the folder for temporary files ({tempfile.gettempdir()}; TMPDIR names another)"
    return f"the archive is damaged, `gracetape archive verify` tells more: {error}"


def complain(sentence: object, code: int = FAILURE) -> NoReturn:
    """Say one sentence on stderr and end the command."""
    say(f"gracetape: {' '.join(str(sentence).split())}", error=True)
    raise typer.Exit(code)


def sentences(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose failures are one sentence and an exit code, never a traceback; Ctrl-C ends it within seconds."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        from gracetape.leaving import ENDS_S, bounded, leave  # which a help needs not

        try:
            with bounded(ENDS_S, lambda _: leave(STOPPED, "stopped"), of=_is_python_s_own):
                return command(*args, **kwargs)
        except UsageError as error:
            complain(error, USAGE)
        except GracetapeError as error:
            complain(error)
        except KeyboardInterrupt as stop:
            from gracetape.signals import status_of

            complain("stopped", status_of(stop))
        except BrokenPipeError:
            _forget_reader()
            raise typer.Exit(0) from None
        except sqlite3.Error as error:
            complain(damage(error))
        except ModuleNotFoundError as error:
            from gracetape.installing import lacking

            if (told := lacking(error)) is None:
                raise
            complain(told)
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else error)

    return guarded


def _forget_reader() -> None:
    """The reader (head, less) has gone: nothing is wrong, and nothing more can be said, not even what is still to be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(app: typer.Typer, name: str, words: Sequence[str] | None = None) -> NoReturn:
    """Run a command line as the command `name`; words that it cannot read are answered with one sentence and exit code 2.

    Every command knows `-h` and `--version`; a command of its own (no blank in its name) can install completion for a shell.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # strangers' texts may hold what no encoding can write
    words = list(sys.argv[1:] if words is None else words)
    guard(words)
    try:
        try:
            _at_ctrl_c(signal.default_int_handler, instead_of=signal.SIG_DFL)
            command = prepared(app, name, completes=" " not in name)
            telling["progress"] = True
            code = command.main(words, prog_name=name, standalone_mode=False)
        finally:  # in which Ctrl-C may come, too
            telling["progress"] = False
            _at_ctrl_c(signal.SIG_DFL, instead_of=signal.default_int_handler)
    except UNREADABLE as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context is not None else name
        said = _suggesting(" ".join(error.format_message().split()).rstrip("."), where)
        if context is not None and not context.args and type(error).__name__ == "NoArgsIsHelpError":
            print(context.get_help(), file=sys.stderr)
        else:
            say(
                f"gracetape: {said}{'' if said.endswith('?') else ':'} `{where} --help` tells what can be asked",
                error=True,
            )
        raise SystemExit(USAGE) from None
    except SystemExit:
        if (
            type(sys.stdout).__name__ == "PacifyFlushWrapper"
        ):  # what click makes of a reader that went away while it wrote a help
            raise SystemExit(0) from None
        raise
    except UsageError as error:  # what was set once makes no sense
        say(f"gracetape: {' '.join(str(error).split())}", error=True)
        raise SystemExit(USAGE) from None
    except (typer.Abort, KeyboardInterrupt):
        say("gracetape: stopped", error=True)
        raise SystemExit(STOPPED) from None
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_reader()
    raise SystemExit(code if isinstance(code, int) else 0)


def _at_ctrl_c(act: Any, instead_of: Any) -> None:
    """What Ctrl-C does from now on, if it does the other thing now: a handler of the process's own stays.

    At the command's beginning and end Python only loads modules, or tidies up: ended there, it would print a traceback.
    """
    if signal.getsignal(signal.SIGINT) is instead_of and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, act)


def _is_python_s_own(number: int) -> bool:
    """Whether a signal is left to Python: a command that has other plans for it knows how long those take."""
    return signal.getsignal(number) is signal.default_int_handler


def _instead(word: str) -> str:
    """What was perhaps meant by a word that stands where a command should: one of a room, or an archive before its command."""
    from gracetape.examples import EXAMPLES

    if word.endswith(".tape"):
        return f": an archive comes after the command, as in gracetape archive ls {word}"
    known = [f"gracetape {command}" for command in EXAMPLES if command.endswith(f" {word}")]
    return f". Did you mean {' or '.join(map(repr, known))}?" if known else ""


def _suggesting(said: str, where: str) -> str:
    """What typer says of the words of the command `where`, with what was perhaps meant."""
    said = said.replace("Value error, ", "")
    if (wrong := re.match(r"No such command '([^']*)'", said)) and "Did you mean" not in said:
        return f"{said}{_instead(wrong[1])}"
    if "Missing argument 'ID" in said and where.startswith("gracetape archive"):
        return f"{said} (`gracetape archive ls` lists them)"
    found = re.search(r"'([^']*)' is not one of ('.*)$", said)
    from difflib import get_close_matches

    close = get_close_matches(found[1], re.findall("'([^']*)'", found[2])) if found else []
    return f"{said}. Did you mean {close[0]!r}?" if close else said


def show_json(value: Any) -> None:
    """Print a value as JSON, indented on a terminal."""
    print(printable_json(value, indent=2) if sys.stdout.isatty() else json.dumps(value))


def show_text(pieces: Iterable[bytes], name: str) -> None:
    """Print a stranger's text, whose orders to the terminal become visible; ArchiveError if it is no text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in itertools.chain(pieces, [b""]):
            if b"\0" in piece:
                raise UnicodeError
            sys.stdout.write(visible(decoder.decode(piece, final=not piece), keep="\n\t"))
    except UnicodeError:
        raise ArchiveError(f"{name} is no text, which a terminal could show: send it to a file with > FILE") from None
    sys.stdout.flush()
