"""Sample alerts: mock events that the public is told of at a steady rate, as the real service does for subscribers to test with."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from gracetape.clocks import clock_for
from gracetape.errors import SimulateError
from gracetape.leaving import terminable
from gracetape.schedule import run
from gracetape.simulate.configuration import read_configuration
from gracetape.simulate.places import Public, alerts_alone
from gracetape.simulate.storm import MANY, SAMPLE, lived
from gracetape.simulate.streams import Far, Stream, check
from gracetape.storms import Storm, repeated, tell_of
from gracetape.terminal import say
from gracetape.times import gps_of, utc_of

#: Mock events whose schedules are made at once; and where those with a seed begin, so that a seed alone makes the same bytes.
_AT_ONCE = 50
_FIXED_START = 1422144018.0
#: What mock events are like: (Hz).
_FAR = Far(1e-13, 1e-9)


def send_samples(
    target: str, every_s: float, events: int | None, format: str, seed: int | None, really: Collection[str] = (), *,
    speed: float | None = None, maximum: bool = False, quiet: bool = False,
) -> None:  # fmt: skip
    """Send mock events' alerts to a target, one event every `every_s` seconds, `events` of them (None: until it is stopped)."""
    try:
        clock = clock_for(speed, maximum)
    except ValueError as error:
        raise SimulateError(str(error)) from None
    if maximum and events is None:
        raise SimulateError("as fast as possible and for ever would be too much: say how many with --num-events N")
    begin = _FIXED_START if seed is not None else float(round(gps_of(datetime.now(UTC))))
    rng = np.random.default_rng(seed)
    start = utc_of(begin)
    done = 0
    now = lambda: start + timedelta(seconds=clock.now())  # noqa: E731
    public = Public(target, format, really)
    if not quiet:
        tell_of(storm_of(every_s, events, public, begin, None if maximum else speed or 1.0))
    with terminable(), alerts_alone(None, now, on_end=clock.stop, public=public) as client:
        for first in count(0, _AT_ONCE):
            many = _AT_ONCE if events is None else min(_AT_ONCE, events - first)
            if many <= 0:
                break
            offset = first * every_s
            stream = _stream(begin + offset, every_s, many)
            check(stream)
            if run(stream.gen_schedule(rng).bump(offset), client, clock).stopped:
                return  # whoever read them has gone
            done += many
    if not quiet:
        say(f"the public was told of {done} mock event{'' if done == 1 else 's'}", error=True)


def storm_of(every_s: float, events: int | None, public: Public, begin_gps: float, speed: float | None) -> Storm | None:
    """How much the public will be told, if that is a storm: reckoned from a few mock events, whose schedules are drawn apart."""
    if events is not None and events < MANY:
        return None
    lives = 1 if events is None else SAMPLE
    sample = _stream(begin_gps, every_s, lives).gen_schedule(np.random.default_rng(0))
    heard = lived(sample, lambda: utc_of(begin_gps), public, alerts=False)
    share, times = (events or 1) / lives, repeated(events, "mock events")
    messages, size, took = round(heard.messages * share), round(heard.bytes * share), heard.took_s * share
    if events is None:
        pace = f" from one to the next{'' if speed in (None, 1.0) else f' (speed {speed:g})'}"
        return Storm(messages, size, every_s / (speed or 1.0), times=times, each="event", pace=pace, reckoned=True)
    duration_s = None if speed is None else max((events - 1) * every_s / speed, took)
    return Storm(messages, size, duration_s, took, times, reckoned=True)


def _stream(begin_gps: float, every_s: float, many: int) -> Stream:
    """So many mock events."""
    configurations = [read_configuration("mock")]
    return Stream(configurations, ("H1", "L1", "V1"), begin_gps, 1.0 / every_s, many, None, "uniform", _FAR)
