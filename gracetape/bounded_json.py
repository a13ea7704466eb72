"""JSON from strangers, read fast."""

import json
from typing import Any

import orjson

#: What is nested more deeply than this is nobody's message; Python's own reader gives up at about a thousand.
_DEEPEST = 200


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text, however it is written; ValueError if it is none, or is nested too deeply."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:  # Python's own takes more: NaN, half a surrogate pair
        try:
            value = json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
    if not isinstance(value, str) and _openings(text) > _DEEPEST and _depth(value) > _DEEPEST:
        raise ValueError("it is nested too deeply")
    return value


def _openings(text: str | bytes) -> int:
    """At least as many as the value is deep, and soon counted."""
    return text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
