"""Answers that were made before, and records that are answered as they are stored, with their links led to another host.

An answer is kept with the state of all that it depends on: a version's digest, which changes with every row of it, or the archive's
stamp, which changes with every commit. So none is ever out of date, and nobody has to say what a write changes. Of each place the last
answer alone is kept: what was answered before a write is never asked for again.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, NamedTuple

from gracetape.archive.encode import encode
from gracetape.dummy.conditional import tag_of
from gracetape.dummy.links import relink

#: Bytes of answers that are kept.
_MOST_BYTES = 16 << 20
#: Bytes that an answer takes besides its own: what it is found by, and its tag.
_BESIDES = 700
#: Of how many records it is known how their links are led.
_MOST_KNOWN = 100_000
#: Where links are led in order to see whether replacing them in the text does the same as in the record.
_ELSEWHERE = "https://elsewhere.invalid/api/"


class Answer(NamedTuple):
    """A body, and the ETag that tells it from others."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        return cls(body, tag_of(body))


class KeptAnswers:
    """Answers by place, each of one state; those that were not asked for the longest time go. Any thread may ask."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._kept: OrderedDict[Hashable, tuple[Hashable, Answer]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that all of them take."""
        return self._size

    def get(self, place: Hashable, state: Hashable) -> Answer | None:
        with self._lock:
            found = self._kept.get(place)
            if found is None or found[0] != state:
                return None
            self._kept.move_to_end(place)
            return found[1]

    def put(self, place: Hashable, state: Hashable, body: bytes) -> Answer:
        """Keep an answer in the place of what was answered there before; returns it with its tag."""
        answer = Answer.of(body)
        with self._lock:
            if (old := self._kept.pop(place, None)) is not None:
                self._size -= _size(old[1])
            if _size(answer) * 4 <= self._most:
                self._size += _size(answer)
                self._kept[place] = state, answer
            while self._size > self._most:
                self._size -= _size(self._kept.popitem(last=False)[1][1])
        return answer


def _size(answer: Answer) -> int:
    return len(answer.body) + _BESIDES


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
        self._known: dict[str, set[bytes]] = {}  # root -> digests, of which half is enough

    def text(self, text: str, sha256: str, read: Callable[[], Any], old: str, new: str) -> str:
        """A record's text with its links led from the root `old` to `new`; `read` gives the record, and says what is wrong with it."""
        name = sha256[:32].encode()
        if name in self._known.get(old, ()):
            return _led(old, new)(text)
        record = read()
        if _led(old, _ELSEWHERE)(text) == encode(relink(record, old, _ELSEWHERE)) and text == encode(record):
            if sum(map(len, self._known.values())) >= _MOST_KNOWN:
                self._known.clear()
            self._known.setdefault(old, set()).add(name)
        return encode(relink(record, old, new))
