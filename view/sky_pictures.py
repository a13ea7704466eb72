"""Draws sky maps (Mollweide, right ascension to the left, 50 and 90 % regions) and distances as PNG, each once."""

import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy_healpix import HEALPix
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from gracetape.errors import NotFound
from gracetape.sky_maps import DEEPEST, SkyMap, read_sky_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDE, _HIGH = 1440, 720
#: Pixels of all maps that are kept, beside the one that was asked for last; with distances, each takes 48 bytes.
_MOST_KEPT = 12_600_000
#: Of the light page and of the dark one: the paper, lines, texts, and the colours of what is improbable to what is most probable.
_LOOKS = {
    False: ("#ffffff", "#b9c0c9", "#4b5563", ["#ffffff", "#fde9c8", "#f5a742", "#c2410c", "#5c1a06"]),
    True: ("#161a20", "#475160", "#a9b4c2", ["#161a20", "#3b2a4f", "#8a3f6b", "#e8775a", "#ffe9a8"]),
}


def sky_png(found: SkyMap, dark: bool) -> bytes:
    """The whole sky, 1440 x 760 pixels."""
    paper, line, ink, colours = _LOOKS[dark]
    share, credible, inside = _raster(found)
    figure = Figure(figsize=(9.6, 5.07), dpi=150, facecolor=paper)
    axes = figure.add_axes((0.01, 0.02, 0.98, 0.96))
    axes.set_axis_off()
    axes.set_aspect("equal")
    extent = (-2.0, 2.0, -1.0, 1.0)
    # Where all that is probable lies between two points of the picture, the most is 0.
    shown = np.where(inside, np.sqrt(share / (share.max() or 1.0)), np.nan)
    axes.imshow(
        shown, origin="lower", extent=extent, cmap=LinearSegmentedColormap.from_list("sky", colours), vmin=0, vmax=1
    )
    x, y = np.linspace(-2, 2, _WIDE), np.linspace(-1, 1, _HIGH)
    _graticule(axes, line, ink)
    axes.contour(x, y, np.where(inside, credible, 2.0), levels=[0.5, 0.9], colors=[ink, ink], linewidths=[1.4, 0.9])
    axes.set_xlim(-2.06, 2.06)
    axes.set_ylim(-1.04, 1.04)
    return _png(figure)


def distance_png(found: SkyMap, dark: bool) -> bytes:
    """How probable each distance is, all directions together, 1440 x 480 pixels. NotFound if the map has no distances."""
    if (curve := distance_curve(found)) is None:
        raise NotFound("the map has no distances")
    paper, line, ink, colours = _LOOKS[dark]
    where, likely = curve
    figure = Figure(figsize=(9.6, 3.2), dpi=150, facecolor=paper)
    axes = figure.add_axes((0.04, 0.26, 0.92, 0.68), facecolor=paper)
    axes.fill_between(where, likely, color=colours[2], alpha=0.35, linewidth=0)
    axes.plot(where, likely, color=colours[3], linewidth=1.6)
    axes.set_xlim(0, where[-1])
    axes.set_ylim(0, None)
    axes.set_yticks([])
    axes.set_xlabel("distance (Mpc)", color=ink, fontsize=12)
    axes.tick_params(colors=ink, labelsize=11)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(line)
    return _png(figure)


def distance_curve(found: SkyMap) -> "tuple[NDArray[np.float64], NDArray[np.float64]] | None":
    """Distances in Mpc with their probability density, all directions together (Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15)."""
    if not found.distances:
        return None
    mu, sigma, norm = (found.distances[name] for name in ("DISTMU", "DISTSIGMA", "DISTNORM"))
    usable = np.isfinite(mu) & np.isfinite(sigma) & np.isfinite(norm) & (sigma > 0) & (found.probability > 0)
    if not usable.any():
        return None
    likely = np.flatnonzero(usable)
    likely = likely[np.argsort(-found.probability[likely])][:4000]  # the rest changes nothing that can be seen
    far = float(np.max(np.clip(mu[likely], 0, None) + 3 * sigma[likely]))
    if not (math.isfinite(far) and far > 0):
        return None
    where = np.linspace(0, far, 300)
    bell = np.exp(-0.5 * ((where[:, None] - mu[likely]) / sigma[likely]) ** 2) / (
        sigma[likely] * math.sqrt(2 * math.pi)
    )
    density = (bell * (found.probability * norm)[likely]).sum(axis=1) * where**2
    return (where, density) if np.isfinite(density).all() and density.max() > 0 else None


def _raster(found: SkyMap) -> "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]":
    """At each point of the picture: probability per area, credible level, and whether it is on the sky."""
    x, y = np.meshgrid(np.linspace(-2, 2, _WIDE), np.linspace(-1, 1, _HIGH))
    inside = (x / 2) ** 2 + y**2 <= 1
    theta = np.arcsin(np.clip(y, -1, 1))
    lat = np.arcsin(np.clip((2 * theta + np.sin(2 * theta)) / math.pi, -1, 1))
    lon = math.pi - math.pi * x / (2 * np.maximum(np.cos(theta), 1e-9))  # 12 h in the middle, more to the left
    from astropy import units

    deepest = HEALPix(2**DEEPEST, order="nested")
    points = deepest.lonlat_to_healpix(lon[inside] % (2 * math.pi) * units.rad, lat[inside] * units.rad)
    at = np.clip(np.searchsorted(found.starts, points, side="right") - 1, 0, len(found.starts) - 1)
    share, credible = np.zeros(x.shape), np.full(x.shape, 1.0)
    share[inside], credible[inside] = (found.probability / found.area)[at], found.credible()[at]
    return share, credible, inside


def _graticule(axes: Any, line: str, ink: str) -> None:
    edge = np.linspace(0, 2 * math.pi, 400)
    for hours in range(0, 25, 4):
        angle = np.linspace(-math.pi / 2, math.pi / 2, 120)
        axes.plot(2 * (1 - hours / 12) * np.cos(angle), np.sin(angle), color=line, linewidth=0.5, zorder=1)
        if 0 < hours < 24:
            axes.text(2 * (1 - hours / 12) + 0.02, 0.02, f"{hours}h", color=ink, fontsize=12)
    for degrees in range(-60, 90, 30):
        theta = _theta(math.radians(degrees))
        axes.plot(
            [-2 * math.cos(theta), 2 * math.cos(theta)], [math.sin(theta)] * 2, color=line, linewidth=0.5, zorder=1
        )
        if degrees:
            axes.text(
                2 * math.cos(theta) + 0.02,
                math.sin(theta),
                f"{degrees:+}°".replace("-", "−"),
                color=ink,
                fontsize=8,
                va="center",
            )
    axes.plot(2 * np.cos(edge), np.sin(edge), color=line, linewidth=1.0)


def _theta(lat: float) -> float:
    """The parameter of the Mollweide projection at a latitude, by Newton's method."""
    theta = lat
    for _ in range(30):
        theta -= (2 * theta + math.sin(2 * theta) - math.pi * math.sin(lat)) / (2 + 2 * math.cos(2 * theta) + 1e-12)
    return theta


def _png(figure: Figure) -> bytes:
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None})
    return out.getvalue()


#: What is drawn of a map, by the name in its address.
DRAWN: dict[str, Callable[[SkyMap, bool], bytes]] = {"sky": sky_png, "distance": distance_png}


class Shelf:
    """Maps and their pictures that were asked for lately, by the contents' SHA-256: each is read and drawn once."""

    def __init__(self, maps: int = 4, pictures: int = 64) -> None:
        self._maps: OrderedDict[str, SkyMap] = OrderedDict()
        self._pictures: OrderedDict[tuple[str, str, bool], bytes] = OrderedDict()
        self._most_maps, self._most_pictures = maps, pictures
        self._lock = threading.Lock()  # one at a time: a large map takes half a gigabyte while it is read

    def map(self, digest: str, contents: Callable[[], bytes]) -> SkyMap:
        """The map in some contents. ValueError if there is none."""
        with self._lock:
            return self._map(digest, contents)

    def picture(self, digest: str, contents: Callable[[], bytes], which: str, dark: bool) -> bytes:
        """A PNG of the map in some contents. ValueError if there is none, NotFound if it has no such picture."""
        if which not in DRAWN:
            raise NotFound(f"there is no picture {which!r:.40}: {', '.join(DRAWN)}")
        key = (digest, which, dark)
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = DRAWN[which](self._map(digest, contents), dark)
                while len(self._pictures) > self._most_pictures:
                    self._pictures.popitem(last=False)
            self._pictures.move_to_end(key)
            return self._pictures[key]

    def _map(self, digest: str, contents: Callable[[], bytes]) -> SkyMap:
        if digest not in self._maps:
            self._maps[digest] = read_sky_map(contents())
            while len(self._maps) > 1 and (len(self._maps) > self._most_maps or self._pixels() > _MOST_KEPT):
                self._maps.popitem(last=False)
        self._maps.move_to_end(digest)
        return self._maps[digest]

    def _pixels(self) -> int:
        return sum(len(found.level) for found in self._maps.values())
