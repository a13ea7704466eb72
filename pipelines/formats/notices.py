"""Notices of other observatories as JSON (GCN's unified schema, and what Rubin's brokers send): read, and their times moved."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gracetape.bounded_json import read_json
from gracetape.pipelines.formats.texts import is_json, json_object, moved_time, number, time_of
from gracetape.pipelines.uploaded_event import UploadedEvent, UploadError
from gracetape.times import gps_of

#: Where each stands; of several the first that a notice has. Errors of positions and durations come in that order from what
#: gwcelery took of notices before servers read them (`_kafka_to_voevent`, up to 2.10).
_TIMES = ("trigger_time", "event_time")
_IDS = ("id", "objectId", "candid")
_ERRORS = ("dec_uncertainty", "ra_uncertainty", "ra_dec_error")
_DURATIONS = ("rate_duration", "image_duration")
_DESCRIPTIONS = ("description", "additional_info")
#: How the names of UTC times end.
_MOVED = ("_time", "_datetime", "_time_inf_freq", "observation_start", "observation_stop")
#: Noon of 1 January 2000, as a Julian date.
_J2000, _NOON = 2451545.0, datetime(2000, 1, 1, 12, tzinfo=UTC)


def read_notice(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A notice: time, position and its error (degrees), id and duration, and its far (Hz). What it does not tell is None."""
    data = json_object(content)
    found = dict.fromkeys(GRB_FIELDS) | {
        "author_shortname": _text(data, "mission") or about.get("pipeline") or None,
        "ra": number(data.get("ra")),
        "dec": number(data.get("dec")),
        "error_radius": number(_first(data, _ERRORS)),
        "how_description": _text(data, *_DESCRIPTIONS),
        "how_reference_url": _text(data, "data_archive_page"),
        "T90": number(data.get("t90")),
        "trigger_duration": number(_first(data, _DURATIONS)) or None,
        "designation": _text(data, "event_name"),
        "redshift": number(data.get("redshift")),
        "trigger_id": _id(data),
    }
    return UploadedEvent(gpstime=_gps(data), far=number(data.get("far")), extra_attributes={"GRB": found})


#: The table `GRB` of extra_attributes, in the server's order.
GRB_FIELDS = (
    "ivorn", "author_ivorn", "author_shortname", "observatory_location_id", "coord_system", "ra", "dec", "error_radius",
    "how_description", "how_reference_url", "T90", "trigger_duration", "designation", "redshift", "trigger_id",
)  # fmt: skip


def _first(data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of some values that is there; of a list (an ellipse's axes and angle, say) its first item."""
    for name in names:
        value = data.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if value is not None:
            return value
    return None


def _text(data: Mapping[str, Any], *names: str) -> str | None:
    value = _first(data, names)
    return value if isinstance(value, str) and value else None


def _id(data: Mapping[str, Any]) -> str | None:
    """The id; its parts, if it has several, with `_` between them: gwcelery asks for it so."""
    for name in _IDS:
        value = data.get(name)
        parts = value if isinstance(value, list) else [value]
        if named := [str(part) for part in parts if isinstance(part, str | int)]:
            return "_".join(named)
    return None


def _gps(data: Mapping[str, Any]) -> float:
    """GPS seconds of a notice's trigger; UploadError if it has no time."""
    text = _text(data, *_TIMES)
    if text is not None:
        return time_of(text, "notice")
    date = number(data.get("jd"))
    if date is None:
        raise UploadError("the notice has no trigger_time")
    return gps_of(_NOON + timedelta(days=date - _J2000))


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """A notice with its UTC times moved; None if it is none."""
    if not is_json(contents):
        return None
    try:
        data = read_json(contents)
    except ValueError:
        return None
    if not isinstance(data, dict) or not any(isinstance(data.get(name), str) for name in _TIMES):
        return None
    times = {name: value for name, value in data.items() if isinstance(value, str) and name.endswith(_MOVED)}
    return json.dumps(data | {name: moved_time(text, shift_s) for name, text in times.items()}).encode()
