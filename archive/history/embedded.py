"""The parts of a record that repeat other objects: a superevent's preferred event, an event's neighbouring superevents."""

from collections.abc import Callable, Iterable
from typing import Any

Record = dict[str, Any]
Lookup = Callable[[str], Record | None]

#: How far a superevent's t_0 may lie from an event's gpstime to be its neighbour, in seconds, to either side.
NEIGHBOUR_WINDOW = 100.0
_NOT_BASIC = ("superevent", "superevent_neighbours", "links")
_NOT_SHORT = (*_NOT_BASIC, "labels", "extra_attributes")


def number_of(graceid: str) -> int:
    """The running number in an event's graceid; 0 in what is none."""
    digits = graceid[1:]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


def basic(event: Record) -> Record:
    """An event as it stands inside a superevent: without its own neighbours and links."""
    return {key: value for key, value in event.items() if key not in _NOT_BASIC}


def short(event: Record) -> Record:
    """An event as it stands among the pipeline-preferred events of a neighbouring superevent."""
    return {key: value for key, value in event.items() if key not in _NOT_SHORT}


def superevent(record: Record, event_record_of: Lookup) -> Record:
    """A superevent's record with what it says of its preferred events taken from the events as they are."""
    full = dict(record)
    preferred = event_record_of(str(record.get("preferred_event")))
    if preferred is not None:
        if "far" in record:
            full["far"] = preferred.get("far")
        if "preferred_event_data" in record:
            full["preferred_event_data"] = preferred
    if isinstance(chosen := record.get("pipeline_preferred_events"), dict):
        full["pipeline_preferred_events"] = {
            pipeline: basic(event) if (event := event_record_of(str(chosen_event.get("graceid")))) else chosen_event
            for pipeline, chosen_event in chosen.items()
        }
    return full


_NEIGHBOUR_KEYS = (
    "superevent_id",
    "gw_events",
    "preferred_event",
    "preferred_event_data",
    "pipeline_preferred_events",
    "far",
    "t_start",
    "t_0",
    "t_end",
    "labels",
)


def neighbour(record: Record, keys: Iterable[str] = _NEIGHBOUR_KEYS) -> Record:
    """A superevent as it stands in the neighbours of an event, from its whole record."""
    found = {key: record[key] for key in keys if key in record}
    if isinstance(found.get("preferred_event_data"), dict):
        found["preferred_event_data"] = basic(found["preferred_event_data"])
    if isinstance(chosen := found.get("pipeline_preferred_events"), dict):
        found["pipeline_preferred_events"] = {pipeline: short(event) for pipeline, event in chosen.items()}
    return found


def neighbours(nearby: Iterable[Record], event_record_of: Lookup) -> dict[str, Record]:
    """An event's `superevent_neighbours`: the superevents near its gpstime, newest first."""
    records = [superevent(record, event_record_of) for record in nearby]
    records = [record for record in records if record.get("superevent_id")]
    records.sort(key=lambda record: (str(record.get("created")), record["superevent_id"]), reverse=True)
    return {record["superevent_id"]: neighbour(record) for record in records}
