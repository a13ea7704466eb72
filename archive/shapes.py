"""What a value in a record may be: in an archive, which any stranger may have made, and in a server's answer, of which more is asked."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from gracetape.errors import GracetapeError
from gracetape.ids import category_of
from gracetape.times import record_time

#: Greater numbers are no N, version or size; SQLite's integers end a little later.
GREATEST = 10**15
_LARGEST_VERSION = 1 << 31
_LONGEST_NAME = 1000


class Shape(NamedTuple):
    """What a field must be, in words and as a test; `asked` is what a server's answer must be besides. Null passes if `null`."""

    words: str
    fits: Callable[[Any], bool]
    asked: Callable[[Any], bool] = lambda value: True
    null: bool = True


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_name(value: Any) -> bool:
    """A text that can be a key or a file's name."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and "\0" not in value


def is_category(value: Any, category: str) -> bool:
    """Whether something is the id of an event or a superevent."""
    try:
        return isinstance(value, str) and value.isascii() and len(value) < 40 and category_of(value) == category
    except GracetapeError:
        return False


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < GREATEST


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < GREATEST


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _objects(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _names(value: Any) -> bool:
    """A list of names; until early 2018 an event's labels were names with addresses."""
    return isinstance(value, dict) or _texts(value)


def _graceids(value: Any) -> bool:
    return _texts(value) and all(item[1:].isdigit() and item.isascii() and len(item) < 17 for item in value)


def _event(value: Any) -> bool:
    return is_category(value, "event")


def _gw_id(value: Any) -> bool:
    """A name that another object may have would lead readers away from that."""
    return value == "" or (is_category(value, "superevent") and "GW" in value[:3])


def _time(value: Any) -> bool:
    try:
        record_time(value)
    except (GracetapeError, TypeError, AttributeError):
        return False
    return True


def _version(value: Any) -> bool:
    return value == "" or (_count(value) and value < _LARGEST_VERSION)


TEXT = Shape("text", is_text)
TIME = Shape("a time", is_text, _time)
NAME = Shape("a name", is_text, is_name)
NUMBER = Shape("a number", _number)
N = Shape("a whole number from 1 on", _count, lambda value: value > 0)
VERSION = Shape("a file's version", _count, _version)
ANSWERED_VERSION = Shape("a file's version", lambda value: True, _version)
FILENAME = Shape("a file's name", is_text, lambda value: value == "" or is_name(value))
NAMES = Shape("a list of names", _texts)
LABELS = Shape("a list of names", _names, null=False)
EVENT = Shape("an event's id", is_text, _event)
EVENT_OR_NONE = Shape("an event's id", is_text, lambda value: value == "" or _event(value))
EVENTS = Shape("a list of events' ids", _graceids, lambda value: all(map(_event, value)), null=False)
SUPEREVENT = Shape("a superevent's id", is_text, lambda value: is_category(value, "superevent"))
GW_ID = Shape("an id like GW150914A", is_text, _gw_id)
OBJECT = Shape("an object", _object)
OBJECTS = Shape("an object of objects", _objects)
ANSWERED_OBJECT = Shape("an object", lambda value: True, _object)


def shown(value: Any) -> str:
    """A stranger's value for a sentence."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    try:
        text = "nothing" if value is None else ascii(value)
    except (ValueError, RecursionError):  # a number of very many digits
        return "something else"
    return text if len(text) <= 60 else f"{text[:60]}…"
