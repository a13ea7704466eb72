"""The commands `gracetape replay` and `replay`: what the options mean, and what each end of a replay says and returns."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from archive import ArchiveError, UsageError, locate, looks_like_archive
from archive.terminal import FAILURE, USAGE, complain, damage, run
from archive.times import parse_time
from replay.clock import Clock, MaxClock, ScaledClock, check_speed
from replay.default_command import DEFAULT, DefaultCommandGroup
from replay.errors import BadRequest, ReplayError
from replay.player import Player
from replay.prepare import play
from replay.status import Stopwatch, status_line
from replay.table import print_dry_run
from replay.targets import Target, open_target

app = typer.Typer(
    cls=DefaultCommandGroup,
    help="Send an archive's alerts again, at their own pace or faster.",
    pretty_exceptions_enable=False,
    add_completion=False,
)


class MessageFormat(StrEnum):
    """The forms that messages have had: today's, and that of 2014 to mid 2018 (events only)."""

    modern = "modern"
    legacy = "legacy"


class _Terminated(BaseException):
    """SIGTERM came. No Exception, so that nothing on the way takes it for a failure of its own."""


@dataclass(frozen=True)
class _Asked:
    """The command line, read."""

    names: Sequence[str]
    archive: str | None
    speed: float | None
    cutoff: int | None
    start: int | None
    until: str | None
    format: str
    targets: Sequence[str]
    dry_run: bool
    as_json: bool
    certain_only: bool
    quiet: bool


@app.callback()
def _group() -> None:
    """Send an archive's alerts again, at their own pace or faster."""


@app.command(DEFAULT, hidden=True)
def play_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARCHIVE|ID", help="An archive and ids: G1234, G1234@2, G1234:20. None: all of it."),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(
            "--archive", "-a", metavar="PATH", help="The archive; else $GRACETAPE_ARCHIVE, else the only *.tape here."
        ),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Times as fast as it happened (default 1).", show_default=False)
    ] = None,
    maximum: Annotated[bool, typer.Option("--max", help="As fast as possible.")] = False,
    cutoff: Annotated[
        int | None, typer.Option(metavar="N", help="Nothing that the server sent after log entry N.")
    ] = None,
    start: Annotated[int | None, typer.Option(metavar="N", help="Begin at log entry N.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Nothing after this time (UTC, ISO 8601).")] = None,
    format: Annotated[MessageFormat, typer.Option(help="The form of the messages.")] = MessageFormat.modern,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="TARGET", help="- (standard output), FILE.jsonl, 'exec:CMD'; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --dry-run: JSON instead of a table.")] = False,
    certain_only: Annotated[
        bool, typer.Option("--certain-only", help="Leave out what is inferred or guessed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No status line and no summary.")] = False,
) -> None:
    """Send an archive's alerts again, at their own pace or faster."""
    if speed is not None and maximum:
        complain("--speed and --max exclude each other", USAGE)
    pace = None if maximum else 1.0 if speed is None else speed
    asked = _Asked(
        names or [],
        archive,
        pace,
        cutoff,
        start,
        until,
        format.value,
        to or ["-"],
        dry_run,
        as_json,
        certain_only,
        quiet,
    )
    _run(asked)


def _run(asked: _Asked) -> None:
    """Replay, and turn every way in which that can end into a sentence and an exit status."""
    watch, players = Stopwatch(), list[Player]()

    def summary(why: str = "") -> None:
        if not asked.quiet:
            _say(watch.summary(players[0] if players else None, why))

    try:
        with _sigterm_raises():
            problems = _replay(asked, players)
    except BadRequest as error:
        complain(error, USAGE)
    except UsageError as error:
        complain(error, USAGE)
    except (ArchiveError, ReplayError, sqlite3.Error) as error:
        _discard_stdout()
        complain(damage(error) if isinstance(error, sqlite3.Error) else error, FAILURE)
    except KeyboardInterrupt:
        summary("stopped")
        raise typer.Exit(130) from None
    except _Terminated:
        summary("terminated")
        raise typer.Exit(143) from None
    except BrokenPipeError:
        _discard_stdout()
        summary("whoever read the output went away")
        return
    except OSError as error:
        _discard_stdout()
        complain(f"cannot write: {error.strerror or error}", FAILURE)
    if not asked.dry_run:
        summary()
    for problem in problems:
        _say(f"gracetape: {problem}")
    if problems:
        raise typer.Exit(FAILURE)


def _replay(asked: _Asked, players: list[Player]) -> list[str]:
    """Play what was asked; the player is put into `players` once there is one. Returns what went wrong on the way."""
    path, ids = _archive_and_ids(asked.names, asked.archive)
    clock: Clock = MaxClock() if asked.speed is None else ScaledClock(check_speed(asked.speed))
    until = None
    if asked.until is not None:
        with _as_bad_request():
            until = parse_time(asked.until)
    player = play(
        path,
        *ids,
        clock=clock,
        cutoff=asked.cutoff,
        start=asked.start,
        until=until,
        format=asked.format,
        certain_only=asked.certain_only,
    )
    if asked.dry_run:
        print_dry_run(player, as_json=asked.as_json)
        return []
    targets: list[Target] = []
    try:
        for url in asked.targets:
            targets.append(open_target(url))
        players.append(player)
        with status_line(player, asked.speed, quiet=asked.quiet):
            player.play(targets)
    finally:
        problems = [target.close() for target in targets]
    return [problem for problem in problems if problem]


def _archive_and_ids(names: Sequence[str], named: str | None) -> tuple[str, list[str]]:
    """The archive's path and the ids from the arguments and `--archive`."""
    ids = list(names)
    if ids and looks_like_archive(ids[0]):
        if named is not None:
            raise BadRequest(f"the archive is named twice: {ids[0]} and --archive {named}")
        named = ids.pop(0)
    with _as_bad_request():
        return str(locate(named)), ids


@contextmanager
def _as_bad_request() -> Iterator[None]:
    try:
        yield
    except ArchiveError as error:
        raise BadRequest(str(error)) from None


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def terminate(*_: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _discard_stdout() -> None:
    """What Python would flush at exit cannot be written either."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    with suppress(OSError):
        typer.echo(sentence, err=True)


def main(words: Sequence[str] | None = None, name: str = "replay") -> NoReturn:
    """The command `replay`."""
    run(app, name, words)
