"""How much a storm of simulated events will be, told before it begins: a few of its lives are lived beforehand, and thrown away."""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from gracetape.archive import Alert
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.store import PassingArchive
from gracetape.clocks import MaxClock
from gracetape.dummy import GraceDb
from gracetape.progress import progress
from gracetape.replay.message import messages_of
from gracetape.schedule import Action, GraceID, Outcome, Schedule, run
from gracetape.shown import human_bytes, human_time
from gracetape.simulate.acts import CreateEvent

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
    messages = size = 0

    def hear(alert: Alert) -> None:
        nonlocal messages, size
        made = messages_of(alert, 0.0)
        messages += len(made)
        size += sum(len(message.payload_json()) for message in made)

    begun, outcome = time.perf_counter(), Outcome()
    with (
        progress("living a few beforehand", len(sample), "actions") as done,
        HeldFolder(None, COPIED) as held,
        PassingArchive.create(held.path / "sample.tape") as archive,
        GraceDb(archive, now=now, on_alert=hear) as client,
    ):
        run(sample, client, MaxClock(), go_on=True, outcome=outcome, after=lambda *_: done.advance())
    share = len(schedule) / max(1, len(sample))
    took = (time.perf_counter() - begun) * share
    duration_s = None if speed is None else schedule.duration_s / speed
    return Storm(len(births), len(schedule), round(messages * share), round(size * share), duration_s, took)


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
