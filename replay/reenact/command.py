"""`replay … --to dummy:ARCHIVE|gracedb+https://…`: what is written where, and what is told of it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from shutil import get_terminal_size
from typing import Any

from gracetape.archive import Archive
from gracetape.clocks import clock_for
from gracetape.errors import BadRequest
from gracetape.plain_text import by_cause, cut, plain
from gracetape.progress import progress
from gracetape.replay.options import Options
from gracetape.replay.prepare import Tape
from gracetape.replay.reenact.perform import Outcome, Reenactment, in_gps_range, reenact
from gracetape.replay.reenact.server import open_server
from gracetape.replay.reenact.writes import LeftOut, Write
from gracetape.replay.request import tapes_of, time_of
from gracetape.replay.targets.stream import write_out
from gracetape.shown import printable, say, target
from gracetape.storms import MANY, Storm, repeated, tell_of
from gracetape.tables import show_table
from gracetape.times import iso_time

_LONGEST_LINE = 160  # cells, off a terminal
_WIDE = 60  # cells of a line from which on what was done is a column: on narrower ones the words need the room
_TOLD = 12  # entries left out that are named one by one


@dataclass
class ReenactmentRun:
    """One run of the command: what is asked for (see docs/reenact.md), and what came of it so far."""

    options: Options
    target: str
    outcomes: list[Outcome] = field(default_factory=list)
    done: int = 0
    _columns: tuple[int, int, int] = (0, 0, 0)

    def play(self) -> list[str]:
        """Do it. Returns what went wrong on the way. Raises BadRequest, ReplayError, ArchiveError."""
        tapes = tapes_of(self.options)
        if len(tapes) != 1:
            raise BadRequest("one archive is re-enacted at a time")
        with Archive.open(tapes[0].archive if isinstance(tapes[0].archive, str) else str(tapes[0].archive)) as archive:
            names = self._names(archive, tapes[0])
            if self.options.dry_run:
                plan = self._plan(archive, names)
                self._tell_of_storm(plan)
                self._show(plan)
                return []
            for lap in self._laps():
                self._lap(archive, names, lap)
        return [str(failure) for outcome in self.outcomes for failure in outcome.failures]

    def summary(self, why: str = "") -> None:
        """Say what was done."""
        if self.options.dry_run or self.options.quiet:
            return
        ids = sum(len(outcome.ids) for outcome in self.outcomes)
        begin = f"{why}: " if why else ""
        say(f"{begin}{self.done} writes done, {ids} objects made at {target(self.target)}", error=True)

    # -- planning

    def _names(self, archive: Archive, tape: Tape) -> list[str]:
        if self.options.gps is None:
            return list(tape.refs)
        if tape.refs:
            raise BadRequest("--gps chooses the objects: name no ids beside it")
        start, _, end = self.options.gps.partition(":")
        try:
            found = in_gps_range(archive, float(start), float(end))
        except ValueError:
            raise BadRequest(f"--gps {self.options.gps}: write START:END in GPS seconds") from None
        if not found:
            raise BadRequest(f"{archive.path} has nothing between GPS {start} and {end}")
        return found

    @property
    def _times(self) -> int | None:
        """How many laps there are; None: endless."""
        return 1 if self.options.loop is None else self.options.loop or None

    def _laps(self) -> Iterator[int]:
        return count() if self._times is None else iter(range(self._times))

    def _tell_of_storm(self, plan: Reenactment) -> None:
        """How much will be written, if that is much: all laps are as long as the first."""
        laps, writes = self._times, len(plan.schedule)
        if self.options.quiet or (laps == 1 and writes < MANY):
            return
        size = sum(action.what.size for action in plan.schedule) * (laps or 1)
        speed = self.options.speed or 1.0
        duration_s = None if self.options.maximum else plan.schedule.duration_s * (laps or 1) / speed
        pace, each = "" if self.options.maximum else f" (speed {speed:g})", "lap" if laps is None else ""
        tell_of(
            Storm(
                writes * (laps or 1),
                size,
                duration_s,
                times=repeated(laps, "laps"),
                each=each,
                unit="writes",
                pace=pace,
            )
        )

    def _plan(self, archive: Archive, names: list[str]) -> Reenactment:
        asked = self.options
        with progress("planning"):
            return reenact(
                archive, *names, cutoff=asked.cutoff, until=time_of(asked.until),
                group=None if asked.group == "as-recorded" else asked.group,
                search="" if asked.search == "as-recorded" else asked.search,
                retime=time_of(asked.retime_to) or asked.retime, placeholders=asked.placeholders,
            )  # fmt: skip

    # -- performing

    def _lap(self, archive: Archive, names: list[str], lap: int) -> None:
        plan = self._plan(archive, names)
        if lap == 0:
            self._tell_of_storm(plan)
            self._tell_what_is_left_out(plan.left_out)
        self._columns = _columns_of(plan)
        clock = clock_for(self.options.speed, self.options.maximum)
        zero = (plan.zero or datetime.now(UTC)) + timedelta(seconds=plan.context.shift_s)
        with open_server(
            self.target, self.options.really or (), lambda: zero + timedelta(seconds=clock.now()), archive
        ) as client:
            on_error = self.options.on_error
            with progress("writing", len(plan.schedule), "writes") as done:

                def after(write: Write) -> None:
                    done.advance()
                    self._tell(plan, write)

                outcome = plan.perform(client, clock, on_error=on_error, after=after)
        self.outcomes.append(outcome)

    def _tell(self, plan: Reenactment, write: Write) -> None:
        self.done += 1
        if not self.options.quiet:
            now = plan.context.ids.given.get(write.graceid, "")
            old, new, act = self._columns
            line = f"{write.graceid:{old}} -> {now:{new}} {write.act:{act}} {write.label}"
            write_out(cut(printable(line), _width()).rstrip() + "\n")

    def _tell_what_is_left_out(self, left_out: list[LeftOut]) -> None:
        if self.options.quiet or not left_out:
            return
        told = by_cause(
            f"{left.act} of {left.graceid}{'' if left.n is None else f':{left.n}'}: {_cause(left)}" for left in left_out
        )
        for line in told[:_TOLD]:
            say(f"left out: {line}", error=True)
        if len(told) > _TOLD or len(told) < len(left_out):
            say(f"left out: {len(left_out)} in all (--dry-run --json tells of each)", error=True)

    def _show(self, plan: Reenactment) -> None:
        if self.options.as_json:
            write_out(json.dumps([*_rows(plan), *_left(plan)], indent=2) + "\n")
            return
        show_table(
            (">offset (s)", "id", ">N", "act", "~what"),
            [(f"{row['offset']:.0f}", row["graceid"], row["n"], row["act"], plain(row["what"])) for row in _rows(plan)],
        )
        self._tell_what_is_left_out(plan.left_out)


def _width() -> int:
    """Cells of a line that tells of a write: those of the terminal but the last, after which some begin another line."""
    return get_terminal_size().columns - 1 if sys.stdout.isatty() else _LONGEST_LINE


def _columns_of(plan: Reenactment) -> tuple[int, int, int]:
    """Cells of the old id, the new one (which a Test object may have a letter longer) and the act, on lines that tell of writes."""
    old = max((len(action.what.graceid) for action in plan.schedule), default=0)
    act = max((len(action.what.act) for action in plan.schedule), default=0)
    return old, old + 1, act if _width() >= _WIDE else 0


def _cause(left: LeftOut) -> str:
    """Why, without the name of the file that is not there: for many files it is the same."""
    before, absent, cause = left.reason.partition(" is absent: ")
    return f"a file is absent: {cause}" if absent and before.startswith("the file ") else left.reason


def _rows(plan: Reenactment) -> Iterator[dict[str, Any]]:
    """What would be written: time (recorded, UTC), offset (s), id, log entry, act, text."""
    for action in plan.schedule:
        write: Write = action.what
        moment = iso_time((plan.zero or datetime.now(UTC)) + timedelta(seconds=action.dt))
        yield {
            "time": moment, "offset": action.dt, "graceid": write.graceid, "n": write.n, "act": write.act, "what": write.label,
        }  # fmt: skip


def _left(plan: Reenactment) -> Iterator[dict[str, Any]]:
    return ({"graceid": left.graceid, "n": left.n, "act": left.act, "left out": left.reason} for left in plan.left_out)
