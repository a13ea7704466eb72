"""The search tables of an earlier moment, made in memory from how every object was then."""

import sqlite3
import threading
from weakref import WeakKeyDictionary

from gracetape.archive import Position, Timeline, index
from gracetape.archive.searchable import Subject

_lock = threading.Lock()
#: The last moment that was searched, per timeline: whoever pages through an answer asks for the same one again.
_last: WeakKeyDictionary[Timeline, tuple[Position, sqlite3.Connection]] = WeakKeyDictionary()


def tables(timeline: Timeline, position: Position) -> sqlite3.Connection:
    """A database that has only the search tables, as of a moment."""
    with _lock:
        known = _last.get(timeline)
        if known is None or known[0] != position:
            known = _last[timeline] = (position, _made(timeline, position))
        return known[1]


def _made(timeline: Timeline, position: Position) -> sqlite3.Connection:
    found = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    index.make(found)
    for seq, history in enumerate(timeline.histories.values()):
        view = timeline.snapshot(history.graceid, position)
        if view is not None:
            exposed = any(record.get("group") == "public_users" for record in view.records("permission"))
            index.put(found, Subject(view.graceid, view.category, seq, False, view.record(), exposed))
    return found
