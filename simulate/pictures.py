"""Pictures: a sky map in Mollweide projection, and plain curves for plots that pipelines and iDQ upload."""

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simulate.skymaps import NSIDE, density, grid, tilt
from simulate.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator


def _png(figure: Figure) -> bytes:
    """The picture, without the program's version in it."""
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def skymap(trigger: Trigger, rng: "Generator", name: str, width: float) -> bytes:
    """The sky map that was made with the same arguments and seed."""
    from astropy import units

    probability = density(trigger, width, tilt(rng), NSIDE)
    lon, lat = np.meshgrid(np.linspace(-180, 180, 181), np.linspace(-90, 90, 91))
    pixels = grid(NSIDE).lonlat_to_healpix((lon % 360) * units.deg, lat * units.deg)
    figure = Figure(figsize=(4.8, 2.8), dpi=75)
    axes: Any = figure.add_subplot(projection="mollweide")
    axes.pcolormesh(np.radians(lon), np.radians(lat), probability[pixels], shading="auto", cmap="magma_r")
    ra = (trigger.ra + 180) % 360 - 180
    axes.plot(np.radians(ra), np.radians(trigger.dec), marker="+", color="tab:cyan", markersize=8)
    axes.grid(alpha=0.3)
    axes.tick_params(labelsize=6)
    axes.set_title(name, fontsize=8)
    return _png(figure)


@cache
def _axes() -> Any:
    """One pair of axes for all curves: laying out anew for each takes ten times as long."""
    figure = Figure(figsize=(3.2, 2.0), dpi=60)
    axes = figure.add_axes((0.14, 0.2, 0.83, 0.68))
    axes.plot([], linewidth=0.8)
    axes.set_xlim(-10, 10)
    axes.tick_params(labelsize=6)
    return axes


def curve(trigger: Trigger, rng: "Generator", *about: Any) -> bytes:
    """A plot of a random walk around the event, titled by what it shows."""
    axes, walk = _axes(), np.cumsum(rng.normal(size=200))
    axes.lines[0].set_data(np.linspace(-10, 10, 200), walk)
    axes.set_ylim(walk.min() - 1, walk.max() + 1)
    axes.set_title(" ".join(str(word) for word in about[:3]), fontsize=7)
    axes.set_xlabel(f"s from {trigger.gps:.3f}", fontsize=6)
    return _png(axes.figure)
