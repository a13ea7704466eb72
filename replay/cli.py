"""The commands `gracetape replay` and `replay`: what is played where, and what each end of a replay says and returns."""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from gracetape import shown
from gracetape.archive import UsageError
from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.errors import BadRequest, GracetapeError, ReplayError
from gracetape.replay import options as o
from gracetape.replay.check_cli import check_command
from gracetape.replay.faults import Faults, Touched
from gracetape.replay.player import Player
from gracetape.replay.reenact import is_server
from gracetape.replay.request import Request
from gracetape.replay.status import Stopwatch, status_line
from gracetape.replay.table import print_dry_run
from gracetape.replay.targets import Counted, Target, open_target
from gracetape.terminal import FAILURE, USAGE, commands, complain, damage, run

if TYPE_CHECKING:
    from gracetape.replay.reenact.command import Restaging

app = commands("Send an archive's alerts again, at their own pace or faster.", cls=DefaultCommandGroup, bare=True)
app.command("check")(check_command)


class _Terminated(BaseException):
    """SIGTERM came. No Exception, so that nothing on the way takes it for a failure of its own."""


@dataclass
class _Replay:
    """One run of the command: what is asked for, and what came of it so far."""

    request: Request
    targets: Sequence[str]
    serve: int | None
    branch: str | None
    dry_run: bool
    as_json: bool
    quiet: bool
    fault_log: str | None
    really: Sequence[str] = ()
    watch: Stopwatch = field(default_factory=Stopwatch)
    player: Player | None = None
    faults: Faults | None = None

    def play(self) -> list[str]:
        return _play(self)

    def summary(self, why: str = "") -> None:
        if not why and self.player is not None and self.player.stopped:
            why = "stopped"
        if not self.quiet and (why or not self.dry_run):
            _say(self.watch.summary(self.player, why))
            if self.faults is not None:
                _say(self.faults.summary())


@app.callback()
def _group() -> None:
    """Send an archive's alerts again, at their own pace or faster."""


@app.command(DEFAULT, hidden=True)
def play_command(
    names: o.Names = None,
    archive: o.ArchivePath = None,
    cutoff: o.Cutoff = None,
    start: o.Start = None,
    until: o.Until = None,
    format: o.Format = "modern",
    certain_only: o.CertainOnly = False,
    speed: o.Speed = None,
    maximum: o.Maximum = False,
    rate: o.Rate = None,
    spread: o.Spread = "as-recorded",
    loop: o.Loop = None,
    gap: o.Gap = 1.0,
    offset: o.Offset = None,
    align: o.Align = "as-recorded",
    retime: o.Retime = False,
    retime_to: o.RetimeTo = None,
    rename: o.As = None,
    copies: o.Copies = 1,
    every: o.Every = 0.0,
    drop: o.Drop = 0.0,
    duplicate: o.Duplicate = 0.0,
    corrupt: o.Corrupt = 0.0,
    delay: o.Delay = None,
    reorder: o.Reorder = 0,
    seed: o.Seed = None,
    fault_log: o.FaultLog = None,
    to: o.To = None,
    really: o.Really = None,
    serve: o.Serve = None,
    record_branch: o.RecordBranch = None,
    group: o.Group = "Test",
    search: o.Search = None,
    gps: o.Gps = None,
    placeholders: o.Placeholders = False,
    on_error: o.OnError = "stop",
    dry_run: o.DryRun = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Send an archive's alerts again, at their own pace or faster."""
    if speed is not None and maximum:
        complain("--speed and --max exclude each other", USAGE)
    played: dict[str, Any] = {
        "cutoff": cutoff,
        "start": start,
        "format": format,
        "certain_only": certain_only,
        "spread": spread,
    }
    played |= {"rate": rate, "align": align, "gap_s": gap, "names": rename or (), "copies": copies, "every_s": every}
    request = Request(
        names or [],
        archive,
        None if maximum else 1.0 if speed is None else speed,
        until,
        loop,
        offset or (),
        retime,
        retime_to,
        delay,
        played,
        {"drop": drop, "duplicate": duplicate, "corrupt": corrupt, "reorder": reorder, "seed": seed},
    )
    if record_branch is not None and serve is None:
        complain("--record-branch keeps what is written to a served GraceDB: add --serve PORT", USAGE)
    if servers := [url for url in to or [] if is_server(url)]:
        if len(to or []) > 1 or serve is not None:
            complain(f"{servers[0]} is written to, nothing is sent: name no other target beside it", USAGE)
        # Only this needs the dummy and the client, which take a second to load.
        from gracetape.replay.reenact.command import Restaging, Staging

        staging = Staging(group, search, gps, placeholders, on_error, really or ())
        _run(Restaging(request, servers[0], staging, dry_run, as_json, quiet))
        return
    _run(_Replay(request, to or ["-"], serve, record_branch, dry_run, as_json, quiet, fault_log, really or ()))


def _run(replay: "_Replay | Restaging") -> None:
    """Replay, and turn every way in which that can end into a sentence and an exit status."""
    try:
        with _sigterm_raises():
            problems = replay.play()
    except (BadRequest, UsageError) as error:
        complain(error, USAGE)
    except (GracetapeError, ReplayError, sqlite3.Error) as error:
        _discard_stdout()
        complain(damage(error) if isinstance(error, sqlite3.Error) else error, FAILURE)
    except KeyboardInterrupt:
        replay.summary("stopped")
        raise typer.Exit(130) from None
    except _Terminated:
        replay.summary("terminated")
        raise typer.Exit(143) from None
    except BrokenPipeError:
        _discard_stdout()
        replay.summary("whoever read the output went away")
        return
    except OSError as error:
        _discard_stdout()
        complain(f"cannot write: {error.strerror or error}", FAILURE)
    replay.summary()
    for problem in problems:
        _say(f"gracetape: {problem}")
    if problems:
        raise typer.Exit(FAILURE)


def _play(replay: _Replay) -> list[str]:
    """Play what was asked for. Returns what went wrong on the way."""
    player = replay.request.player()
    replay.faults = replay.request.faults()
    if replay.dry_run:
        print_dry_run(player, as_json=replay.as_json)
        return []
    targets: list[Target] = []
    try:
        with ExitStack() as stack:
            for url in replay.targets:
                targets.append(open_target(url, replay.really))
            if replay.faults is not None:
                replay.faults.on_touch = _fault_teller(replay, stack)
            if replay.serve is not None:
                from gracetape.replay.serving import following

                served = following(player, port=replay.serve, branch=replay.branch)
                _say(f"a GraceDB that follows this replay is at {stack.enter_context(served)}")
            replay.player = player
            programs = any(url.startswith("exec:") for url in replay.targets)
            stack.enter_context(status_line(player, quiet=replay.quiet, programs=programs))
            player.play(targets, faults=replay.faults)
    finally:
        problems = [target.close() for target in targets]
        for told in (target.told() for target in targets if isinstance(target, Counted) and not replay.quiet):
            _say(told)
    return [problem for problem in problems if problem]


def _fault_teller(replay: _Replay, stack: ExitStack) -> Callable[[Touched], None]:
    """What is told of each message that a fault touches: a line of JSON in the log, or else a sentence."""
    if replay.fault_log is None:
        return lambda touched: None if replay.quiet else _say(str(touched))
    try:
        log = stack.enter_context(Path(replay.fault_log).open("w", encoding="utf-8"))  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise BadRequest(f"cannot write {replay.fault_log!r}: {getattr(error, 'strerror', None) or error}") from None
    return lambda touched: print(json.dumps(touched.record()), file=log, flush=True)


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
        shown.say(sentence, error=True)


def main(words: Sequence[str] | None = None, name: str = "replay") -> NoReturn:
    """The command `replay`."""
    run(app, name, words)
