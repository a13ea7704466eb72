"""JSON as browsers read it: what Python writes besides (NaN, Infinity) is a text, and lone surrogates are escapes."""

import json
from typing import Any

from gracetape.archive.encode import encode


def encode_for_page(value: Any) -> str:
    """Compact JSON by the standard. Strangers' files and records may hold numbers that are none: those become texts."""
    text = encode(value)
    if "NaN" not in text and "Infinity" not in text:  # almost always: a second look at all of it would take long
        return text
    return encode(_without_nan(value))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return json.dumps(value)
    return value
