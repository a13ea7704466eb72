"""Which part of a time line one of several players plays: each object whole on one of them, a superevent with its events.

Every player has the whole time line, and so the same beginning, offsets and numbers; it passes over what others play. Nobody needs
to speak with anybody: the part of an object follows from its name.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache

from gracetape.archive import Alert
from gracetape.archive.alerts.heard_words import members_of
from gracetape.errors import BadRequest
from gracetape.replay.copies import Copy
from gracetape.replay.message_queue import MessageQueue, Queued
from gracetape.replay.selected import opened
from gracetape.replay.streamed import StreamedSelection

_SHARD = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")
#: The superevent that an event is in, by the newest record that says so.
_OF_EVENT = "SELECT min(object) FROM search_members WHERE number = ? AND event = ?"


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `count`."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def read(cls, text: str) -> "Shard":
        """`3/8`; BadRequest if it is something else."""
        found = _SHARD.fullmatch(text.strip())
        if found is None or int(found[1]) > int(found[2]):
            raise BadRequest(f"--shard {text}: write 3/8 for the third of eight players")
        return cls(int(found[1]), int(found[2]))

    def has(self, group: str, copy: int = 0) -> bool:
        """Whether the objects of a group (in one copy of all that is played) are of this part: the same on every machine, always."""
        digest = hashlib.sha256(f"{copy} {group}".encode(errors="surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.number - 1


class Share:
    """What a player plays of a queue: a shard of it. It may hold archives open until `close`."""

    def __init__(self, shard: Shard, queue: MessageQueue, copies: int = 1) -> None:
        self.shard, self._queue = shard, queue
        self._parts = max(1, len(queue.copies) // max(1, copies))  # tapes, of each of which there are so many copies
        self._stack = ExitStack()
        self._groups: dict[int, Callable[[str], str]] = {}
        queue.is_ours = self.has

    def __str__(self) -> str:
        return str(self.shard)

    def has(self, queued: Queued) -> bool:
        copy = self._queue.copies[queued.copy]
        group = self._group(copy, copy.selection.alert_at(queued.index).object_id)
        return self.shard.has(group, queued.copy // self._parts)

    def _group(self, copy: Copy, graceid: str) -> str:
        """The group of an object of a tape. Under its own id it is one object with that of other tapes, any of which may tell it."""
        alone = self._parts == 1 or copy.rewrite_of(0).naming is not None
        named = {self._told_by(one, graceid) for one in ([copy] if alone else self._queue.copies[: self._parts])}
        return min(named - {graceid}, default=graceid)

    def _told_by(self, copy: Copy, graceid: str) -> str:
        group_of = self._groups.get(id(copy.selection))
        if group_of is None:
            group_of = self._groups[id(copy.selection)] = self._grouping(copy)
        return group_of(graceid)

    def peek(self) -> Queued | None:
        """The next message that is played, after passing over those of others; None if there is none, or in a whole lap none."""
        lap = self._queue.lap
        while (queued := self._queue.peek()) is not None and not self.has(queued):
            if self._queue.lap > lap + 1:
                return None
            self._queue.skip()
        return queued

    def of(self, alerts: Iterator[tuple[Queued, Alert]]) -> Iterator[tuple[Queued, Alert]]:
        """Those that are played."""
        return (found for found in alerts if self.has(found[0]))

    def _grouping(self, copy: Copy) -> Callable[[str], str]:
        """What gives the group of an object of a tape, or of a file of messages: its superevent, else itself."""
        source = copy.selection.source
        # Of what was never captured, messages alone tell; a whole tape that is played as it comes up has nothing of that kind.
        superevents = {} if isinstance(copy.selection, StreamedSelection) else _told(copy)
        if source is None:
            return lambda graceid: superevents.get(graceid, graceid)
        captured = copy.selection.timeline.histories if copy.selection.timeline is not None else {}
        tape = opened(source, self._stack)

        @lru_cache(maxsize=10_000)
        def of_tape(graceid: str) -> str:
            number = "".join(letter for letter in graceid if letter.isdecimal())[:15]
            try:
                (found,) = tape.connection.execute(_OF_EVENT, (int(number or 0), graceid)).fetchone()
            except sqlite3.Error:  # damaged: what is played tells of it
                found = None
            return str(found or (graceid if graceid in captured else superevents.get(graceid, graceid)))

        return of_tape

    def close(self) -> None:
        self._stack.close()
        self._groups.clear()


def _told(copy: Copy) -> dict[str, str]:
    """The superevents of events, as messages about superevents tell."""
    found: dict[str, str] = {}
    for alert in copy.selection.alerts:
        if alert.category == "superevent" and isinstance(alert.object, dict):
            for member in members_of(alert.object):
                found[member] = min(alert.object_id, found.get(member, alert.object_id))
    return found
