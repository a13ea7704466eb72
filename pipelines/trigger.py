"""What really happened, as one simulation has it: the parameters that all files of an event agree on."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator

#: Neutron stars as drawn: mean and spread in solar masses.
_MASS, _MASS_SPREAD, _LIGHTEST = 1.4, 0.1, 1.0
#: SNR in one detector, and the least that makes a trigger.
_SNR, _SNR_SPREAD, _LEAST_SNR = 8.0, 1.0, 5.0


@dataclass(frozen=True)
class Trigger:
    """An event as a pipeline saw it.

    `gps` in GPS seconds, `far` in Hz, masses in solar masses (mass1 >= mass2), spins along the orbit, `ra`, `dec` in degrees
    (the true position), `distance` in Mpc, `frequency` and `bandwidth` in Hz, `duration` in s; `snrs` one per instrument.
    """

    pipeline: str
    group: str
    search: str | None
    gps: float
    far: float
    instruments: tuple[str, ...]
    snrs: tuple[float, ...]
    mass1: float
    mass2: float
    spin1: float
    spin2: float
    ra: float
    dec: float
    distance: float
    frequency: float
    bandwidth: float
    duration: float

    @property
    def network_snr(self) -> float:
        """The root of the sum of the squares of the detectors' SNRs."""
        return math.sqrt(sum(snr * snr for snr in self.snrs))

    @property
    def mchirp(self) -> float:
        """Chirp mass, in solar masses."""
        return float((self.mass1 * self.mass2) ** 0.6 / (self.mass1 + self.mass2) ** 0.2)

    @property
    def ifos(self) -> str:
        """`H1,L1`."""
        return ",".join(self.instruments)

    @property
    def stem(self) -> str:
        """A name that files of this event can bear before the event has an id."""
        return f"{self.pipeline}_{self.gps:.3f}"


def _snrs(rng: "Generator", count: int) -> tuple[float, ...]:
    return tuple(max(_LEAST_SNR, float(snr)) for snr in rng.normal(_SNR, _SNR_SPREAD, count))


def draw(
    rng: "Generator",
    pipeline: str,
    group: str,
    search: str | None,
    gps: float,
    far: float,
    instruments: tuple[str, ...],
) -> Trigger:
    """An event out of nothing: everything that is not given is drawn; positions are uniform on the sphere."""
    masses = sorted((max(_LIGHTEST, float(m)) for m in rng.normal(_MASS, _MASS_SPREAD, 2)), reverse=True)
    spins = rng.uniform(-0.05, 0.05, 2)
    return Trigger(
        pipeline, group, search, gps, far, instruments, _snrs(rng, len(instruments)), masses[0], masses[1],
        float(spins[0]), float(spins[1]),
        ra=float(rng.uniform(0.0, 360.0)),
        dec=math.degrees(math.asin(rng.uniform(-1.0, 1.0))),
        distance=200.0 * float(rng.random()) ** (1 / 3) + 20.0,
        frequency=max(32.0, float(rng.normal(300.0, 50.0))),
        bandwidth=max(10.0, float(rng.normal(100.0, 10.0))),
        duration=max(0.001, float(rng.normal(0.010, 0.001))),
    )  # fmt: skip


def seen_by(rng: "Generator", trigger: Trigger, pipeline: str, search: str | None) -> Trigger:
    """The same event as another pipeline sees it: its own SNRs, FAR, and time (some ms off); the source is the same."""
    return replace(
        trigger, pipeline=pipeline, search=search, gps=trigger.gps + float(rng.normal(0.0, 0.01)),
        far=trigger.far * float(rng.lognormal(0.0, 1.0)), snrs=_snrs(rng, len(trigger.instruments)),
    )  # fmt: skip
