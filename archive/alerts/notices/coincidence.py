"""A superevent's coincidence with another observatory's event, as notices tell of it: what RAVEN found, and the combined sky map."""

import math
from collections.abc import Mapping
from typing import Any

from gracetape.archive.alerts.notices.files import COMBINED, Chosen, Files
from gracetape.archive.history.rules import Record

#: What an Avro `int` holds: an id beyond is sent as a text.
_INT = range(-(2**31), 2**31)


def coincides(record: Record, voevent: Record | None) -> bool:
    """Whether an alert told of a coincidence: its VOEvent says so, else RAVEN's label on a superevent that names the other event."""
    if voevent is not None and isinstance(voevent.get("raven_coinc"), bool):
        return bool(voevent["raven_coinc"]) and bool(record.get("em_type"))
    return "RAVEN_ALERT" in (record.get("labels") or ()) and bool(record.get("em_type"))


def coincidence(record: Record, external: Record, combined: Chosen | None) -> Record:
    """`external_coinc` of a notice, its combined map as `Contents`; `external` is the other event's record."""
    attributes = external.get("extra_attributes")
    tables = attributes if isinstance(attributes, Mapping) else {}
    grb = next((table for table in tables.values() if isinstance(table, Mapping) and "trigger_id" in table), {})
    apart = number(external.get("gpstime")), number(record.get("t_0"))
    return {
        "gcn_notice_id": _notice_id(grb.get("trigger_id")),
        "ivorn": str(grb.get("ivorn") or ""),
        "observatory": str(external.get("pipeline") or ""),
        "search": str(external.get("search") or ""),
        "time_difference": round(apart[0] - apart[1], 2) if apart[0] is not None and apart[1] is not None else 0.0,
        "time_coincidence_far": number(record.get("time_coinc_far")),
        "time_sky_position_coincidence_far": number(record.get("space_coinc_far")),
        "combined_skymap": combined.contents if combined is not None else None,
    }


def combined_map(files: Files, record: Record, external: Record | None, voevent: Record | None) -> Chosen | None:
    """The combined sky map that went along: the one that the VOEvent names, or the last one where both events are labelled for it."""
    if voevent is not None and voevent.get("combined_skymap_filename"):
        return files.named(str(voevent["combined_skymap_filename"]))
    labels = set((external or {}).get("labels") or ())
    if voevent is None and not {"RAVEN_ALERT", "COMBINEDSKYMAP_READY"} <= labels:
        return None
    return files.last(COMBINED) if voevent is None or "COMBINEDSKYMAP_READY" in labels else None


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _notice_id(trigger: Any) -> int | str:
    """A number where it is one, as before 2026; other observatories' ids are texts."""
    text = str(trigger if trigger is not None else "")
    return int(text) if text.isascii() and text.isdecimal() and int(text[:12]) in _INT and len(text) < 12 else text
