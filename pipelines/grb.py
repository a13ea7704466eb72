"""Gamma-ray and other missions whose triggers come as VOEvents: Fermi, Swift, INTEGRAL, AGILE, SNEWS, CHIME, SVOM."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gracetape.pipelines.formats.voevent_files import (
    COORDS,
    attribute_of,
    float_of,
    move_times,
    params_of,
    position_of,
    root_of,
    text_of,
    time_of,
)
from gracetape.pipelines.formats.voevent_writing import voevent
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent

if TYPE_CHECKING:
    from numpy.random import Generator

_DURATIONS = ("Trig_Dur", "Trans_Duration", "Data_Integ", "Integ_Time", "Trig_Timescale")
_TRIGGER_IDS = ("TrigID", "Trans_Num", "EventID")


def read_voevent(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A gamma-ray trigger: time, position, author, trigger id and duration, and FAR (Hz) where it is given."""
    root = root_of(content)
    gpstime = time_of(text_of(root, f"{COORDS}/Time/TimeInstant/ISOTime"))
    params = {name: param.get("value") for name, param in params_of(root).items()}
    duration = next((float_of(params[name]) for name in _DURATIONS if name in params), None)
    attributes = position_of(root) | {
        "author_ivorn": text_of(root, "Who/AuthorIVORN"),
        "author_shortname": text_of(root, "Who/Author/shortName"),
        "observatory_location_id": attribute_of(root, "WhereWhen/ObsDataLocation/ObservatoryLocation", "id"),
        "how_description": text_of(root, "How/Description"),
        "how_reference_url": attribute_of(root, "How/Reference", "uri"),
        "T90": None,
        "trigger_duration": duration or None,
        "designation": None,
        "redshift": None,
        "trigger_id": next((params[name] for name in _TRIGGER_IDS if name in params), None),
    }
    return UploadedEvent(gpstime=gpstime, far=float_of(params.get("FAR")), extra_attributes={"GRB": attributes})


_TEXTS = (
    "ivorn", "author_ivorn", "author_shortname", "observatory_location_id", "coord_system", "how_description",
    "how_reference_url", "designation", "trigger_id",
)  # fmt: skip
_NUMBERS = ("ra", "dec", "error_radius", "trigger_duration", "T90", "redshift")
_ATTRIBUTES = Attributes("GRB", (*_TEXTS, *_NUMBERS), frozenset(_TEXTS), ("grbevent",))

#: Which stream of GCN's tells of a mission's triggers.
_STREAMS = {
    "Fermi": "Fermi#GBM_Fin_Pos", "Swift": "SWIFT#BAT_GRB_Pos", "INTEGRAL": "INTEGRAL#Wakeup", "SNEWS": "SNEWS#Alert",
}  # fmt: skip


def make_voevent(trigger: Trigger, rng: "Generator") -> bytes:
    """The VOEvent 2.0 of a mission, as GCN sends it; far in Hz."""
    number = int(rng.integers(10**8, 10**9))
    params = {"TrigID": number, "Trig_Dur": f"{rng.lognormal(0, 1):.3f}", "FAR": f"{trigger.far:.6g}"}
    ident = f"ivo://nasa.gsfc.gcn/{_STREAMS[trigger.pipeline]}_{number}"
    author = ("ivo://nasa.gsfc.tan/gcn", f"{trigger.pipeline} (via VO-GCN)")
    return voevent(
        trigger, ident, author, [(name, value, None) for name, value in params.items()], rng.uniform(0.05, 5.0)
    )


def _row(name: str, searches: tuple[str, ...] = ("GRB", "SubGRB", "SubGRBTargeted", "MDC")) -> Pipeline:
    made = name in _STREAMS
    return Pipeline(
        name, ("External", "Test"), searches, read=read_voevent, attributes=(_ATTRIBUTES,), move_times=move_times,
        make=make_voevent if made else None, upload="voevent" if made else "", file="{stem}.xml",
    )  # fmt: skip


PIPELINES = (
    _row("Fermi"),
    _row("Swift"),
    _row("INTEGRAL"),
    _row("AGILE"),
    _row("SNEWS", ("SNEWS", "Supernova", "MDC")),
    _row("CHIME", ("FRB", "MDC")),
    _row("SVOM"),
)
