"""JSON from strangers: refused if it is too long, too deep or has too many values."""

import json
from collections.abc import Callable
from typing import Any

from gracetape.reading_limits import KEPT, LIMITS, LimitExceeded, ReadingLimits, check_size

_loads: Callable[[str | bytes], Any] | None
try:
    from orjson import loads as _loads
except ImportError:
    _loads = None


def read_json(text: str | bytes, limits: ReadingLimits = LIMITS) -> Any:
    """The value of a JSON text. ValueError if it is none; LimitExceeded, a ValueError too, if it is beyond a limit."""
    check_text(text, limits)
    try:
        value = json.loads(text)
    except RecursionError:
        raise LimitExceeded(_too_deep(limits)) from None
    check_depth(text, value, limits)
    return value


def no_json(error: ValueError) -> str:
    """What `no JSON` is said to be for, in words of the text and not of the library that read it; of a limit, what it says."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    begun = error.doc[:20].strip()
    if not begun:
        return "it is empty"
    if error.pos >= len(error.doc.rstrip()):
        return "it ends too early"
    return f"it begins with {begun!r}, and is understood up to character {error.pos}"


def read_fast(text: str | bytes) -> Any:
    """As `read_json`, several times as fast for what is ordinary JSON: live messages come by the thousand.

    Integers that need more than 64 bits are floats then; GraceDB writes none. Whoever hands a message on hands on its text.
    """
    if len(text) > LIMITS.json_values:  # what is shorter has neither too many bytes nor too many values
        check_text(text)
    if _loads is None:  # extras for live messages bring it
        return read_json(text)
    try:
        value = _loads(text)
    except ValueError:  # Python's own takes more: NaN, half a surrogate pair
        return read_json(text)
    if type(value) is not str and len(text) > LIMITS.json_depth:
        check_depth(text, value)
    return value


def read_kept(text: str) -> Any:
    """As `read_json`, for a text that an archive keeps, whatever stranger it is from."""
    return read_json(text, KEPT)


def check_text(text: str | bytes, limits: ReadingLimits = LIMITS) -> None:
    """LimitExceeded for a text that nobody should begin to read: it has too many bytes, or too many values."""
    check_size(text, limits.json_bytes, "the JSON")
    if len(text) > limits.json_values and _openings(text) + _count(text, ",") > limits.json_values:
        raise LimitExceeded(f"the JSON has more than {limits.json_values} values")


def check_depth(text: str | bytes, value: Any, limits: ReadingLimits = LIMITS) -> None:
    """LimitExceeded if the value that was read of a text is nested too deeply."""
    if not isinstance(value, str) and _openings(text) > limits.json_depth and _depth(value) > limits.json_depth:
        raise LimitExceeded(_too_deep(limits))


def _too_deep(limits: ReadingLimits) -> str:
    return f"it is nested too deeply: more than {limits.json_depth} levels"


def _openings(text: str | bytes) -> int:
    """At least as many as the value is deep, and soon counted."""
    if isinstance(text, str):
        return text.count("{") + text.count("[")
    return text.count(b"{") + text.count(b"[")


def _count(text: str | bytes, sign: str) -> int:
    return text.count(sign) if isinstance(text, str) else text.count(sign.encode())


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
