"""What each detector sees of a binary, without noise: how sensitive it is, how loud the wave is there, and its filter's output.

A trigger says where the source is, how far, and how loud it was in each detector; that leaves the binary's orientation and the
detectors' sensitivity open. An orientation is drawn as those of seen binaries are, favouring such for which the detectors' sensitivities
are to each other as usual, and these are then made to agree with it. Three detectors time a wave alike from two places, of which their
plane is the mirror: orientations that look alike from the other place are left out, where there are others. Everything follows from the
trigger alone, so that files made apart agree with each other. Conventions are BAYESTAR's (docs/credits.md).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gracetape.pipelines.detectors import antenna, mirrored
from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

#: How much worse than the best a detector usually is, in amplitude.
_WORSE = {"H1": 1.2, "L1": 1.0, "V1": 2.5, "K1": 8.0}
#: How many orientations are tried, and how far from the usual the detectors' sensitivities may well be to each other (in logarithms).
_TRIED, _SPREAD = 1000, 0.3
#: How much less of the network's SNR² three detectors may find in their plane's mirror image of the place.
_CLEAR = 12.0
#: The band of the template, in Hz.
_LOW, _HIGH = 20.0, 1024.0
#: The Sun's mass and a megaparsec, both in seconds.
_SUN_S, _MPC_S = 4.925490947e-6, 1.029271e14
#: The filter's output: samples a second, and how many to either side of the trigger.
RATE, SIDE = 2048, 102


@dataclass(frozen=True)
class Seen:
    """One detector's view: `worse` than the model in amplitude by that, `horizon` in Mpc (an optimal source has SNR 1 there), the
    `snr` of its trigger and the wave's `phase` at it, in rad.
    """

    worse: float
    horizon: float
    snr: float
    phase: float


def asd(frequencies: "NDArray[np.float64]", worse: float = 1.0) -> "NDArray[np.float64]":
    """Amplitude spectral density in strain per root Hz at frequencies in Hz: seismic wall, thermal noise, shot noise, all smooth."""
    f = np.maximum(frequencies, 5.0)
    found: NDArray[np.float64] = 3e-24 * worse * np.sqrt((20 / f) ** 14 + 2.0 * (50 / f) ** 4 + 1.0 + (f / 300.0) ** 2)
    return found


@lru_cache(maxsize=64)
def seen(trigger: Trigger) -> dict[str, Seen]:
    """What each detector of a trigger sees, by its name."""
    ifos, snrs = trigger.instruments, np.array(trigger.snrs)
    if not ifos:
        return {}
    usual = np.array([_WORSE.get(ifo, 1.0) for ifo in ifos])
    best = math.sqrt(float(_per_hz(trigger)[1].sum()))  # the horizon of the model itself
    source = np.array([trigger.ra, trigger.dec, trigger.distance])  # the same for all who see it, in every process
    rng = np.random.default_rng(source.view("uint32"))
    waves = _waves(trigger, rng)
    worse = best * np.abs(waves) / (snrs * trigger.distance)  # what each detector must be, for each orientation
    odd = np.log(worse / usual)
    unlike = np.sum((odd - odd.mean(axis=1, keepdims=True)) ** 2, axis=1) / (2 * _SPREAD**2)
    far = np.sum(np.abs(waves) ** 2, axis=1) ** 1.5  # the volume in which such a source is as loud
    weights = np.exp(unlike.min() - unlike) * far
    clear = _unlike_mirrored(trigger, waves, worse) > _CLEAR
    weights = np.where(clear | ~clear.any(), weights, 0.0)
    taken = int(rng.choice(len(weights), p=weights / weights.sum()))
    turn = float(rng.uniform(-math.pi, math.pi))  # the binary's own phase
    phases = np.angle(waves[taken] * np.exp(1j * turn))
    return {
        ifo: Seen(float(w), best / float(w), float(snr), float(phase))
        for ifo, w, snr, phase in zip(ifos, worse[taken], snrs, phases, strict=True)
    }


def _waves(trigger: Trigger, rng: "Generator") -> "NDArray[Any]":
    """How strongly each detector answers to a wave of amplitude 1, as a complex number, for many orientations (rows)."""
    upright, turned = (
        rng.uniform(-1.0, 1.0, _TRIED),
        rng.uniform(0.0, math.pi, _TRIED),
    )  # cosine of inclination; polarization
    c, s = np.cos(2 * turned), np.sin(2 * turned)
    columns = []
    for ifo in trigger.instruments:
        plus, cross = antenna(ifo, trigger.ra, trigger.dec, trigger.gps)
        columns.append(0.5 * (1 + upright**2) * (plus * c + cross * s) + 1j * upright * (cross * c - plus * s))
    return np.stack(columns, axis=1)


def _unlike_mirrored(trigger: Trigger, waves: "NDArray[Any]", worse: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """How much of the network's SNR², for each orientation, no wave from the mirror image of the place explains."""
    image = mirrored(trigger.instruments, trigger.ra, trigger.dec, trigger.gps)
    if image is None:
        return np.full(len(waves), np.inf)
    plus, cross = zip(*(antenna(ifo, *image, trigger.gps) for ifo in trigger.instruments), strict=True)
    outside = np.cross(plus, cross) * worse  # what is at right angles to all that waves from there can do
    heard = np.array(trigger.snrs) * waves / np.abs(waves)
    found: NDArray[np.float64] = np.abs(np.sum(outside * heard, axis=1)) ** 2 / np.sum(outside**2, axis=1)
    return found


def _per_hz(trigger: Trigger) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Frequencies in Hz, one apart, and what each adds to the square of an inspiral's SNR in the model, face on at 1 Mpc."""
    last = 1.0 / (6**1.5 * math.pi * (trigger.mass1 + trigger.mass2) * _SUN_S)
    f = np.arange(_LOW, max(_LOW + 1.0, min(_HIGH, last)))
    amplitude = math.sqrt(5 / 24) * math.pi ** (-2 / 3) * (trigger.mchirp * _SUN_S) ** (5 / 6) / _MPC_S
    return f, 4.0 * (amplitude * f ** (-7 / 6) / asd(f)) ** 2


def snr_series(trigger: Trigger, ifo: str) -> "NDArray[Any]":
    """The filter's output around a detector's trigger: complex, RATE samples a second, SIDE of them to either side."""
    one = seen(trigger)[ifo]
    found: NDArray[Any] = one.snr * np.exp(1j * one.phase) * _autocorrelation(trigger)
    return found


@lru_cache(maxsize=4)
def _autocorrelation(trigger: Trigger) -> "NDArray[Any]":
    """The filter's output for a template of SNR 1 that comes at phase 0."""
    f, per_hz = _per_hz(trigger)
    powers = np.zeros(RATE)  # one Hz apart, from 0 to the sampling rate
    powers[f.astype(int)] = per_hz / per_hz.sum()
    after = np.fft.ifft(powers, norm="forward")[: SIDE + 1]
    return np.concatenate((after[:0:-1].conj(), after))
