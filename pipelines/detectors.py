"""Where the detectors are, and when a wave from the sky reaches each."""

import math

from gracetape.times import utc_of

#: Earth-fixed positions of the corner stations, in m (LIGO-P000006 and the detectors' own surveys).
_PLACES = {
    "H1": (-2161414.93, -3834695.18, 4600350.23),
    "L1": (-74276.04, -5496283.72, 3224257.02),
    "V1": (4546374.10, 842989.70, 4378576.96),
    "K1": (-3777336.02, 3484898.41, 3765313.70),
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
