"""How much a storm of simulated events will be, told before it begins: a few of its lives are lived beforehand, and thrown away."""

import copy
import json
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from gracetape.archive import Alert
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.store import PassingArchive
from gracetape.clocks import MaxClock
from gracetape.dummy import GraceDb
from gracetape.dummy.source import NEIGHBOUR_WINDOW
from gracetape.progress import progress
from gracetape.replay.message import messages_of
from gracetape.schedule import Action, GraceID, Schedule, run
from gracetape.shown import human_bytes, human_time
from gracetape.simulate.acts import CreateEvent, CreateSuperevent

#: Events from which on a simulation is a storm; lives of it that are lived beforehand.
MANY, SAMPLE = 10, 3


@dataclass(frozen=True)
class Storm:
    """So many events and actions, and about as many messages and bytes; `duration_s` of real time, None as fast as possible."""

    events: int
    actions: int
    messages: int
    bytes: int
    duration_s: float | None
    making_s: float

    def __str__(self) -> str:
        much = f"{self.events:,} events, {self.actions:,} actions: about {self.messages:,} messages, {human_bytes(self.bytes)}"
        if self.duration_s is None:
            return f"{much}, as fast as possible (about {human_time(self.making_s)} on this machine)"
        return f"{much}, in {human_time(max(self.duration_s, self.making_s))}"


def storm_of(schedule: Schedule, now: Callable[[], datetime], speed: float | None) -> Storm | None:
    """What a schedule is going to be, if it is a storm; `speed` None: as fast as possible."""
    births = [action for action in schedule if isinstance(action.what, CreateEvent)]
    if len(births) < MANY:
        return None
    chosen = {id(births[number * (len(births) - 1) // (SAMPLE - 1)].what.graceid) for number in range(SAMPLE)}
    sample = Schedule(copy.deepcopy(_lives(schedule, chosen)))  # ids of their own
    heard, begun = _Heard(), time.perf_counter()
    with (
        progress("living a few beforehand", len(sample), "actions") as done,
        HeldFolder(None, COPIED) as held,
        PassingArchive.create(held.path / "sample.tape") as archive,
        GraceDb(archive, now=now, on_alert=heard) as client,
    ):
        run(sample, client, MaxClock(), go_on=True, after=lambda *_: done.advance())
    share = len(schedule) / max(1, len(sample))
    size = share * (heard.bytes + heard.of_events * _neighbours(schedule) * heard.bytes_each)
    took = (time.perf_counter() - begun) * share
    duration_s = None if speed is None else schedule.duration_s / speed
    return Storm(len(births), len(schedule), round(heard.messages * share), round(size), duration_s, took)


class _Heard:
    """Counts messages and their bytes, apart from what they tell of an event's neighbours, of which a storm has more than a few lives have."""

    def __init__(self) -> None:
        self.messages = self.bytes = self.of_events = 0
        self._neighbours, self._bytes_of_them = 0, 0

    def __call__(self, alert: Alert) -> None:
        thing = (alert.payload() or {}).get("object")
        near = thing.get("superevent_neighbours") if isinstance(thing, dict) else None
        apart = sum(len(json.dumps(record)) for record in near.values()) if near else 0
        for message in messages_of(alert, 0.0):
            self.messages += 1
            self.bytes += len(message.payload_json()) - apart
            if near is not None:
                self.of_events += 1
                self._neighbours, self._bytes_of_them = self._neighbours + len(near), self._bytes_of_them + apart

    @property
    def bytes_each(self) -> float:
        """What a message tells of one neighbour."""
        return self._bytes_of_them / max(1, self._neighbours)


def _neighbours(schedule: Schedule) -> float:
    """How many superevents near an event its messages tell of, in the mean: those that are there by then."""
    made = {id(a.what.preferred): a for a in schedule if isinstance(a.what, CreateSuperevent)}
    times, counts = sorted(action.what.t_0 for action in made.values()), []
    for action in schedule:
        birth = made.get(id(getattr(action.what, "graceid", None)))
        if birth is not None:
            t_0 = birth.what.t_0
            last = t_0 + min(NEIGHBOUR_WINDOW, action.dt - birth.dt)
            counts.append(max(0, bisect_right(times, last) - bisect_left(times, t_0 - NEIGHBOUR_WINDOW)))
    return sum(counts) / max(1, len(counts))


def _lives(schedule: Schedule, chosen: set[int]) -> list[Action]:
    """The actions of some lives: those that share an id with them, or with another of their actions."""
    known, size = set(chosen), 0
    while len(known) > size:
        size = len(known)
        for action in schedule:
            held = {id(one) for one in _ids(action.what)}
            if held & known:
                known |= held
    return [action for action in schedule if {id(one) for one in _ids(action.what)} & known]


def _ids(act: Any) -> Iterator[GraceID]:
    for field in fields(act):
        if isinstance(value := getattr(act, field.name), GraceID):
            yield value
