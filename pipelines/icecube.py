"""IceCube: high-energy neutrinos, told of in VOEvents with rates per year, or in GCN's JSON, which makes them triggers like others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gracetape.pipelines.formats.notices import read_notice
from gracetape.pipelines.formats.texts import is_json
from gracetape.pipelines.formats.voevent_files import (
    float_of,
    gps_of_event,
    params_of,
    position_of,
    root_of,
    whole_of,
)
from gracetape.pipelines.formats.voevent_writing import voevent
from gracetape.pipelines.grb import ATTRIBUTES, move_times
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent

if TYPE_CHECKING:
    from numpy.random import Generator

_YEAR = 365 * 86400.0  # seconds, as the server counts rates given per year
#: Field of the record -> name of the parameter, how it is read.
_NEUTRINO = {
    "signalness": ("signalness", float_of), "energy": ("energy", float_of), "src_error_90": ("src_error_90", float_of),
    "src_error_50": ("src_error_50", float_of), "amon_id": ("AMON_ID", whole_of), "run_id": ("run_id", whole_of),
    "event_id": ("event_id", whole_of), "stream": ("Stream", whole_of),
}  # fmt: skip


def read_neutrino(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A neutrino: time, position and its errors (degrees), energy (TeV), and a false alarm rate, which is given per year."""
    if is_json(content):
        return read_notice(content, about)
    root = root_of(content)
    params = params_of(root)
    rate = params.get("FAR")
    per_year = float_of(rate.get("value")) if rate is not None else None
    attributes = position_of(root)
    attributes |= {"far_ne": per_year, "far_unit": rate.get("unit") if rate is not None else None}
    for field, (name, read) in _NEUTRINO.items():
        attributes[field] = read(params[name].get("value")) if name in params else None
    far = None if per_year is None else per_year / _YEAR
    return UploadedEvent(gpstime=gps_of_event(root), far=far, extra_attributes={"NeutrinoEvent": attributes})


_TEXTS = ("ivorn", "coord_system", "far_unit")
_NEUTRINOS = Attributes(
    "NeutrinoEvent", (*_TEXTS, "ra", "dec", "error_radius", "far_ne", *_NEUTRINO), frozenset(_TEXTS)
)


def make_neutrino(trigger: Trigger, rng: "Generator") -> bytes:
    """The VOEvent 2.0 of a neutrino, as AMON sends it; its rate is given per year."""
    run, event = int(rng.integers(10**5, 10**6)), int(rng.integers(10**6, 10**8))
    radius = float(rng.uniform(0.2, 2.0))
    params = [
        ("Stream", 24, None),
        ("AMON_ID", f"{run}{event:08d}", None),
        ("run_id", run, None),
        ("event_id", event, None),
        ("FAR", f"{trigger.far * _YEAR:.9g}", "yr^-1"),
        ("energy", f"{rng.lognormal(5.0, 0.5):.4f}", "TeV"),
        ("signalness", f"{rng.uniform(0.3, 1.0):.4f}", None),
        ("src_error_90", f"{radius:.4f}", "deg"),
        ("src_error_50", f"{radius * 0.4:.4f}", "deg"),
    ]
    ident = f"ivo://amon/icecube_gold#24_{event}_{run}_0"
    return voevent(trigger, ident, ("ivo://amon.psu.edu/icecube", "IceCube"), params, radius)


PIPELINES = (
    Pipeline(
        "IceCube", ("External", "Test"), ("HEN", "MDC"), read=read_neutrino, attributes=(_NEUTRINOS, ATTRIBUTES), move_times=move_times,
        make=make_neutrino, upload="voevent", file="{stem}.xml",
    ),
)  # fmt: skip
