"""JSON from strangers, read fast."""

from typing import Any

import orjson

from gracetape.bounded_json import check_depth, check_text, read_json as read_exactly


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text, however it is written; ValueError if it is none, or is beyond the limits for JSON."""
    check_text(text)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:  # Python's own takes more: NaN, half a surrogate pair
        return read_exactly(text)
    check_depth(text, value)
    return value
