"""Pictures: a sky map in Mollweide projection, and plain curves for plots that pipelines and iDQ upload."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from gracetape.pipelines.trigger import Trigger
from gracetape.simulate.skymaps import NSIDE, density, grid, tilt

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


_SIZE, _BOX = (320, 200), (12, 24, 308, 176)  # pixels


def curve(trigger: Trigger, rng: "Generator", *about: Any) -> bytes:
    """A plot of a random walk around the event, titled by what it shows. Drawn with Pillow: lives have many of these."""
    left, top, right, bottom = _BOX
    walk = np.cumsum(rng.normal(size=200))
    across = np.linspace(left, right, len(walk))
    down = bottom - (walk - walk.min()) / np.ptp(walk) * (bottom - top)
    image = Image.new("L", _SIZE, "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle(_BOX, outline="grey")
    pen.line(list(zip(across.tolist(), down.tolist(), strict=True)), fill="black")
    pen.text((left, 6), " ".join(str(word) for word in about[:3]), fill="black")
    pen.text((left, bottom + 6), f"-10 s to +10 s from {trigger.gps:.3f}", fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
