"""One run of the command `replay`: what is played to which targets, and what each end of it says and returns."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Protocol

import typer

from gracetape import shown
from gracetape.errors import BadRequest, GracetapeError, UsageError
from gracetape.leaving import finish, terminable
from gracetape.live_pages import Teller, live_page
from gracetape.options import shows_lines
from gracetape.replacing import only_over
from gracetape.replay.faults import Faults, Touched
from gracetape.replay.moves import PlayerMoves
from gracetape.replay.options import Options
from gracetape.replay.player import Player
from gracetape.replay.request import faults_of, player_of, time_of
from gracetape.replay.status import Output, Stopwatch, status_line
from gracetape.replay.storm import storm_of
from gracetape.replay.table import print_dry_run
from gracetape.replay.targets import Counted, StdoutTarget, Target, open_target
from gracetape.replay.targets.lines import LinesTarget
from gracetape.replay.targets.page import PageTarget
from gracetape.replay.targets.stream import Existing
from gracetape.signals import Terminated, status_of
from gracetape.storms import tell_of
from gracetape.terminal import FAILURE, USAGE, complain, damage
from gracetape.times import shown_time
from gracetape.topics import with_public_topics, with_topics


class Run(Protocol):
    """One run of the command, and what came of it so far."""

    def play(self) -> list[str]:
        """Do what was asked for. Returns what went wrong on the way."""

    def summary(self, why: str = "") -> None:
        """Say what was done, after the reason for an early end if there is one."""


def _fate(options: Options) -> str:
    """What becomes of writes to the GraceDB that is served."""
    if options.as_public and options.record_branch is None:
        return "it shows what is public, and writes are refused"
    if options.record_branch is not None:
        return f"writes are kept in {options.record_branch}"
    return (
        "writes are refused" if options.read_only else "writes are thrown away at the end: --record-branch keeps them"
    )


class ReplayRun:
    """Alerts sent to targets."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.player: Player | None = None
        self.faults: Faults | None = None
        self._watch = Stopwatch()

    def play(self) -> list[str]:
        """Play what was asked for. Returns what went wrong on the way."""
        options = self.options
        begin = time_of(options.at)
        player = player_of(options)
        self.faults = faults_of(options)
        self._tell_of_other_forms(player)
        storm = None if options.quiet or options.shard is not None else storm_of(player, options.copies)
        with suppress(OSError):
            tell_of(storm)
        if options.dry_run:
            print_dry_run(player, as_json=options.as_json)
            return []
        urls, targets = options.to or [], list[Target]()
        if player.public:
            urls = [with_public_topics(url) for url in urls]
        if options.topics is not None:
            urls = with_topics(urls, options.topics)
        existing = Existing.append if options.append else Existing.replace if options.force else Existing.refuse
        try:
            with ExitStack() as stack:
                for url in urls:
                    opened = open_target(url, options.really or (), existing)
                    targets.append(Output(opened) if isinstance(opened, StdoutTarget) else opened)
                if options.show is not None or not urls:
                    targets.append(Output(self._shown()))
                if self.faults is not None:
                    self.faults.on_touch = self._fault_teller(stack)
                if options.serve is not None:
                    from gracetape.replay.serving import following

                    served = following(
                        player, port=options.serve, branch=options.record_branch, scratch=not options.read_only
                    )
                    _say(f"a GraceDB that follows this replay is at {stack.enter_context(served)} ({_fate(options)})")
                if (to_page := stack.enter_context(self._page(player))) is not None:
                    targets.append(PageTarget(to_page))
                self.player = player
                programs = any(url.startswith("exec:") for url in urls)
                tell = stack.enter_context(
                    status_line(
                        player,
                        quiet=options.quiet,
                        programs=programs,
                        storm=storm is not None or not player.queue.counted,
                        outputs=[target for target in targets if isinstance(target, Output)],
                    )
                )
                if begin is not None:
                    if not options.quiet:
                        _say(f"gracetape: begins at {shown_time(begin)} UTC")
                    player.begin_at(begin)
                    self._watch = Stopwatch()  # of what is sent, not of what was waited for
                player.play(targets, tell, faults=self.faults)
        except KeyboardInterrupt:
            self._leave(targets, hasty=True)
            raise
        except BaseException:
            self._leave(targets)
            raise
        finally:
            if player.share is not None:
                player.share.close()
        return self._leave(targets, hasty=player.stopped)

    def _leave(self, targets: Sequence[Target], *, hasty: bool = False) -> list[str]:
        """Finish with every target, soon if it is `hasty`, and from a signal on: what is lost thereby is said. Returns what went wrong."""
        problems, signal_came = list[str](), None
        for target in targets:
            try:
                problem = finish(target, soon=hasty)
            except KeyboardInterrupt as error:
                if hasty:
                    _say("gracetape: left at once by a second signal: what was not acknowledged may not be delivered")
                    raise
                hasty, signal_came = True, error
                problem = finish(target, soon=True)
            problems += [problem] if problem else []
        for told in (target.told() for target in targets if isinstance(target, Counted) and not self.options.quiet):
            _say(told)
        if signal_came is not None or sys.exception() is not None:
            for problem in problems:
                _say(f"gracetape: {problem}")
        if signal_came is not None:
            raise signal_came
        return problems

    def _tell_of_other_forms(self, player: Player) -> None:
        """What is not sent because it has another form: a word, or an error if that is all there is."""
        if player.left_out and not len(player.queue):
            raise UsageError("; ".join(player.left_out))
        for sentence in (*player.left_out, *player.remarks) if not self.options.quiet else ():
            _say(f"gracetape: {sentence}")

    def _page(self, player: Player) -> AbstractContextManager[Teller | None]:
        """The page that shows the replay, if one was asked for."""
        options, copies = self.options, player.queue.copies
        source = copies[0].selection.source if copies else None
        names = ", ".join(Path(copy.selection.origin).name for copy in copies[:3] if copy.selection.source is not None)
        what = f"replay of {names or ', '.join(options.names or ['messages'])}"
        return live_page(options.page, what, source, PlayerMoves(player), options.listener)

    def _shown(self) -> Target:
        """Standard output: lines for a person on a terminal, JSON for a program elsewhere, or what was asked for."""
        return LinesTarget(each=self.faults is not None) if shows_lines(self.options.show) else StdoutTarget()

    def summary(self, why: str = "") -> None:
        """Say what was sent, after the reason for an early end if there is one."""
        if not why and self.player is not None and self.player.stopped:
            why = "stopped"
        if not self.options.quiet and (why or not self.options.dry_run):
            _say(self._watch.summary(self.player, why))
            if self.faults is not None:
                _say(self.faults.summary())

    def _fault_teller(self, stack: ExitStack) -> Callable[[Touched], None]:
        """What is told of each message that a fault touches: a line of JSON in the log, or else a sentence."""
        if self.options.fault_log is None:
            return lambda touched: None if self.options.quiet else _say(str(touched))
        try:
            only_over(Path(self.options.fault_log), lambda head: head.startswith(b'{"'), "log of faults")
            log = stack.enter_context(Path(self.options.fault_log).open("w", encoding="utf-8"))  # noqa: SIM115
        except (OSError, ValueError) as error:
            raise BadRequest(
                f"cannot write {self.options.fault_log!r}: {getattr(error, 'strerror', None) or error}"
            ) from None
        return lambda touched: print(json.dumps(touched.record()), file=log, flush=True)


def end_well(replay: Run) -> None:
    """Replay, and turn every way in which that can end into a sentence and an exit status."""
    try:
        with terminable():
            problems = replay.play()
    except UsageError as error:
        complain(error, USAGE)
    except (GracetapeError, sqlite3.Error) as error:
        _discard_stdout()
        complain(damage(error) if isinstance(error, sqlite3.Error) else error, FAILURE)
    except KeyboardInterrupt as stop:
        replay.summary("terminated" if isinstance(stop, Terminated) else "stopped")
        raise typer.Exit(status_of(stop)) from None
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


def _discard_stdout() -> None:
    """What Python would flush at exit cannot be written either."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    with suppress(OSError):
        shown.say(sentence, error=True)
