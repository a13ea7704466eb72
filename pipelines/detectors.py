"""Where the detectors are and how they lie: when a wave from the sky reaches each, and how it answers."""

import math
import operator
from collections.abc import Sequence

from gracetape.times import utc_of

#: Earth-fixed positions of the corner stations, in m (LIGO-P000006 and the detectors' own surveys).
_PLACES = {
    "H1": (-2161414.93, -3834695.18, 4600350.23),
    "L1": (-74276.04, -5496283.72, 3224257.02),
    "V1": (4546374.10, 842989.70, 4378576.96),
    "K1": (-3777336.02, 3484898.41, 3765313.70),
}
#: The same for the directions of their arms, as unit vectors.
_ARMS = {
    "H1": ((-0.22389266, 0.79983063, 0.55690488), (-0.91397819, 0.02609404, -0.40492342)),
    "L1": ((-0.95457412, -0.14158077, -0.26218911), (0.29774157, -0.48791034, -0.82054461)),
    "V1": ((-0.70045821, 0.20848949, 0.68256166), (-0.05379255, -0.96908181, 0.24080451)),
    "K1": ((-0.37590405, -0.83615828, 0.39941890), (0.71643779, 0.01114076, 0.69756197)),
}
_LIGHT = 299792458.0  # m/s
_J2000 = utc_of(630763213.0)  # 2000-01-01 12:00 UTC


def sidereal_angle(gps: float) -> float:
    """Greenwich mean sidereal time at a GPS time, in radians (to a second or so: UT1 is taken to be UTC)."""
    days = (utc_of(gps) - _J2000).total_seconds() / 86400.0
    return math.radians((280.46061837 + 360.98564736629 * days) % 360.0)


def delay(ifo: str, ra: float, dec: float, gps: float) -> float:
    """Seconds by which a wave from `ra`, `dec` (degrees) reaches a detector later than the Earth's centre; 0 for unknown ones."""
    x, y, z = _PLACES.get(ifo, (0.0, 0.0, 0.0))
    angle, height = math.radians(ra) - sidereal_angle(gps), math.radians(dec)
    toward = math.cos(height) * (x * math.cos(angle) + y * math.sin(angle)) + z * math.sin(height)
    return -toward / _LIGHT


def antenna(ifo: str, ra: float, dec: float, gps: float) -> tuple[float, float]:
    """How a detector answers to the two polarizations, plus and cross, of a wave from `ra`, `dec` (degrees), at angle 0 to the
    meridian; (1, 0) for unknown ones.
    """
    if ifo not in _ARMS:
        return 1.0, 0.0
    hour, height = sidereal_angle(gps) - math.radians(ra), math.radians(dec)
    x = (-math.sin(hour), -math.cos(hour), 0.0)
    y = (-math.cos(hour) * math.sin(height), math.sin(hour) * math.sin(height), math.cos(height))
    plus = cross = 0.0
    for sign, arm in zip((0.5, -0.5), _ARMS[ifo], strict=True):
        along_x, along_y = (sum(a * b for a, b in zip(arm, axis, strict=True)) for axis in (x, y))
        plus += sign * (along_x**2 - along_y**2)
        cross += sign * 2 * along_x * along_y
    return plus, cross


def mirrored(ifos: Sequence[str], ra: float, dec: float, gps: float) -> tuple[float, float] | None:
    """The other place (`ra`, `dec`, degrees) from which a wave reaches three detectors with the same delays; None unless it is three
    known ones.
    """
    known = [_PLACES[ifo] for ifo in ifos if ifo in _PLACES]
    if len(ifos) != 3 or len(set(known)) != 3:
        return None
    first, *others = known
    (a, b, c), (d, e, f) = (tuple(there - here for there, here in zip(other, first, strict=True)) for other in others)
    across = (b * f - c * e, c * d - a * f, a * e - b * d)
    turned, height = math.radians(ra) - sidereal_angle(gps), math.radians(dec)
    toward = (math.cos(height) * math.cos(turned), math.cos(height) * math.sin(turned), math.sin(height))
    off = 2 * sum(map(operator.mul, toward, across)) / sum(part * part for part in across)
    x, y, z = (part - off * side for part, side in zip(toward, across, strict=True))
    return math.degrees(math.atan2(y, x) + sidereal_angle(gps)) % 360.0, math.degrees(math.asin(max(-1.0, min(1.0, z))))
