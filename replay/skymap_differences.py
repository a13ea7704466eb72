"""How far apart two sky maps are: by the probability of their pixels, whatever the files look like."""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gracetape.sky_maps import SkyMap

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
    except ValueError as error:
        return f"other bytes, of which one is no sky map that can be read: {error}"
    return None if apart <= _SAME else f"pixels whose probabilities differ by {apart:.3g} in all"


def distance(one: bytes, other: bytes) -> float:
    """The sum over the sky of the differences of two maps' probabilities (0: the same, 2: nothing in common).

    ValueError with a reason if one is no sky map. It takes as much memory as the maps' own pixels do.
    """
    import numpy as np

    from gracetape.sky_maps import DEEPEST, read_sky_map

    maps = [_coarse(read_sky_map(contents)) for contents in (one, other)]
    edges = [(found.starts, found.starts + (1 << (2 * (DEEPEST - found.level)))) for found in maps]
    # Wherever a pixel of either map begins or ends, a piece begins that is inside of one pixel of each, or of none.
    pieces = np.unique(np.concatenate([edge for both in edges for edge in both]))
    sizes = np.diff(np.append(pieces, 12 << (2 * DEEPEST)))
    shares = np.zeros(len(pieces))
    for sign, found, (starts, ends) in zip((1, -1), maps, edges, strict=True):
        at = np.searchsorted(starts, pieces, side="right") - 1
        inside = (at >= 0) & (pieces < ends[at])
        shares += sign * np.where(inside, found.whole * (found.probability / (ends - starts))[at], 0.0) * sizes
    return float(abs(shares).sum())


def _coarse(found: "SkyMap") -> "SkyMap":
    """The same map without pixels smaller than those of the finest level: they are added up in the one that holds them."""
    import numpy as np

    from gracetape.sky_maps import SkyMap

    fine = np.maximum(found.level - _FINEST, 0)
    if not fine.any():
        return found
    levels, pixels = found.level - fine, found.pixel >> (2 * fine)
    first = np.append([True], (np.diff(pixels) != 0) | (np.diff(levels) != 0))
    probability = np.add.reduceat(found.probability, np.flatnonzero(first))
    return SkyMap(levels[first], pixels[first], probability, {}, {}, found.whole)
