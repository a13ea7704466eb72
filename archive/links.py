"""The links in a record, and how all of them are led elsewhere."""

from collections.abc import Callable
from operator import is_not
from typing import Any

_BEGINNINGS = ("http://", "https://")
#: What a link may be in. Of an event's record nearly all is numbers, which are passed over.
_LINKED = frozenset([str, dict, list])


def relinked(value: Any, led: Callable[[str], str]) -> Any:
    """A record in which each text that is a link is what `led` makes of it; what people wrote in a comment stays.

    Parts in which no link changes are shared, not copied.
    """
    if isinstance(value, str):
        return led(value) if value.startswith(_BEGINNINGS) else value
    if isinstance(value, dict):
        inner = [(key, item) for key, item in value.items() if type(item) in _LINKED and key != "comment"]
        changed = {key: then for key, item in inner if (then := relinked(item, led)) is not item}
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [relinked(item, led) if type(item) in _LINKED else item for item in value]
        return items if any(map(is_not, items, value)) else value
    return value
