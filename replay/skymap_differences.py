"""How far apart two sky maps are: by the probability of their pixels, whatever the files look like."""

import base64
import io
import math
from typing import Any

#: The sum of the pixels' differences up to which two maps are the same: what single precision leaves of a probability.
_SAME = 1e-5
#: The finest level of pixels (nside 1024) on which maps are compared; smaller pixels are added up.
_FINEST = 10


def difference(rebuilt: str, recorded: str) -> str | None:
    """What to tell of two maps in base64 that are not the same; None for maps whose pixels have the same probabilities."""
    if rebuilt == recorded:
        return None
    try:
        apart = distance(base64.b64decode(rebuilt), base64.b64decode(recorded))
    except ImportError:
        return "other bytes (astropy, which would tell what they say, is not installed)"
    except Exception as error:  # a file that is no sky map, in any of the ways in which that is possible
        return f"other bytes, of which one is no sky map that can be read ({type(error).__name__})"
    return None if apart <= _SAME else f"pixels whose probabilities differ by {apart:.3g} in all"


def distance(one: bytes, other: bytes) -> float:
    """The sum over the sky of the differences of two maps' probabilities (0: the same, 2: nothing in common)."""
    maps = [_pixels(one), _pixels(other)]
    level = min(_FINEST, max(max(found) for found in maps))
    fine = [_at_level(found, level) for found in maps]
    return float(abs(fine[0] - fine[1]).sum())


def _pixels(contents: bytes) -> dict[int, Any]:
    """Probabilities by level of the pixels: (number of the pixel, nested; probability) of each."""
    import numpy as np
    from astropy.io import fits
    from astropy_healpix import uniq_to_level_ipix

    with fits.open(io.BytesIO(contents)) as hdus:
        table, header = hdus[1].data, hdus[1].header
        names = {name.upper(): name for name in table.names}
        if "UNIQ" in names:
            levels, numbers = uniq_to_level_ipix(np.asarray(table[names["UNIQ"]], dtype=np.int64))
            area = 4 * math.pi / (12 * 4.0**levels)
            values = np.asarray(table[names["PROBDENSITY"]], dtype=float) * area
        else:
            values = np.asarray(table[table.names[0]], dtype=float).ravel()
            level = round(math.log2(math.sqrt(len(values) / 12)))
            levels, numbers = np.full(len(values), level), np.arange(len(values))
            if str(header.get("ORDERING", "NESTED")).upper().startswith("RING"):
                from astropy_healpix import healpy

                numbers = healpy.ring2nest(2**level, numbers)
        return {int(level): (numbers[levels == level], values[levels == level]) for level in np.unique(levels)}


def _at_level(found: dict[int, Any], level: int) -> Any:
    """Probabilities of all pixels of a level."""
    import numpy as np

    whole = np.zeros(12 * 4**level)
    for own, (numbers, values) in found.items():
        if own > level:
            np.add.at(whole, np.asarray(numbers) >> 2 * (own - level), values)
            continue
        many = 4 ** (level - own)
        places = (np.asarray(numbers)[:, None] * many + np.arange(many)).ravel()
        whole[places] += np.repeat(values / many, many)
    return whole
