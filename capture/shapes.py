"""What a server's answers must look like before anything is made of them: one table of fields, one sentence for what is wrong."""

import math
from collections.abc import Callable
from typing import Any

from gracetape.archive import category_of
from gracetape.archive.shapes import fault
from gracetape.errors import CaptureError, GracetapeError
from gracetape.times import record_time

Record = dict[str, Any]
_LARGEST = 1 << 53  # JSON's whole numbers
_LARGEST_VERSION = 1 << 31
_LONGEST_NAME = 1000


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    """A time that histories can be put in order by."""
    try:
        return isinstance(value, str) and record_time(value) is not None
    except GracetapeError:
        return False


def is_name(value: Any) -> bool:
    """A text that can be a key or a file's name."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and "\0" not in value


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _is_n(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST


def _is_version(value: Any) -> bool:
    if isinstance(value, str):
        return value == "" or (value.isascii() and value.isdigit() and len(value) < 10)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_VERSION


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | dict) and all(isinstance(one, str) for one in value)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_event(value: Any) -> bool:
    return is_category(value, "event")


def _is_events(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_event, value))


def _is_gw_id(value: Any) -> bool:
    """A name that another object may have would lead readers away from that."""
    return value == "" or (is_category(value, "superevent") and "GW" in value[:3])


def is_category(value: Any, category: str) -> bool:
    try:
        return isinstance(value, str) and value.isascii() and len(value) < 40 and category_of(value) == category
    except GracetapeError:
        return False


#: What is relied on, by kind of record: the field, what it must be, and that in words. A field of most may be missing, or null.
Field = tuple[str, Callable[[Any], bool], str]
_NUMBERED: Field = ("N", _is_n, "a whole number from 1 on")
_FILED: tuple[Field, ...] = (
    ("filename", lambda value: value == "" or is_name(value), "a file's name"),
    ("file_version", _is_version, "a file's version"),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "event": (
        ("graceid", _is_event, "an event's id"),
        ("gpstime", _is_number, "a number"),
        ("created", _is_time, "a time"),
        ("labels", _is_texts, "a list of names"),
        ("superevent", is_text, "text"),
        ("extra_attributes", _is_object, "an object"),
        ("links", _is_object, "an object"),
    ),
    "superevent": (
        ("superevent_id", lambda value: is_category(value, "superevent"), "a superevent's id"),
        ("gw_id", _is_gw_id, "an id like GW150914A"),
        ("t_0", _is_number, "a number"),
        ("t_start", _is_number, "a number"),
        ("t_end", _is_number, "a number"),
        ("created", _is_time, "a time"),
        ("labels", _is_texts, "a list of names"),
        ("gw_events", _is_events, "a list of events' ids"),
        ("em_events", _is_events, "a list of events' ids"),
        ("preferred_event", lambda value: value == "" or _is_event(value), "an event's id"),
        ("preferred_event_data", _is_object, "an object"),
        ("links", _is_object, "an object"),
    ),
    "log": (_NUMBERED, ("comment", is_text, "text"), ("created", _is_time, "a time"), *_FILED, ("tag_names", _is_texts, "a list of names")),
    "label": (("name", is_name, "a name"), ("created", _is_time, "a time")),
    "voevent": (_NUMBERED, ("created", _is_time, "a time"), *_FILED),
    "emobservation": (_NUMBERED, ("created", _is_time, "a time")),
    "signoff": (("signoff_type", is_text, "text"), ("instrument", is_text, "text"), ("comment", is_text, "text")),
    "permission": (),
}  # fmt: skip
#: What tells records of a kind from each other, and so cannot be missing.
_NEEDED = {"N", "name", "graceid", "superevent_id"}


def check(record: Any, kind: str, what: str) -> Record:
    """A record that has the shape of its kind; CaptureError about `what` if it has not."""
    if not isinstance(record, dict):
        raise CaptureError(f"{what}: where a record of {kind} should be is {_shown(record)}")
    for name, fits, words in FIELDS[kind]:
        value = record.get(name)
        if (value is None and name in _NEEDED) or (value is not None and not fits(value)):
            raise CaptureError(f"{what}: {name!r} of a record of {kind} is {_shown(value)}, and not {words}")
    if said := fault(record, "object" if kind in ("event", "superevent") else kind):  # no archive would read it again
        raise CaptureError(f"{what}: a record of {kind} is not what a server writes: {said}")
    return record


def check_object(record: Any, asked: str) -> Record:
    """The record of the object that was asked for, and of no other."""
    if not isinstance(record, dict) or not ("graceid" in record or "superevent_id" in record):
        raise CaptureError(f"{asked}: the answer is not a GraceDB record: is the service URL that of its API?")
    category = category_of(asked)
    check(record, category, asked)
    names = [record.get("graceid")] if category == "event" else [record.get("superevent_id"), record.get("gw_id")]
    if asked not in names:
        raise CaptureError(f"{asked}: the answer is the record of {_shown(names[0])}")
    return record


def check_rows(rows: Any, kind: str, what: str) -> list[Record]:
    """The records of one page of a list."""
    if not isinstance(rows, list):
        raise CaptureError(f"{what}: the answer holds {_shown(rows)}, and not a list of records")
    return [check(row, kind, what) for row in rows]


def _shown(value: Any) -> str:
    """A stranger's value for a sentence."""
    text = repr(value)[:200] if isinstance(value, str | int | float | type(None)) else ""
    kind = {dict: "an object", list: "a list", type(None): "nothing"}.get(type(value))
    return kind or (text if len(text) <= 60 else f"{text[:60]}…")
