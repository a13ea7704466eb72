"""JSON of a server, read strictly: one meaning, a bearable depth, texts that can be written down."""

import json
import re
from typing import Any

from gracetape.brokers.gracedb.errors import Refused
from gracetape.brokers.gracedb.limits import Limits

_HALF = re.compile("[\ud800-\udfff]")
_LARGEST_INTEGER = 1 << 63


def json_of(body: bytes, limits: Limits) -> Any:
    """The value of an answer; Refused with what is wrong with it, ValueError if it is no JSON at all."""
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values > limits.answer_values:
        raise Refused(f"the answer holds {values:,} values, which is too many (the limit answer_values)")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"the answer is not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except RecursionError:
        raise Refused(f"the answer is nested more than {limits.depth} deep") from None
    _check(found, limits.depth)
    return found


def _no_number(name: str) -> None:
    raise Refused(f"the answer holds {name}, which is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Refused(f"the answer names {twice[:80]!r} twice in one object")
    return found


def _check(value: Any, depth: int) -> None:
    """Refused if a value is too deep, or holds what no archive can."""
    level, left = [value], depth
    while level:
        if not left:
            raise Refused(f"the answer is nested more than {depth} deep")
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.keys()
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str):
                if not one.isascii() and _HALF.search(one):
                    raise Refused("the answer holds half a character (a lone surrogate)")
            elif isinstance(one, int) and abs(one) >= _LARGEST_INTEGER:
                raise Refused(f"the answer holds a whole number of {len(str(one))} digits")
            elif isinstance(one, float) and one in (float("inf"), float("-inf")):
                raise Refused("the answer holds a number that is too large")
        level, left = inner, left - 1
