"""How much a storm of simulated events will be, told before it begins: a few of its lives are lived beforehand, and thrown away."""

import copy
import json
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from gracetape.archive import Alert
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.store import PassingArchive
from gracetape.clocks import MaxClock
from gracetape.dummy import GraceDb
from gracetape.dummy.public_alerts import PublicAlerts
from gracetape.dummy.source import NEIGHBOUR_WINDOW
from gracetape.progress import progress
from gracetape.replay.message import messages_of
from gracetape.schedule import Action, GraceID, Schedule, run
from gracetape.simulate.acts import CreateEvent, CreateSuperevent
from gracetape.simulate.places import Public
from gracetape.storms import Storm, repeated

#: Events from which on a simulation is a storm; lives of it that are lived beforehand.
MANY, SAMPLE = 10, 3


def storm_of(
    schedule: Schedule,
    now: Callable[[], datetime],
    speed: float | None,
    public: Public | None = None,
    alerts: bool = True,
) -> Storm | None:
    """What a schedule is going to be, if it is a storm; `speed` None: as fast as possible.

    `public`: where and how the public is told besides, or, without `alerts`, alone.
    """
    births = [action for action in schedule if isinstance(action.what, CreateEvent)]
    if len(births) < MANY:
        return None
    chosen = {id(births[number * (len(births) - 1) // (SAMPLE - 1)].what.graceid) for number in range(SAMPLE)}
    sample = Schedule(copy.deepcopy(_lives(schedule, chosen)))  # ids of their own
    heard = lived(sample, now, public, alerts)
    share = len(schedule) / max(1, len(sample))
    size = share * (heard.bytes + heard.of_events * _neighbours(schedule) * heard.bytes_each)
    took = heard.took_s * share
    duration_s = None if speed is None else max(schedule.duration_s / speed, took)
    times = (*repeated(len(births), "events"), f"{len(schedule):,} actions")
    return Storm(round(heard.messages * share), round(size), duration_s, took, times, reckoned=True)


def lived(sample: Schedule, now: Callable[[], datetime], public: Public | None = None, alerts: bool = True) -> "Heard":
    """What is heard while a few lives are lived in a dummy that is thrown away."""
    heard, begun = Heard(), time.perf_counter()
    with (
        progress("living a few beforehand", len(sample), "actions") as done,
        HeldFolder(None, COPIED) as held,
        PassingArchive.create(held.path / "sample.tape") as archive,
    ):
        tell = PublicAlerts(archive, heard, public.format or "gwalert") if public is not None else None

        def hear(alert: Alert) -> None:
            if alerts:
                heard(alert)
            if tell is not None:
                tell(alert)

        with GraceDb(archive, now=now, on_alert=hear) as client:
            run(sample, client, MaxClock(), go_on=True, after=lambda *_: done.advance())
    heard.took_s = time.perf_counter() - begun
    return heard


class Heard:
    """Counts messages and their bytes, apart from what they tell of an event's neighbours, of which a storm has more than a few lives have."""

    def __init__(self) -> None:
        self.messages = self.bytes = self.of_events = 0
        self.took_s = 0.0
        self._neighbours, self._bytes_of_them = 0, 0

    def __call__(self, alert: Alert) -> None:
        payload = alert.payload()
        thing = payload.get("object") if isinstance(payload, dict) else None
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
