"""Streams of events: when each arrives, which configuration it takes, how loud, and in which detectors."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gracetape.errors import SimulateError
from gracetape.plain_text import cut, plain
from gracetape.schedule import Schedule
from gracetape.simulate.configuration import Configuration
from gracetape.simulate.lives import gen_schedule

if TYPE_CHECKING:
    from numpy.random import Generator

DISTRIBUTIONS = ("poisson", "uniform")


@dataclass(frozen=True)
class Far:
    """False alarm rates in Hz from `low` to `high`, distributed as FAR to the power `index` (-1: log-uniform)."""

    low: float
    high: float
    index: float = -1.0

    def draw(self, rng: "Generator") -> float:
        """One rate."""
        if self.low == self.high:
            return self.low
        u, power = float(rng.random()), self.index + 1.0
        if power == 0.0:
            return float(self.low * (self.high / self.low) ** u)
        ratio = (self.high / self.low) ** power
        return float(self.low * (1.0 + u * (ratio - 1.0)) ** (1.0 / power))


def read_far(text: str) -> Far:
    """`1e-9`, `log-uniform:1e-10,1e-5` or `power-law:-0.5,1e-10,1e-5` (index first). SimulateError if it is none of these."""
    kind, colon, rest = text.partition(":")
    try:
        numbers = [float(word) for word in (rest if colon else kind).split(",")]
        if any(not math.isfinite(number) for number in numbers):
            raise ValueError
        if not colon:
            (far,) = numbers
            found = Far(far, far)
        elif kind == "log-uniform":
            low, high = numbers
            found = Far(low, high)
        elif kind == "power-law":
            index, low, high = numbers
            found = Far(low, high, index)
        else:
            raise ValueError
        if not 0 < found.low <= found.high:
            raise ValueError
    except ValueError:
        raise SimulateError(
            f"--far {text}: write 1e-9, log-uniform:1e-10,1e-5 or power-law:INDEX,1e-10,1e-5 (Hz, low before high)"
        ) from None
    return found


@dataclass(frozen=True)
class Stream:
    """What a stream is made of: `rate` in Hz, and either `count` events or `duration` in s; `start_gps` in GPS seconds.

    `duty_cycles` is the share of time that a detector listens (those not named: always); an event is seen by those that do, at
    least one.
    """

    configurations: Sequence[Configuration]
    instruments: tuple[str, ...]
    start_gps: float
    rate: float = 0.1
    count: int | None = None
    duration: float | None = None
    distribution: str = "poisson"
    far: Far = Far(1e-9, 1e-9)
    weights: Sequence[float] | None = None
    duty_cycles: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Stream of {cut(plain(', '.join(one.name for one in self.configurations)), 40)}, {self.rate:g} Hz from GPS {self.start_gps:.0f}>"

    def arrivals(self, rng: "Generator") -> Iterator[float]:
        """When each event arrives, in s after the first, which comes at once."""
        at, made = 0.0, 0
        while (self.count is None or made < self.count) and (self.duration is None or at < self.duration):
            yield at
            made += 1
            at += float(rng.exponential(1.0 / self.rate)) if self.distribution == "poisson" else 1.0 / self.rate

    def listening(self, rng: "Generator") -> tuple[str, ...]:
        """The detectors that see an event."""
        if not self.duty_cycles:
            return self.instruments
        while True:
            on = tuple(ifo for ifo in self.instruments if float(rng.random()) < self.duty_cycles.get(ifo, 1.0))
            if on:
                return on

    def lives(self, rng: "Generator") -> Iterator[tuple[float, Schedule]]:
        """Each event's arrival, in s, and its schedule, shifted there."""
        weights = self.weights or [one.weight for one in self.configurations]
        chances = [weight / sum(weights) for weight in weights]
        for at in list(self.arrivals(rng)):
            chosen = self.configurations[int(rng.choice(len(chances), p=chances))]
            far, instruments = self.far.draw(rng), self.listening(rng)
            yield at, gen_schedule(chosen, rng, self.start_gps + at, far, instruments).bump(at)

    def gen_schedule(self, rng: "Generator") -> Schedule:
        """All lives, interleaved."""
        return Schedule.merged(schedule for _, schedule in self.lives(rng))


def check(stream: Stream) -> None:
    """SimulateError, with what is wrong, unless the stream makes sense and ends."""
    weights = stream.weights or [one.weight for one in stream.configurations]
    wrong = {
        f"--rate {stream.rate:g}: this must be a positive number of events per second": not 0 < stream.rate < math.inf,
        f"--distribution {stream.distribution}: use poisson or uniform": stream.distribution not in DISTRIBUTIONS,
        "say how many events (--num-events) or how long (--duration)": stream.count is None and stream.duration is None,
        f"--num-events {stream.count}: this must be at least 1": stream.count is not None and stream.count < 1,
        f"--duration {stream.duration}: this must be a positive number of seconds": stream.duration is not None
        and not 0 < stream.duration < math.inf,
        f"--weights: one per configuration is needed ({len(stream.configurations)}), not {len(weights)}": len(weights)
        != len(stream.configurations),
        "--weights: they must not be negative, and not all zero": min(weights) < 0 or not 0 < sum(weights) < math.inf,
        "--instruments: at least one detector is needed": not stream.instruments,
        f"--instruments {','.join(stream.instruments)}: detectors are named as H1, L1, V1": any(
            re.fullmatch("[A-Z][0-9]", ifo) is None for ifo in stream.instruments
        ),
        f"--start-gps {stream.start_gps}: this must be a GPS time": not 0 <= stream.start_gps < 3e9,
    }
    for sentence, true in wrong.items():
        if true:
            raise SimulateError(sentence)
    for ifo, share in stream.duty_cycles.items():
        if ifo not in stream.instruments or not 0 < share <= 1:
            raise SimulateError(
                f"--duty-cycle {ifo}={share:g}: name one of {','.join(stream.instruments)}, and a share above 0 and up to 1"
            )
