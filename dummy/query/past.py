"""The search tables of an earlier moment: of all that is not yet as it will be made in memory, of the rest an archive's own."""

import sqlite3
import threading
from weakref import WeakKeyDictionary

from gracetape.archive import Position, Timeline, index, layout
from gracetape.archive.history.streamed import StreamedTimeline
from gracetape.archive.public_view import is_granted
from gracetape.archive.searchable import Subject

_lock = threading.Lock()
#: The last moment that was searched, per timeline: whoever pages through an answer asks for the same one again.
_last: WeakKeyDictionary[Timeline, tuple[Position, sqlite3.Connection]] = WeakKeyDictionary()

#: Rows that were made, and those of what had come to its end by then: of objects that began before and are not under way.
_SEEN = (
    "CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} UNION ALL SELECT t.* FROM tape.{table} t "
    "WHERE EXISTS (SELECT 1 FROM tape.spans s WHERE s.object = t.object AND s.ends < {settled}) "
    "AND NOT EXISTS (SELECT 1 FROM main.under_way u WHERE u.object = t.object)"
)
_WORDS = "CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} UNION SELECT * FROM tape.{table}"


def tables(timeline: Timeline, position: Position) -> sqlite3.Connection:
    """A database that has the search tables as of a moment."""
    with _lock:
        known = _last.get(timeline)
        if known is None or known[0] != position:
            if isinstance(timeline, StreamedTimeline):
                made = _layered(timeline, position)
            else:
                made = _made(timeline, position)
            known = _last[timeline] = (position, made)
        return known[1]


def _made(timeline: Timeline, position: Position) -> sqlite3.Connection:
    found = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    index.make(found)
    for seq, graceid in enumerate(timeline.histories):
        _put(found, timeline, position, graceid, seq)
    return found


def _layered(timeline: StreamedTimeline, position: Position) -> sqlite3.Connection:
    """Of an archive whose histories are opened as they come up, those alone are opened that are under way."""
    archive = timeline.archive
    settled, under_way = timeline.under_way(position)
    found = archive.opener(":memory:", isolation_level=None, timeout=60.0, check_same_thread=False, uri=True)
    found.execute("ATTACH ? AS tape", (archive.address,))
    layout.guard(found)
    index.make(found)
    found.execute("CREATE TABLE under_way (object TEXT PRIMARY KEY) WITHOUT ROWID")
    found.executemany("INSERT INTO under_way VALUES (?)", ((graceid,) for graceid in under_way))
    for table in index.NAMES:
        found.execute((_WORDS if table == "search_words" else _SEEN).format(table=table, settled=settled))
    for graceid in under_way:
        if graceid in timeline.histories:
            _put(found, timeline, position, graceid, timeline.place_of(graceid))
    return found


def _put(found: sqlite3.Connection, timeline: Timeline, position: Position, graceid: str, seq: int) -> None:
    view = timeline.snapshot(graceid, position)
    if view is not None:
        index.put(found, Subject(view.graceid, view.category, seq, False, view.record(), is_granted(view)))
