"""What records of each kind must be for anybody to work with them: a stranger's tape may hold anything as a record.

Only what histories, alerts and lists rely on is asked for; whatever else a record says is taken as it is.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError

Record = dict[str, Any]
_Is = Callable[[Any], bool]
#: Greater numbers are no N, version or size; SQLite's integers end a little later.
GREATEST = 10**15


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < GREATEST


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < GREATEST


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _names(value: Any) -> bool:
    """A list of names; until early 2018 an event's labels were names with addresses."""
    return isinstance(value, dict) or _texts(value)


def _graceids(value: Any) -> bool:
    return _texts(value) and all(item[1:].isdigit() and item.isascii() and len(item) < 17 for item in value)


def _objects(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())


_LINKED = {"links": _object}
_NUMBERED = {"N": _count, "created": _text}
_OBJECT: dict[str, _Is] = {
    "created": _text, "graceid": _text, "superevent_id": _text, "superevent": _text, "gw_id": _text, "group": _text,
    "pipeline": _text, "analysisType": _text, "search": _text, "category": _text, "preferred_event": _text,
    "gw_events": _graceids, "em_events": _graceids, "labels": _names, "links": _object,
    "gpstime": _number, "t_0": _number, "t_start": _number, "t_end": _number,
    "pipeline_preferred_events": _objects, "preferred_event_data": _object, "superevent_neighbours": _object,
}  # fmt: skip
#: Fields by kind of record: what each is where it is given, and not null.
_FIELDS: Mapping[str, Mapping[str, _Is]] = {
    "object": _OBJECT,
    "log": _NUMBERED | {"comment": _text, "filename": _text, "file_version": _count, "tag_names": _texts},
    "label": {"name": _text, "created": _text},
    "voevent": _NUMBERED | _LINKED | {"filename": _text},
    "emobservation": _NUMBERED | {"group": _text},
    "signoff": {"signoff_type": _text, "instrument": _text, "status": _text, "comment": _text},
    "permission": {"group": _text, "permission": _text},
    "embb": _NUMBERED,
    "notice": {"N": _count},
}
#: Kinds whose records say when they were made.
TIMED = ("object", "log", "label", "voevent", "emobservation")
#: Fields that servers leave empty, never null.
_LISTS = ("gw_events", "em_events", "labels")
#: Fields that a history cannot do without.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "object": ("created",), "log": ("N", "created"), "label": ("name", "created"), "voevent": ("N", "created"),
    "emobservation": ("N", "created"), "permission": ("group",),
}  # fmt: skip


def read_record(text: str, kind: str, key: str, owner: str) -> Any:
    """A record from its JSON text; ArchiveError if no server writes such a one."""
    try:
        record = read_kept(text)
    except ValueError as error:
        raise ArchiveError(f"{_what(kind, key, owner)} is not JSON: {error}: it is not read") from None
    if said := fault(record, kind, key):
        raise ArchiveError(f"{_what(kind, key, owner)} is not what a server writes: {said}")
    return record


def needed(records: Iterable[Record], kind: str, owner: str) -> None:
    """ArchiveError if one of an object's records lacks what its history cannot do without."""
    for record in records:
        for name in _NEEDED.get(kind, ()):
            if record.get(name) is None:
                raise ArchiveError(f"a record of {owner} ({kind}) has no {name}: nobody can tell what happened when")


def _what(kind: str, key: str, owner: str) -> str:
    return f"the record {kind} {key} of {owner}".replace("  ", " ")


def fault(record: Any, kind: str, key: str | None = None) -> str | None:
    """What is wrong with a record of a kind, kept under a key; None if nothing is."""
    if not isinstance(record, dict):
        return "it is no JSON object"
    for name, is_such in _FIELDS.get(kind, {}).items():
        value = record.get(name)
        if not is_such(value) and (value is not None or (name in record and name in _LISTS)):
            return f"its {name} is {_shown(value)}"
    named = record.get("N" if kind == "log" else "name") if kind in ("log", "label") else None
    if named is not None and key is not None and str(named) != key:
        return f"it says that it is {_shown(named)}"
    return None


def _shown(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # a number of very many digits
        return "something else"
    return text if len(text) <= 60 else f"{text[:60]}…"
