"""Answers that were made before, and records that are answered as they are stored, with their links led to another host.

An answer is kept by all that it depends on: a version's digest, which changes with every row of it, or the archive's stamp, which
changes with every commit. So none is ever out of date, and nobody has to say what a write changes.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from gracetape.archive.encode import encode
from gracetape.dummy.links import relink

#: Bytes of answers that are kept.
_MOST_BYTES = 32 << 20
#: Of how many records it is known how their links are led.
_MOST_KNOWN = 100_000
#: Where links are led in order to see whether replacing them in the text does the same as in the record.
_ELSEWHERE = "https://elsewhere.invalid/api/"


class KeptAnswers:
    """Bytes by key; those that were not asked for the longest time go. Any thread may ask."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, body: bytes) -> bytes:
        """Keep an answer; returns it."""
        if len(body) * 4 > self._most:
            return body
        with self._lock:
            self._size += len(body) - len(self._kept.pop(key, b""))
            self._kept[key] = body
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
        return body


@lru_cache(maxsize=16)
def _led(old: str, new: str) -> Callable[[str], str]:
    """What replaces the API root at the beginning of the texts in a JSON text."""
    if old == new:
        return lambda text: text
    rest = re.escape(json.dumps(old.split("://", 1)[-1], ensure_ascii=False)[1:-1])
    then = json.dumps(new, ensure_ascii=False)[:-1]
    sub = re.compile(f'"https?://{rest}(?:v[12]/)?').sub
    return lambda text: sub(lambda match: then, text)


class Verbatim:
    """Knows of which records the stored text can be answered as it is but for the host: those where this is the same.

    Whether it is, is seen once, when the record is first answered: somebody may have written a link into a comment, or JSON that
    nobody here would write.
    """

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def text(self, text: str, sha256: str, read: Callable[[], Any], old: str, new: str) -> str:
        """A record's text with its links led from the root `old` to `new`; `read` gives the record, and says what is wrong with it."""
        if (old, sha256) in self._known:
            return _led(old, new)(text)
        record = read()
        if _led(old, _ELSEWHERE)(text) == encode(relink(record, old, _ELSEWHERE)) and text == encode(record):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add((old, sha256))
        return encode(relink(record, old, new))
