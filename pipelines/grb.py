"""Other observatories whose triggers come as VOEvents or as GCN's JSON: Fermi, Swift, INTEGRAL, AGILE, SNEWS, CHIME, SVOM, ..."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gracetape.pipelines.formats import notices, voevent_files
from gracetape.pipelines.formats.texts import is_json
from gracetape.pipelines.formats.voevent_files import (
    attribute_of,
    float_of,
    gps_of_event,
    params_of,
    position_of,
    root_of,
    text_of,
)
from gracetape.pipelines.formats.voevent_writing import voevent
from gracetape.pipelines.pipeline import Attributes, Pipeline
from gracetape.pipelines.trigger import Trigger
from gracetape.pipelines.uploaded_event import UploadedEvent

if TYPE_CHECKING:
    from numpy.random import Generator

_DURATIONS = ("Trig_Dur", "Trans_Duration", "Data_Integ", "Integ_Time", "Trig_Timescale", "Timescale")
_TRIGGER_IDS = ("TrigID", "Trans_Num", "EventID", "Burst_Id")


def read_trigger(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A trigger in either form."""
    return (notices.read_notice if is_json(content) else read_voevent)(content, about)


def read_any_trigger(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """The same; of a file that is in neither form nothing is taken."""
    known = is_json(content) or b"VOEvent" in content[:4096]
    return read_trigger(content, about) if known else UploadedEvent()


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """A trigger in either form with its UTC times moved; None if it is none."""
    moved = voevent_files.move_times(contents, shift_s)
    return notices.move_times(contents, shift_s) if moved is None else moved


def read_voevent(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A gamma-ray trigger: time, position, author, trigger id and duration, and FAR (Hz) where it is given."""
    root = root_of(content)
    params = {name: param.get("value") for name, param in params_of(root).items()}
    duration = next((float_of(params[name]) for name in _DURATIONS if name in params), None)
    attributes = dict.fromkeys(notices.GRB_FIELDS) | position_of(root) | {
        "author_ivorn": text_of(root, "Who/AuthorIVORN"),
        "author_shortname": text_of(root, "Who/Author/shortName"),
        "observatory_location_id": attribute_of(root, "WhereWhen/ObsDataLocation/ObservatoryLocation", "id"),
        "how_description": text_of(root, "How/Description"),
        "how_reference_url": attribute_of(root, "How/Reference", "uri"),
        "trigger_duration": duration or None,
        "trigger_id": next((params[name] for name in _TRIGGER_IDS if name in params), None),
    }  # fmt: skip
    return UploadedEvent(
        gpstime=gps_of_event(root), far=float_of(params.get("FAR")), extra_attributes={"GRB": attributes}
    )


_NUMBERS = frozenset(("ra", "dec", "error_radius", "trigger_duration", "T90", "redshift"))
#: What events have of a trigger in either form.
ATTRIBUTES = Attributes("GRB", notices.GRB_FIELDS, frozenset(notices.GRB_FIELDS) - _NUMBERS, ("grbevent",))

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
        name, ("External", "Test"), searches, read=read_trigger, attributes=(ATTRIBUTES,), move_times=move_times,
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
    _row("EinsteinProbe"),
    _row("KamLAND", ("Supernova", "MDC")),
    _row("Rubin"),
)
