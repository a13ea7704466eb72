"""Plans a re-enactment from an archive and performs it on a clock, telling what was done, left out and refused."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ligo.gracedb.exceptions import HTTPError

from gracetape import schedule
from gracetape.archive import Archive, Position, Timeline
from gracetape.brokers.gracedb import held
from gracetape.clocks import Clock, RealClock
from gracetape.errors import ActionFailed, BadRequest, ReplayError
from gracetape.replay.prepare import histories_of, read_refs
from gracetape.replay.reenact import ON_ERROR
from gracetape.replay.reenact.context import Context
from gracetape.replay.reenact.writes import LeftOut, Write, write_of
from gracetape.replay.selection import cutoffs_of, ends_of, mentions
from gracetape.schedule import Action, Schedule
from gracetape.times import gps_of


@dataclass(frozen=True)
class Failure:
    """A write that did not succeed, and what the server or the client said."""

    write: Write
    reason: str

    @classmethod
    def of(cls, action: Action, reason: str) -> "Failure":
        """Of an action that failed."""
        return cls(action.what, reason)

    def __str__(self) -> str:
        n = "" if self.write.n is None else f" (log entry {self.write.n})"
        return f"{self.write.act} of {self.write.graceid}{n}: {self.reason}"


@dataclass
class Outcome:
    """What came of a re-enactment: how many writes were done, the new ids by the recorded ones, the failures."""

    done: int = 0
    ids: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


class Reenactment:
    """A recorded history as a schedule of writes; `left_out` says what cannot be written and why.

    `schedule` holds an Action per write, at its seconds after the first. Performing it needs the archive open.
    """

    def __init__(self, context: Context, timeline: Timeline, ends: Mapping[str, Position]) -> None:
        self.context = context
        self.left_out: list[LeftOut] = []
        actions, latest, zero = [], 0.0, None
        for created, found in self._writes(timeline, ends):
            if isinstance(found, LeftOut):
                self.left_out.append(found)
                continue
            zero = zero or created
            latest = max(latest, (created - zero).total_seconds())
            actions.append(Action(latest, found, f"{found.graceid} {found.act}: {found.label}"))
        self.schedule = Schedule(actions)
        self.zero = zero

    def _writes(self, timeline: Timeline, ends: Mapping[str, Position]) -> Iterator[tuple[datetime, Write | LeftOut]]:
        """What is done again of each object, up to the end of its own."""
        missing: set[str] = set()
        for number, step in enumerate(timeline.steps, start=1):
            for graceid, index in step.entries:
                if number > ends[graceid].index:
                    continue
                history = timeline.histories[graceid]
                found = write_of(self.context, history, index)
                if found is None:
                    continue
                if graceid in missing:
                    found = LeftOut(graceid, found.n, found.act, "the object itself could not be made again")
                elif isinstance(found, LeftOut) and found.act in ("uploaded", "created"):
                    missing.add(graceid)
                yield step.created, found

    def perform(
        self,
        client: Any,
        clock: Clock | None = None,
        *,
        on_error: str = "stop",
        after: Callable[[Write], object] | None = None,
    ) -> Outcome:
        """Do every write at its moment. With `on_error` 'stop' the first failure raises ReplayError, with 'go-on' it is kept.

        `after` is called with each write that succeeded.
        """
        if on_error not in ON_ERROR:
            raise BadRequest(f"on_error is {' or '.join(ON_ERROR)}, not {on_error!r}")

        def told(action: Action, failure: str | None) -> None:
            if failure is None and after is not None:
                after(action.what)

        clock, ran = clock or RealClock(), schedule.Outcome()
        try:
            with held(client):
                schedule.run(
                    self.schedule, client, clock,
                    go_on=on_error == "go-on", after=told, outcome=ran, since=clock.now(), reason=_said,
                )  # fmt: skip
        except ActionFailed:
            raise ReplayError(f"stopped after {ran.done} writes: {Failure.of(*ran.failed[-1])}") from None
        return Outcome(ran.done, self.context.ids.given, [Failure.of(*failed) for failed in ran.failed])


def _said(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"the server answers {error.status_code}: {' '.join(str(error.text).split())[:200]}"
    return " ".join(str(error).split())[:200] or type(error).__name__


def reenact(
    archive: Archive,
    *refs: str,
    cutoff: int | None = None,
    until: datetime | None = None,
    group: str | None = "Test",
    search: str | None = None,
    retime: bool | datetime = False,
    placeholders: bool = False,
) -> Reenactment:
    """Plan the re-enactment of some objects (default: all) with everything that they are tied to.

    `cutoff`, cutoffs of refs and `until` as for `play`; what comes along unnamed ends with the last object that it is tied
    to. `group` (None: as recorded) and `search` ('': as recorded; None: as recorded in group Test, else MDC) say where events
    are put. `retime` moves all times, also those inside uploaded files, so that the first step happens now, or at a UTC time.
    `placeholders`: files that the archive lacks are written as a line that says so, instead of leaving their entries out.
    Raises BadRequest, ArchiveError.
    """
    named = read_refs(archive, refs)
    timeline = Timeline(list(histories_of(archive, named).values()))
    ends = _ends(timeline, named, cutoffs_of(timeline, named, cutoff))
    if until is not None:
        latest = timeline.at_time(until)
        ends = {graceid: min(end, latest) for graceid, end in ends.items()}
    context = Context(archive, timeline.histories, group, search, placeholders=placeholders)
    if retime and timeline.steps:
        moment = retime if isinstance(retime, datetime) else datetime.now(UTC)
        context.shift_s = gps_of(moment) - gps_of(timeline.steps[0].created)
    return Reenactment(context, timeline, ends)


def _ends(timeline: Timeline, named: Collection[str], cutoffs: Mapping[str, int]) -> dict[str, Position]:
    """The last moment of each object: its own, its superevent's, or the last one of the objects that it comes along with."""
    early = ends_of(timeline, cutoffs, cut_all=not named)
    ends = {graceid: early.get(graceid, timeline.end) for graceid in named or timeline.histories}
    ties = {graceid: mentions(history) for graceid, history in timeline.histories.items()}
    while len(ends) < len(timeline.histories):
        found: dict[str, Position] = {}
        for graceid in timeline.histories.keys() - ends.keys():
            tied = [end for other, end in ends.items() if graceid in ties[other] or other in ties[graceid]]
            if tied:
                found[graceid] = early.get(graceid, max(tied))
        ends |= found or dict.fromkeys(timeline.histories.keys() - ends.keys(), timeline.end)
    return ends


def in_gps_range(archive: Archive, start: float, end: float) -> list[str]:
    """The superevents, and the events outside of any, whose t_0 or gpstime lies in a range, for campaigns."""
    superevents = archive.near("superevent", start, end)
    members = {m for s in superevents for m in histories_of(archive, read_refs(archive, [s]))}
    return superevents + [graceid for graceid in archive.near("event", start, end) if graceid not in members]
