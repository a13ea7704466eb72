"""Sky maps: HEALPix FITS, flat or multi-order, normalised to 1, with their peak at the event's true position."""

import gzip
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from astropy_healpix import HEALPix, level_ipix_to_uniq

from gracetape.pipelines.trigger import Trigger
from gracetape.times import utc_of

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

NSIDE = 16
_LEVEL = 4  # NSIDE is 2 to this power
_CREATORS = {
    "bayestar": "BAYESTAR",
    "lalinference": "LALInference",
    "skyprobcc": "CWB",
    "cWB": "CWB",
    "BW": "BayesWave",
}


def _vector(lon: Any, lat: Any) -> "NDArray[np.float64]":
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def grid(nside: int) -> HEALPix:
    """The pixels of a map, nested."""
    return HEALPix(nside, order="nested")


def _pixel(trigger: Trigger, nside: int) -> int:
    """The pixel (nested) that the true position lies in."""
    from astropy import units

    return int(grid(nside).lonlat_to_healpix(trigger.ra * units.deg, trigger.dec * units.deg))


def tilt(rng: "Generator") -> float:
    """How an ellipse lies on the sky, in radians."""
    return float(rng.uniform(0.0, math.pi))


def density(trigger: Trigger, width: float, tilted: float, nside: int) -> "NDArray[np.float64]":
    """Probability per pixel (nested) of an ellipse on the sky: `width` degrees along, a third of that across, tilted by `tilted` radians.

    Its centre is the middle of the pixel that holds the true position, which is therefore the most probable one.
    """
    lon, lat = (angle.to_value("rad") for angle in grid(nside).healpix_to_lonlat(np.arange(12 * nside**2)))
    middle = _pixel(trigger, nside)
    points, centre = _vector(lon, lat), _vector(lon[middle], lat[middle])
    east = np.array([-math.sin(lon[middle]), math.cos(lon[middle]), 0.0])
    north = np.cross(centre, east)
    along = points @ (math.cos(tilted) * east + math.sin(tilted) * north)
    across = points @ (math.cos(tilted) * north - math.sin(tilted) * east)
    sigma = math.radians(width)
    here = points @ centre > 0  # the ellipse is on this side of the sky alone
    likely = 1e-9 + here * np.exp(-0.5 * ((along / sigma) ** 2 + (3.0 * across / sigma) ** 2))
    probability: NDArray[np.float64] = likely / likely.sum()
    return probability


def _header(trigger: Trigger, name: str) -> list[tuple[str, Any, str]]:
    when = utc_of(trigger.gps)
    stem = name.split(".")[0].split("_")[0]
    mjd = 44244.0 + (when - utc_of(0.0)).total_seconds() / 86400.0  # MJD 44244 is 1980-01-06, where GPS begins
    return [
        ("PIXTYPE", "HEALPIX", "HEALPIX pixelisation"),
        ("COORDSYS", "C", "Ecliptic, Galactic or Celestial (equatorial)"),
        ("OBJECT", trigger.stem, "what was seen"),
        ("INSTRUME", trigger.ifos, "detectors"),
        ("DATE-OBS", when.strftime("%Y-%m-%dT%H:%M:%S.%f"), "UTC of the event"),
        ("MJD-OBS", round(mjd, 8), "the same as a modified Julian date"),
        ("DATE", when.strftime("%Y-%m-%dT%H:%M:%S"), "UTC of the file"),
        ("CREATOR", _CREATORS.get(stem, stem), "program"),
        ("ORIGIN", "simulated", "where the file comes from"),
    ]


def _distances(trigger: Trigger, count: int) -> list[tuple[str, "NDArray[np.float64]", str]]:
    """Per pixel: mean and spread of the distance in Mpc, and the norm that makes its distribution integrate to 1."""
    mean, spread = trigger.distance, 0.2 * trigger.distance
    full = np.full(count, 1.0)
    norm = 1.0 / (mean**2 + spread**2)
    return [("DISTMU", mean * full, "Mpc"), ("DISTSIGMA", spread * full, "Mpc"), ("DISTNORM", norm * full, "Mpc-2")]


def _file(columns: list[tuple[str, Any, str]], about: list[tuple[str, Any, str]], name: str) -> bytes:
    made = [
        fits.Column(n, "K" if values.dtype.kind == "i" else "D", unit or None, array=values)
        for n, values, unit in columns
    ]
    table, out = fits.BinTableHDU.from_columns(made), io.BytesIO()
    table.header.extend([fits.Card(*card) for card in about])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return gzip.compress(out.getvalue(), mtime=0) if name.endswith(".gz") else out.getvalue()


def _has_distance(trigger: Trigger, name: str) -> bool:
    return trigger.mass1 > 0 and name.split(".")[0] in ("bayestar", "lalinference_skymap", "Bilby")


def _distance_cards(trigger: Trigger, name: str) -> list[tuple[str, Any, str]]:
    """What readers of alerts look at first: the distance and its spread over the whole sky (Mpc)."""
    if not _has_distance(trigger, name):
        return []
    return [
        ("DISTMEAN", round(trigger.distance, 6), "posterior mean distance (Mpc)"),
        ("DISTSTD", round(0.2 * trigger.distance, 6), "posterior standard deviation of distance (Mpc)"),
    ]


def flat(trigger: Trigger, rng: "Generator", name: str, width: float) -> bytes:
    """A flat map: PROB per pixel, nested, with distances where the analysis gives them; gzipped if its name says so."""
    probability = density(trigger, width, tilt(rng), NSIDE)
    columns = [("PROB", probability, "pix-1")]
    if _has_distance(trigger, name):
        columns += _distances(trigger, len(probability))
    about = [
        *_distance_cards(trigger, name), *_header(trigger, name), ("ORDERING", "NESTED", "NESTED or RING"), ("NSIDE", NSIDE, "resolution"),
        ("FIRSTPIX", 0, "first pixel"), ("LASTPIX", len(probability) - 1, "last pixel"), ("INDXSCHM", "IMPLICIT", "indexing"),
    ]  # fmt: skip
    return _file(columns, about, name)


def multiorder(trigger: Trigger, rng: "Generator", name: str, width: float) -> bytes:
    """A multi-order map: PROBDENSITY (1/sr) per pixel, finer by one order where it matters."""
    fine = density(trigger, width, tilt(rng), 2 * NSIDE).reshape(-1, 4)
    coarse = fine.sum(axis=1)
    split = coarse > 4.0 * coarse.mean()
    parents, children = np.flatnonzero(~split), (4 * np.flatnonzero(split)[:, None] + np.arange(4)).ravel()
    uniq = np.concatenate([level_ipix_to_uniq(_LEVEL, parents), level_ipix_to_uniq(_LEVEL + 1, children)]).astype(
        "int64"
    )
    area = 4 * math.pi / (12 * NSIDE**2)
    values = np.concatenate([coarse[~split] / area, fine[split].ravel() / (area / 4)])
    order = np.argsort(uniq)
    columns = [("UNIQ", uniq[order], ""), ("PROBDENSITY", values[order], "sr-1")]
    if _has_distance(trigger, name):
        columns += _distances(trigger, len(uniq))
    about = [
        *_distance_cards(trigger, name), *_header(trigger, name), ("ORDERING", "NUNIQ", "multi-order"), ("MOCORDER", _LEVEL + 1, "finest order"),
        ("INDXSCHM", "EXPLICIT", "indexing"),
    ]  # fmt: skip
    return _file(columns, about, name)
