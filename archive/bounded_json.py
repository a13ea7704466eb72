"""JSON from strangers: what is in a tape, or in what is imported into one."""

import json
from typing import Any

#: What is nested more deeply than this is nobody's record; Python's own reader gives up at about a thousand.
DEEPEST = 100


def read_json(text: str) -> Any:
    """The value of a JSON text; ValueError, with the reason, if it is none or is nested too deeply."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if text.count("{") + text.count("[") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError("it is nested too deeply")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
