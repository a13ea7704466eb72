"""Reads HEALPix sky maps, flat and multi-order, into one form. The layout: the gwcelery, BAYESTAR and IVOA MOC conventions that ligo.skymap reads.

Maps come from strangers: nothing is read that the file does not hold, no more than `LARGEST` bytes of it, and no more pixels, tables and
headers than maps have.
"""

import io
import re
import warnings
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from astropy_healpix import HEALPix, uniq_to_level_ipix

from gracetape.reading_limits import LIMITS
from gracetape.unpacking import unpacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A flat map of NSIDE 1024 with distances has 400 MB and 2 to 20 packed.
LARGEST = replace(LIMITS, file_bytes=512 << 20)
DEEPEST = 29  # the finest order that an integer of 64 bits holds
MOST_PIXELS = 50_400_000  # a flat map of NSIDE 2048, the finest that analyses have written, has 50,331,648
_MOST_UNITS = 50  # headers with what follows them, before the one with the map
_MOST_COLUMNS = 999  # by the standard of FITS
_MOST_BLOCKS = 1000  # of 36 lines, of all headers together
_BLOCK = 2880  # bytes
#: The form of a column whose rows are all as long; P and Q point to where their contents are.
_FORM = re.compile(r"(\d*)[LXBIJKAEDCM]")
_SQUARE_DEGREES = 4 * np.pi * (180 / np.pi) ** 2


@dataclass(frozen=True)
class SkyMap:
    """Pixels in nested order, each (`level`, `pixel`) with its probability; distances in Mpc where the analysis gives them.

    Probabilities are a share of the map's own sum, which is the `whole`.
    """

    level: "NDArray[np.int64]"
    pixel: "NDArray[np.int64]"
    probability: "NDArray[np.float64]"
    distances: "dict[str, NDArray[np.float64]]"
    header: dict[str, Any]
    whole: float = 1.0

    @property
    def area(self) -> "NDArray[np.float64]":
        """Square degrees of each pixel."""
        return np.asarray(_SQUARE_DEGREES / (12.0 * 4.0**self.level), dtype=np.float64)

    @property
    def starts(self) -> "NDArray[np.int64]":
        """The first pixel of the deepest order in each; rising."""
        return self.pixel << (2 * (DEEPEST - self.level))

    def credible(self) -> "NDArray[np.float64]":
        """For each pixel the probability of the smallest region that holds it, 0 to 1."""
        by_density = np.argsort(-self.probability / self.area, kind="stable")
        found = np.empty(len(by_density))
        found[by_density] = np.cumsum(self.probability[by_density])
        return found

    def region(self, share: float) -> float:
        """Square degrees of the smallest region that holds this share of the probability."""
        by_density = np.argsort(-self.probability / self.area, kind="stable")
        grown = np.cumsum(self.probability[by_density])
        last = min(int(np.searchsorted(grown, share)), len(grown) - 1)
        return float(self.area[by_density][: last + 1].sum())

    def peak(self) -> tuple[float, float]:
        """Right ascension and declination of the middle of the most probable pixel, degrees."""
        best = int(np.argmax(self.probability / self.area))
        lon, lat = HEALPix(2 ** int(self.level[best]), order="nested").healpix_to_lonlat([self.pixel[best]])
        return float(lon.to_value("deg")[0]), float(lat.to_value("deg")[0])


def read_sky_map(contents: bytes) -> SkyMap:
    """The sky map in a FITS file, gzipped or not. ValueError with a reason if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that are not quite by the standard
        try:
            return _read(unpacked(contents, LARGEST))
        except (
            OSError, KeyError, TypeError, IndexError, AttributeError, OverflowError, MemoryError, ZeroDivisionError, AssertionError,
            fits.VerifyError,
        ) as error:  # fmt: skip
            raise ValueError(f"its FITS cannot be read: {str(error) or type(error).__name__}") from None


class _Headers(io.BytesIO):
    """A file in memory, from which no endless headers are read: astropy asks for them block by block."""

    def __init__(self, plain: bytes) -> None:
        super().__init__(plain)
        self._blocks, self.said = 0, ""

    def read(self, size: int | None = -1, /) -> bytes:
        if size == _BLOCK:
            self._blocks += 1
            if self._blocks > _MOST_BLOCKS:
                self.said = f"its headers have more than {_MOST_BLOCKS * _BLOCK:,} bytes"
                raise ValueError(self.said)  # which astropy takes for the end of the file
        return super().read(size)


def _read(plain: bytes) -> SkyMap:
    with fits.open(headers := _Headers(plain), memmap=False, disable_image_compression=True) as units:
        for unit in islice(units, _MOST_UNITS):
            if isinstance(unit, fits.BinTableHDU):
                if not 0 <= int(unit.header["TFIELDS"]) <= _MOST_COLUMNS:
                    raise ValueError(
                        f"it says that a table has more than {_MOST_COLUMNS} columns, which FITS does not know"
                    )
                names = {name.upper() for name in unit.columns.names}
                if "UNIQ" in names or names & {"PROB", "PROBABILITY"}:
                    _check_sizes(unit, len(plain))
                    return _checked(_multi_order(unit) if "UNIQ" in names else _flat(unit))
    raise ValueError(
        headers.said or f"it holds no sky map: no table has a column UNIQ or PROB (of the first {_MOST_UNITS})"
    )


def _check_sizes(unit: Any, most: int) -> None:
    """ValueError for a table that says that it holds more than its file does, or more pixels than a map has."""
    rows, width = int(unit.header["NAXIS2"]), int(unit.header["NAXIS1"])
    if rows < 0 or width < 1 or rows * width > most:
        raise ValueError("it says that it has more pixels than it holds")
    for column in unit.columns:
        form = _FORM.match(str(column.format))
        if form is None:
            raise ValueError(f"its column {column.name} has lengths of its own in each row, which no map has")
        if rows * int(form[1] or 1) > MOST_PIXELS:
            raise ValueError(f"it has more than {MOST_PIXELS:,} pixels")


def _multi_order(unit: Any) -> SkyMap:
    uniq = np.asarray(unit.data["UNIQ"], dtype=np.int64).ravel()
    if not len(uniq) or uniq.min() < 4:
        raise ValueError("its column UNIQ holds numbers that are no pixels")
    level, pixel = (np.asarray(part, dtype=np.int64) for part in uniq_to_level_ipix(uniq))
    if level.max() > DEEPEST:
        raise ValueError("its column UNIQ holds numbers that are no pixels")
    density = np.asarray(unit.data["PROBDENSITY"], dtype=float).ravel()
    order = np.argsort(pixel << (2 * (DEEPEST - level)), kind="stable")
    steradians = 4 * np.pi / (12.0 * 4.0**level)
    return SkyMap(level[order], pixel[order], (density * steradians)[order], _distances(unit, order), _header(unit))


def _flat(unit: Any) -> SkyMap:
    column = next(name for name in unit.columns.names if name.upper() in ("PROB", "PROBABILITY"))
    probability = np.asarray(unit.data[column], dtype=float).ravel()
    level = round(np.log2(max(len(probability) / 12, 1)) / 2)
    if len(probability) != 12 * 4**level:
        raise ValueError(f"{len(probability)} pixels are no whole sky: HEALPix has 12, 48, 192, …")
    pixels = np.arange(len(probability))
    order = pixels
    if str(unit.header.get("ORDERING", "")).strip().upper() != "NESTED":
        order = np.argsort(HEALPix(2**level, order="ring").ring_to_nested(pixels), kind="stable") if level else pixels
    return SkyMap(np.full(len(pixels), level), pixels, probability[order], _distances(unit, order), _header(unit))


def _distances(unit: Any, order: "NDArray[np.int64]") -> "dict[str, NDArray[np.float64]]":
    names = {name.upper(): name for name in unit.columns.names}
    wanted = ("DISTMU", "DISTSIGMA", "DISTNORM")
    if not all(name in names for name in wanted):
        return {}
    return {name: np.asarray(unit.data[names[name]], dtype=float).ravel()[order] for name in wanted}


def _header(unit: Any) -> dict[str, Any]:
    return {str(card.keyword): card.value for card in unit.header.cards if card.keyword}


def _checked(found: SkyMap) -> SkyMap:
    """The same, with probabilities that are numbers of no less than 0, not all 0, and can be added."""
    probability = np.where(np.isfinite(found.probability), np.maximum(found.probability, 0), 0)
    with np.errstate(over="ignore"):
        whole = probability.sum()
    if not 0 < whole < np.inf:
        raise ValueError("its probabilities are all 0" if whole == 0 else "its probabilities are too large to be added")
    return replace(found, probability=probability / whole, whole=float(whole))
