"""JSON from strangers, read fast."""

import json
from typing import Any

import orjson


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text, however it is written; ValueError if it is none, also if it is nested too deeply to be read."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # Python's own takes more: NaN, half a surrogate pair
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
