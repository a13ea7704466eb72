"""The messages that are to be played, in one order: a lazy merge of copies, and how far it has come."""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gracetape.archive import Alert, Position
from gracetape.replay.copies import Copy
from gracetape.replay.rewrite import UNCHANGED, Rewrite
from gracetape.replay.selection import before


@dataclass(slots=True)
class Queued:
    """A message's place: `dt` played seconds after the queue's beginning, in which copy, which alert of its selection."""

    dt: float
    copy: int
    index: int


class MessageQueue:
    """Copies in one order, played `laps` times over (None: for ever) with `gap_s` seconds between, and the place reached.

    `is_ours` says which messages are played here, where others play the rest: nobody goes to those of others.
    Nothing is copied: a copy holds a place in its selection, and an alert is rewritten when it is taken.
    """

    def __init__(self, copies: Sequence[Copy], *, laps: int | None = 1, gap_s: float = 1.0) -> None:
        self.copies = [copy for copy in copies if copy.selection]
        self.laps, self.gap_s = laps, gap_s
        self.is_ours: Callable[[Queued], bool] = lambda queued: True
        self._taken = 0  # alerts of this lap before the place where it stands
        self._rewrites: dict[int, Rewrite] = {}
        self._waiting: list[tuple[float, int, int]] = []
        self._next: Queued | None = None  # what `peek` found
        self._go(0, [0] * len(self.copies))

    def __repr__(self) -> str:
        many = len(self) if self.counted else "many"
        return f"<MessageQueue of {many if self.laps else 'endless'} alerts, {self.done if self.counted or not self.lap else 'some'} done>"

    @property
    def lap_length(self) -> int:
        """How many alerts one lap is."""
        return sum(len(copy.selection) for copy in self.copies)

    @property
    def duration_s(self) -> float:
        """Played seconds from the beginning of a lap to its last message."""
        return max((copy.start_s + copy.selection.duration_s for copy in self.copies), default=0.0)

    @property
    def done(self) -> int:
        """How many alerts lie before the place where it stands."""
        return (self.lap * self.lap_length if self.lap else 0) + self._taken

    @property
    def counted(self) -> bool:
        """Whether it costs nothing to say how many alerts and messages there are."""
        return all(copy.selection.counted for copy in self.copies)

    def __len__(self) -> int:
        """How many alerts there are in all laps (in one, if they are endless)."""
        return self.lap_length * (self.laps or 1)

    @property
    def messages(self) -> int:
        """How many messages all laps are (one, if they are endless)."""
        return sum(copy.selection.messages for copy in self.copies) * (self.laps or 1)

    @property
    def end_s(self) -> float:
        """Played seconds from the beginning to the last message of this lap."""
        return self.base_s + self.duration_s

    @property
    def first(self) -> datetime | None:
        """The time (UTC) of the first message, as it is sent; None if there is none."""
        _, alert = next(self.whole(), (None, None))
        return alert.created if alert is not None else None

    @property
    def beginning(self) -> datetime | None:
        """The time (UTC) of the messages that is 0 played seconds; None if there are none."""
        queued, alert = next(self.whole(), (None, None))
        if queued is None or alert is None:
            return None
        copy = self.copies[queued.copy]
        since = copy.selection.alert_at(queued.index).created - copy.selection.born
        return alert.created - since - timedelta(seconds=copy.start_s)

    # -- where it stands

    def _go(self, lap: int, places: Sequence[int]) -> None:
        """Stand in a lap, at an index of each copy's selection."""
        self.lap = lap
        self._next = None
        self._rewrites.clear()
        self.base_s = lap * (self.duration_s + self.gap_s) if lap else 0.0
        self._waiting = [
            (copy.start_s + offset_s, number, index)
            for number, (copy, index) in enumerate(zip(self.copies, places, strict=True))
            if (offset_s := copy.selection.offset_at(index)) is not None
        ]
        heapq.heapify(self._waiting)
        self._taken = sum(places)

    def peek(self) -> Queued | None:
        """The next message's place; None at the end."""
        if self._next is not None:
            return self._next
        if not self._waiting:
            if not self.copies or (self.laps is not None and self.lap + 1 >= self.laps):
                return None
            self._go(self.lap + 1, [0] * len(self.copies))
        dt, number, index = self._waiting[0]
        self._next = Queued(self.base_s + dt, number, index)
        return self._next

    def look_ahead(self) -> None:
        """Make ready what comes after the next message in its copy, while there is time."""
        if self._waiting:
            _, number, index = self._waiting[0]
            self.copies[number].selection.look_ahead(index)

    def take(self) -> tuple[Queued, Alert]:
        """The next message's place and the alert; IndexError at the end."""
        queued = self.skip()
        return queued, self.alert(queued)

    def skip(self) -> Queued:
        """Go on to the message after the next one, whose place is returned; IndexError at the end."""
        queued = self._next or self.peek()
        if queued is None:
            raise IndexError("the queue is at its end")
        self._next = None
        copy, following = self.copies[queued.copy], queued.index + 1
        if (offset_s := copy.selection.offset_at(following)) is not None:
            heapq.heapreplace(self._waiting, (copy.start_s + offset_s, queued.copy, following))
        else:
            heapq.heappop(self._waiting)
        self._taken += 1
        return queued

    def alert(self, queued: Queued) -> Alert:
        """The alert at a place of this lap, as it is sent."""
        copy = self.copies[queued.copy]
        rewrite = self._rewrites.get(queued.copy)
        if rewrite is None:
            rewrite = self._rewrites[queued.copy] = copy.rewrite_of(self.lap)
        alert = copy.selection.alert_at(queued.index)
        return alert if rewrite is UNCHANGED else rewrite.alert(alert)

    def places(self) -> list[int]:
        """The index of the next alert on each copy's selection."""
        waiting = {number: index for _, number, index in self._waiting}
        return [
            waiting[number] if number in waiting else len(copy.selection) for number, copy in enumerate(self.copies)
        ]

    def positions(self, elapsed_s: float) -> Iterator[tuple[int, Position]]:
        """Each copy's number and the moment of its tape just before its next message; that of the next message's copy last."""
        lap_s, following = elapsed_s - self.base_s, self.peek()
        places = list(enumerate(zip(self.copies, self.places(), strict=True)))
        if following is not None:
            places.append(places[following.copy])
        for number, (copy, index) in places:
            there = copy.selection.offset_at(index) is not None
            recorded = copy.selection.alert_at(index if there else index - 1)
            if recorded.position is not None and (copy.start_s <= lap_s or index):
                yield number, before(recorded) if there else recorded.position

    def whole(self) -> Iterator[tuple[Queued, Alert]]:
        """Every place and alert from the beginning, made as they are asked for; where this queue stands does not change."""
        copies = [replace(copy, selection=copy.selection.anew()) for copy in self.copies]
        other = MessageQueue(copies, laps=self.laps or 1, gap_s=self.gap_s)
        while other.peek() is not None:
            yield other.take()

    # -- going elsewhere

    def go_to(self, dt: float) -> None:
        """Stand just before the first message at or after `dt` played seconds."""
        lap, rest = 0, dt
        if self.laps != 1:
            period = self.duration_s + self.gap_s
            last = math.inf if self.laps is None else self.laps - 1
            lap = int(min(max(dt, 0.0) // period, last))
            rest = dt - lap * period
        self._go(lap, [copy.selection.index_at(rest - copy.start_s) for copy in self.copies])

    def go_before(self, queued: Queued) -> None:
        """Stand just before a message of this lap."""
        dt, places = queued.dt - self.base_s, []
        for number, copy in enumerate(self.copies):
            if number == queued.copy:
                places.append(queued.index)
            else:
                places.append(copy.selection.index_at(dt - copy.start_s, beyond=number < queued.copy))
        self._go(self.lap, places)

    def find(self, wanted: Callable[[Alert], bool], *, back: bool = False) -> Queued | None:
        """The next message of this lap whose recorded alert is wanted (`back`: the one before this place); None if none is."""
        found: list[tuple[float, int, int]] = []
        for number, (copy, here) in enumerate(zip(self.copies, self.places(), strict=True)):
            selection = copy.selection
            span = range(here - 1, -1, -1) if back else selection.places_from(here)
            index = next(
                (i for i in span if wanted(selection.alert_at(i)) and self.is_ours(Queued(0.0, number, i))), None
            )
            if index is not None:
                found.append((copy.start_s + (selection.offset_at(index) or 0.0), number, index))
        if not found:
            return None
        dt, number, index = max(found) if back else min(found)
        return Queued(self.base_s + dt, number, index)
