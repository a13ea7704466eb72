"""Plans a re-enactment from an archive and performs it on a clock, telling what was done, left out and refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ligo.gracedb.exceptions import HTTPError

from gracetape.archive import Archive, Position, Timeline
from gracetape.clocks import Clock, RealClock
from gracetape.errors import BadRequest, ReplayError
from gracetape.replay.player import due
from gracetape.replay.prepare import cutoffs_of, histories_of, read_refs
from gracetape.replay.reenact.deeds import LeftOut, Write, deed
from gracetape.replay.reenact.scene import Scene
from gracetape.schedule import Action, Schedule
from gracetape.times import gps_of

ON_ERROR = ("stop", "go-on")


@dataclass(frozen=True)
class Failure:
    """A write that did not succeed, and what the server or the client said."""

    write: Write
    reason: str

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

    def __init__(self, scene: Scene, timeline: Timeline, upto: Position) -> None:
        self.scene = scene
        self.left_out: list[LeftOut] = []
        actions, latest, zero = [], 0.0, None
        for created, found in self._deeds(timeline, upto):
            if isinstance(found, LeftOut):
                self.left_out.append(found)
                continue
            zero = zero or created
            latest = max(latest, (created - zero).total_seconds())
            actions.append(Action(latest, found, f"{found.graceid} {found.act}: {found.label}"))
        self.schedule = Schedule(actions)
        self.zero = zero

    def _deeds(self, timeline: Timeline, upto: Position) -> Iterator[tuple[datetime, Write | LeftOut]]:
        missing: set[str] = set()
        for step in timeline.steps[: upto.index]:
            for graceid, index in step.entries:
                history = timeline.histories[graceid]
                found = deed(self.scene, history, index)
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
        outcome = Outcome()
        for action in due(self.schedule, clock or RealClock()):
            write: Write = action.what
            try:
                write.call(client)
            except (HTTPError, OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
                failure = Failure(write, _said(error))
                outcome.failures.append(failure)
                if on_error == "stop":
                    raise ReplayError(f"stopped after {outcome.done} writes: {failure}") from None
                continue
            outcome.done += 1
            if after is not None:
                after(write)
        outcome.ids = self.scene.ids.given
        return outcome


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

    `cutoff` and `until` as for `play`. `group` (None: as recorded) and `search` ('': as recorded; None: as recorded in group
    Test, else MDC) say where events are put. `retime` moves all times, also those inside uploaded files, so that the first
    step happens now, or at a UTC time. `placeholders`: files that the archive lacks are written as a line that says so,
    instead of leaving their entries out. Raises BadRequest, ArchiveError.
    """
    named = read_refs(archive, refs)
    timeline = Timeline(list(histories_of(archive, named).values()))
    ends = [timeline.at(graceid, n) for graceid, n in cutoffs_of(timeline, named, cutoff).items()]
    if until is not None:
        ends.append(timeline.at_time(until))
    scene = Scene(archive, timeline.histories, group, search, placeholders=placeholders)
    if retime and timeline.steps:
        moment = retime if isinstance(retime, datetime) else datetime.now(UTC)
        scene.shift_s = gps_of(moment) - gps_of(timeline.steps[0].created)
    return Reenactment(scene, timeline, min(ends, default=timeline.end))


def in_gps_range(archive: Archive, start: float, end: float) -> list[str]:
    """The superevents, and the events outside of any, whose t_0 or gpstime lies in a range, for campaigns."""
    superevents = archive.near("superevent", start, end)
    members = {m for s in superevents for m in histories_of(archive, read_refs(archive, [s]))}
    return superevents + [graceid for graceid in archive.near("event", start, end) if graceid not in members]
