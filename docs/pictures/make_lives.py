"""Draws the pictures of docs/simulate.md: the timeline of a simulated life per pipeline, and the arrivals of a stream."""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gracetape.simulate import Stream, life_of, read_configuration, shipped  # noqa: E402
from gracetape.simulate.acts import CreateEvent  # noqa: E402

_GPS, _IFOS = 1422144018.0, ("H1", "L1", "V1")
#: Acts of one colour.
_KINDS = {
    "event": ("CreateEvent",),
    "log": ("WriteLog",),
    "label": ("WriteLabel", "RemoveLabel"),
    "superevent": ("CreateSuperevent", "AddEvent", "UpdateSuperevent"),
    "signoff": ("Signoff",),
    "VOEvent": ("SendVOEvent",),
}


def _save(figure: Figure, name: str) -> None:
    figure.savefig(ROOT / "docs" / "pictures" / name, metadata={"Date": None, "Creator": None})


def lives() -> None:
    """One panel per configuration that comes along: a tick per act, a row per kind that it has."""
    names = shipped()
    panels: list[dict[str, list[float]]] = []
    for name in names:
        schedule = life_of(read_configuration(name), np.random.default_rng(7), _GPS, 1e-9, _IFOS).schedule
        by_kind = {kind: [a.dt for a in schedule if type(a.what).__name__ in acts] for kind, acts in _KINDS.items()}
        panels.append({kind: times for kind, times in by_kind.items() if times})
    heights = [len(panel) + 1.0 for panel in panels]
    figure = Figure(figsize=(10, 0.17 * sum(heights)), layout="constrained")
    grid = figure.subplots(len(names), sharex=True, height_ratios=heights)
    for axes, name, panel in zip(grid, names, panels, strict=True):
        for row, (kind, times) in enumerate(panel.items()):
            axes.plot(times, [-row] * len(times), "|", markersize=8, color=f"C{list(_KINDS).index(kind)}")
        axes.set_yticks([-row for row in range(len(panel))], list(panel), fontsize=6)
        axes.set_xlim(-2, 180)
        axes.set_ylim(-len(panel) + 0.3, 0.7)
        axes.set_title(name, fontsize=8, loc="left", pad=2)
        axes.tick_params(labelsize=6)
    grid[-1].set_xlabel("s after the event was created", fontsize=8)
    _save(figure, "lives.svg")


def arrivals() -> None:
    """Ten minutes of a Poisson stream of three configurations: each event's life as a line, its acts as ticks."""
    names = ("gstlal", "cwb", "olib")
    stream = Stream(
        [read_configuration(name) for name in names], _IFOS, _GPS, rate=0.05, duration=600.0, weights=[3, 1, 1]
    )
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots()
    colours: dict[str, str] = {}
    for row, (at, schedule) in enumerate(stream.lives(np.random.default_rng(12))):
        pipeline = next(action.what.pipeline for action in schedule if isinstance(action.what, CreateEvent))
        colour = colours.setdefault(pipeline, f"C{len(colours)}")
        times = [action.dt for action in schedule]
        axes.plot(times, [row] * len(times), "|", markersize=4, color=colour)
        axes.plot([at], [row], "o", markersize=4, color=colour)
    for pipeline, colour in colours.items():
        axes.plot([], [], "o", color=colour, label=pipeline)
    axes.legend(fontsize=8, loc="lower right")
    axes.set_xlabel("s after the first event", fontsize=8)
    axes.set_ylabel("event", fontsize=8)
    axes.tick_params(labelsize=7)
    _save(figure, "arrivals.svg")


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "gracetape"
    lives()
    arrivals()
