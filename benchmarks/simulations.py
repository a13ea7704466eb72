"""Schedules of many lives against those of few; a stream lived in a dummy against the same calls made without simulation."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure
from gracetape.archive import Archive
from gracetape.dummy import GraceDb
from gracetape.replay import Schedule, VirtualClock
from gracetape.schedule import run
from gracetape.simulate import Stream, gen_schedule, read_configuration
from gracetape.simulate.acts import CreateEvent, WriteLabel, WriteLog
from gracetape.simulate.configuration import parse
from gracetape.times import utc_of

_GPS, _IFOS = 1422144018.0, ("H1", "L1", "V1")
_LEAN = """
[general]
pipeline = "gstlal"
search = "AllSky"
[uploads]
log_prob = 0
coinc_prob = 0
psd_prob = 0
ranking_prob = 0
[p_astro]
"""


def _per_action(events: int) -> float:
    """Seconds per action of making and merging that many full gstlal lives, one per second."""
    configuration, rng = read_configuration("gstlal"), np.random.default_rng(1)
    start = time.perf_counter()
    lives = (gen_schedule(configuration, rng, _GPS + i, 1e-9, _IFOS).bump(i) for i in range(events))
    merged = Schedule.merged(lives)
    return (time.perf_counter() - start) / len(merged)


def schedules_stay_flat() -> list[Figure]:
    """Time per action for 1,000 and 10,000 lives against that for 100."""
    _per_action(10)
    few = _per_action(100)
    figures = []
    for events in (1_000, 10_000):
        many = _per_action(events)
        figures.append(
            Figure(
                f"{events:,} gstlal lives, merged",
                f"{many * 1e6:.1f} us per action",
                f"{few * 1e6:.1f} us, 100 lives",
                many / few,
                "≤ 1.5",
            )
        )
    return figures


def _bare(client: Any, schedule: Schedule) -> float:
    """Seconds that the same calls take with every file in hand already."""
    made = {id(action): action.what.file.content() for action in schedule if getattr(action.what, "file", None)}
    ids: dict[int, str] = {}
    start = time.perf_counter()
    for action in schedule:
        act, content = action.what, made.get(id(action))
        graceid = ids.get(id(act.graceid), "")
        if isinstance(act, CreateEvent):
            answer = client.create_event(
                act.group, act.pipeline, act.file.name, filecontents=content, search=act.search
            )
            ids[id(act.graceid)] = answer.json()["graceid"]
        elif isinstance(act, WriteLog):
            client.write_log(
                graceid, act.message, filename=act.file.name, filecontents=content, tag_name=list(act.tags)
            )
        elif isinstance(act, WriteLabel):
            client.write_label(graceid, act.label)
    return time.perf_counter() - start


def a_stream_in_a_dummy(events: int = 3600) -> list[Figure]:
    """An hour of events at 1 Hz (event, p_astro, label) under a virtual clock, against the bare calls with ready files."""
    configuration = parse("lean", _LEAN, ini=False)
    stream = Stream([configuration], _IFOS, _GPS, rate=1.0, count=events, distribution="uniform")
    with tempfile.TemporaryDirectory() as folder:
        with Archive.create(Path(folder) / "a.tape") as archive:
            start, clock = time.perf_counter(), VirtualClock()
            with GraceDb(archive, now=lambda: utc_of(_GPS) + timedelta(seconds=clock.now())) as client:
                run(stream.gen_schedule(np.random.default_rng(1)), client, clock)
            ours = time.perf_counter() - start
        with Archive.create(Path(folder) / "b.tape") as archive, GraceDb(archive) as client:
            bare = _bare(client, stream.gen_schedule(np.random.default_rng(1)))
    return [
        Figure(
            "an hour of events at 1 Hz",
            f"{events / ours:.0f} events/s",
            f"{events / bare:.0f} events/s, bare calls",
            ours / bare,
            "≤ 2.5",
        )
    ]
