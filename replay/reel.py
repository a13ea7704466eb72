"""What is to be played, merged lazily: tracks of alerts, each played by one or more lanes, moved and changed on the way."""

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import PathLike
from typing import TYPE_CHECKING

from gracetape.replay.change import UNCHANGED, Change
from gracetape.replay.spread import offsets

if TYPE_CHECKING:
    from gracetape.archive import Alert, Archive, Position, Timeline


@dataclass(slots=True)
class Cue:
    """A message's place: `dt` played seconds after the reel's beginning, in which lane, which alert of its track."""

    dt: float
    lane: int
    index: int


class Track:
    """Alerts in order, each held once, with their seconds since `born` (UTC).

    `timeline` is the one that they lie on, `source` the archive that it is of (open, or its path).
    """

    def __init__(
        self,
        alerts: Sequence["Alert"],
        *,
        timeline: "Timeline | None" = None,
        source: "Archive | str | PathLike[str] | None" = None,
        spread: str = "as-recorded",
    ) -> None:
        self.alerts = alerts
        self.timeline, self.source = timeline, source
        born, self.offsets = offsets([alert.created for alert in alerts], spread)
        self.born = born if born is not None else datetime(1980, 1, 6, tzinfo=UTC)

    @property
    def origin(self) -> str:
        """The path of the archive, for telling tracks of one from tracks of another."""
        return str(getattr(self.source, "path", self.source))

    @property
    def duration_s(self) -> float:
        """Seconds from the beginning to the last message."""
        return self.offsets[-1] if self.offsets else 0.0

    @property
    def messages(self) -> int:
        """How many messages the alerts are: one per node."""
        return sum(len(alert.nodes) for alert in self.alerts)

    def index_after(self, position: "Position") -> int:
        """The first alert that tells of something at or after a moment of the timeline."""
        return next((i for i, a in enumerate(self.alerts) if a.position is None or a.position >= position), len(self))

    def __len__(self) -> int:
        return len(self.alerts)


@dataclass
class Lane:
    """A track played once, beginning `start_s` after the reel; `change_of` gives what each lap makes of its alerts."""

    track: Track
    start_s: float = 0.0
    change_of: Callable[[int], Change] = field(default=lambda lap: UNCHANGED)

    @property
    def plain(self) -> bool:
        """Whether its alerts are sent as they were recorded."""
        return self.change_of(0) is UNCHANGED


class Reel:
    """Lanes in one order, played `laps` times over (None: for ever) with `gap_s` seconds between, and the place reached.

    Nothing is copied: a lane holds a place on its track, and an alert is changed when it is taken.
    """

    def __init__(self, lanes: Sequence[Lane], *, laps: int | None = 1, gap_s: float = 1.0) -> None:
        self.lanes = [lane for lane in lanes if len(lane.track)]
        self.laps, self.gap_s = laps, gap_s
        self.lap_length = sum(len(lane.track) for lane in self.lanes)
        self.duration_s = max((lane.start_s + lane.track.duration_s for lane in self.lanes), default=0.0)
        self.done = 0  # alerts before the place where it stands
        self._changes: dict[int, Change] = {}
        self._waiting: list[tuple[float, int, int]] = []
        self._next: Cue | None = None  # what `peek` found
        self._go(0, [0] * len(self.lanes))

    def __len__(self) -> int:
        """How many alerts there are in all laps (in one, if they are endless)."""
        return self.lap_length * (self.laps or 1)

    @property
    def messages(self) -> int:
        """How many messages all laps are (one, if they are endless)."""
        return sum(lane.track.messages for lane in self.lanes) * (self.laps or 1)

    @property
    def end_s(self) -> float:
        """Played seconds from the beginning to the last message of this lap."""
        return self.base_s + self.duration_s

    # -- where it stands

    def _go(self, lap: int, places: Sequence[int]) -> None:
        """Stand in a lap, at an index of each lane's track."""
        self.lap = lap
        self._next = None
        self._changes.clear()
        self.base_s = lap * (self.duration_s + self.gap_s)
        self._waiting = [
            (lane.start_s + lane.track.offsets[index], number, index)
            for number, (lane, index) in enumerate(zip(self.lanes, places, strict=True))
            if index < len(lane.track)
        ]
        heapq.heapify(self._waiting)
        self.done = lap * self.lap_length + sum(places)

    def peek(self) -> Cue | None:
        """The next message's place; None at the end."""
        if self._next is not None:
            return self._next
        if not self._waiting:
            if not self.lanes or (self.laps is not None and self.lap + 1 >= self.laps):
                return None
            self._go(self.lap + 1, [0] * len(self.lanes))
        dt, number, index = self._waiting[0]
        self._next = Cue(self.base_s + dt, number, index)
        return self._next

    def take(self) -> tuple[Cue, "Alert"]:
        """The next message's place and the alert; IndexError at the end."""
        cue = self.skip()
        return cue, self.alert(cue)

    def skip(self) -> Cue:
        """Go on to the message after the next one, whose place is returned; IndexError at the end."""
        cue = self._next or self.peek()
        if cue is None:
            raise IndexError("the reel is at its end")
        self._next = None
        lane, following = self.lanes[cue.lane], cue.index + 1
        times = lane.track.offsets
        if following < len(times):
            heapq.heapreplace(self._waiting, (lane.start_s + times[following], cue.lane, following))
        else:
            heapq.heappop(self._waiting)
        self.done += 1
        return cue

    def alert(self, cue: Cue) -> "Alert":
        """The alert at a place of this lap, as it is sent."""
        lane = self.lanes[cue.lane]
        change = self._changes.get(cue.lane)
        if change is None:
            change = self._changes[cue.lane] = lane.change_of(self.lap)
        alert = lane.track.alerts[cue.index]
        return alert if change is UNCHANGED else change.alert(alert)

    def places(self) -> list[int]:
        """The index of the next alert on each lane's track."""
        places = [len(lane.track) for lane in self.lanes]
        for _, number, index in self._waiting:
            places[number] = index
        return places

    def whole(self) -> Iterator[tuple[Cue, "Alert"]]:
        """Every place and alert from the beginning, made as they are asked for; where this reel stands does not change."""
        other = Reel(self.lanes, laps=self.laps or 1, gap_s=self.gap_s)
        while other.peek() is not None:
            yield other.take()

    # -- going elsewhere

    def go_to(self, dt: float) -> None:
        """Stand just before the first message at or after `dt` played seconds."""
        period = self.duration_s + self.gap_s
        last = math.inf if self.laps is None else self.laps - 1
        lap = int(min(max(dt, 0.0) // period, last))
        rest = dt - lap * period
        self._go(lap, [bisect_left(lane.track.offsets, rest - lane.start_s) for lane in self.lanes])

    def go_before(self, cue: Cue) -> None:
        """Stand just before a message of this lap."""
        dt, places = cue.dt - self.base_s, []
        for number, lane in enumerate(self.lanes):
            bisect = bisect_right if number < cue.lane else bisect_left
            places.append(bisect(lane.track.offsets, dt - lane.start_s) if number != cue.lane else cue.index)
        self._go(self.lap, places)

    def find(self, wanted: Callable[["Alert"], bool], *, back: bool = False) -> Cue | None:
        """The next message of this lap whose recorded alert is wanted (`back`: the one before this place); None if none is."""
        found: list[tuple[float, int, int]] = []
        for number, (lane, here) in enumerate(zip(self.lanes, self.places(), strict=True)):
            span = range(here - 1, -1, -1) if back else range(here, len(lane.track))
            index = next((i for i in span if wanted(lane.track.alerts[i])), None)
            if index is not None:
                found.append((lane.start_s + lane.track.offsets[index], number, index))
        if not found:
            return None
        dt, number, index = max(found) if back else min(found)
        return Cue(self.base_s + dt, number, index)
