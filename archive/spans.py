"""The table `spans`: from when to when there is something to tell of an object, so that a history is opened when it begins.

It follows from the times of all records of an object, in all its versions: every write keeps it, `rebuild` makes it again,
`faults` compares it with what the records say. Times are microseconds since the year 1.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from gracetape.bounded_json import read_kept
from gracetape.errors import GracetapeError
from gracetape.times import record_time

TABLES = (
    "CREATE TABLE IF NOT EXISTS spans (object TEXT PRIMARY KEY, begins INTEGER NOT NULL, ends INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS spans_in_order ON spans (begins, object)",
    "CREATE INDEX IF NOT EXISTS spans_by_end ON spans (ends)",
)
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_RECORDS = "SELECT c.object, r.json FROM captures c JOIN entries e ON e.capture = c.id JOIN records r ON r.id = e.record {where}"
_WIDEN = (
    "INSERT INTO main.spans VALUES (?, ?, ?) ON CONFLICT (object) DO UPDATE SET "
    "begins = min(begins, excluded.begins), ends = max(ends, excluded.ends) "
    "WHERE begins > excluded.begins OR ends < excluded.ends"
)
_LAST_LOGGED = (
    "SELECT r.json FROM entries e JOIN records r ON r.id = e.record WHERE e.kind = 'log' AND e.capture = "
    "(SELECT id FROM captures WHERE object = ? ORDER BY version DESC LIMIT 1) ORDER BY e.ord DESC LIMIT 1"
)
_PAGE = 256


class Span(NamedTuple):
    """An object, and the earliest and latest moment that its records name."""

    object: str
    begins: int
    ends: int


def ticks(moment: datetime) -> int:
    """A moment as the table counts it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(ticks: int) -> datetime:
    """The moment (UTC) that a count stands for."""
    return _EPOCH + timedelta(microseconds=ticks)


def make(connection: sqlite3.Connection) -> None:
    """Create the table, and fill it."""
    for statement in TABLES:
        connection.execute(statement)
    rebuild(connection)


def put(connection: sqlite3.Connection, graceid: str, record: Any, old: str | None = None) -> None:
    """Let an object's span hold the time of a record, which may have come in the place of an old one (its JSON)."""
    when = _when(record)
    if when is not None:
        connection.execute(_WIDEN, (graceid, when, when))
    if old is not None:
        _gone(connection, graceid, old, when)


def delete(connection: sqlite3.Connection, graceid: str, old: str) -> None:
    """Let an object's span be that of its other records, once one (its JSON) is gone."""
    _gone(connection, graceid, old, None)


def _gone(connection: sqlite3.Connection, graceid: str, old: str, when: int | None) -> None:
    before = _when_of(old)
    if before is None or before == when:
        return
    bounds = connection.execute("SELECT begins, ends FROM spans WHERE object = ?", (graceid,)).fetchone()
    if bounds is None or before == bounds[0] or (before == bounds[1] and _last_logged(connection, graceid) != before):
        renew(connection, graceid)


def _last_logged(connection: sqlite3.Connection, graceid: str) -> int | None:
    """When the last log entry of an object was made: what was put there last and is taken away again left an entry then."""
    row = connection.execute(_LAST_LOGGED, (graceid,)).fetchone()
    return _when_of(row[0]) if row is not None else None


def renew(connection: sqlite3.Connection, graceid: str) -> None:
    """Let an object's span be that of the versions that are left of it."""
    connection.execute("DELETE FROM main.spans WHERE object = ?", (graceid,))
    connection.executemany("INSERT INTO main.spans VALUES (?, ?, ?)", _told(connection, graceid))


def rebuild(connection: sqlite3.Connection) -> None:
    """Make the table anew."""
    connection.execute("DELETE FROM main.spans")
    connection.executemany("INSERT INTO main.spans VALUES (?, ?, ?)", _told(connection))


def faults(connection: sqlite3.Connection) -> Iterator[str]:
    """The objects whose spans are not those of their records, one sentence each."""
    spans = {row[0]: row for row in connection.execute("SELECT object, begins, ends FROM spans")}
    told = {span.object: span for span in _told(connection)}
    for graceid in dict.fromkeys([*told, *spans]):
        if spans.get(graceid) != told.get(graceid):
            yield f"spans: {graceid!s:.80} has records of other times than it is said to (`gracetape archive gc` makes it anew)"


def _told(connection: sqlite3.Connection, graceid: str | None = None) -> list[Span]:
    """What the records of all versions say, of one object or of all."""
    found: dict[str, Span] = {}
    where, values = ("", ()) if graceid is None else ("WHERE c.object = ?", (graceid,))  # of one, by its index
    for name, text in connection.execute(_RECORDS.format(where=where), values):
        when = _when_of(text)
        if when is not None and isinstance(name, str):
            known = found.get(name)
            found[name] = (
                Span(name, min(known.begins, when), max(known.ends, when)) if known else Span(name, when, when)
            )
    return list(found.values())


def _when(record: Any) -> int | None:
    """When a record was made; None if it does not tell."""
    created = record.get("created") if isinstance(record, dict) else None
    try:
        return ticks(record_time(created)) if isinstance(created, str) else None
    except (GracetapeError, OverflowError):
        return None


def _when_of(text: Any) -> int | None:
    try:
        return _when(read_kept(text))
    except (ValueError, TypeError):  # damage, which `verify` tells of
        return None


def untold(connection: sqlite3.Connection) -> list[str]:
    """The objects with a whole capture of which no record tells a time."""
    query = (
        "SELECT DISTINCT object FROM captures WHERE completed IS NOT NULL AND object NOT IN (SELECT object FROM spans)"
    )
    return [row[0] for row in connection.execute(query)]


def in_order(connection: sqlite3.Connection, since: int = 0) -> Iterator[Span]:
    """The spans that end at `since` or later, by their beginnings; read a page at a time, as far as is asked for."""
    query = "SELECT object, begins, ends FROM spans WHERE (begins, object) > (?, ?) AND ends >= ? ORDER BY begins, object LIMIT ?"
    last: tuple[Any, Any] = (-1, "")
    while page := connection.execute(query, (*last, since, _PAGE)).fetchall():
        yield from map(Span._make, page)
        last = page[-1][1], page[-1][0]


def from_the_end(connection: sqlite3.Connection, until: int | None = None) -> Iterator[Span]:
    """The spans that end by some time (None: all), those that end last first; read a page at a time."""
    query = "SELECT object, begins, ends FROM spans WHERE ends <= ? ORDER BY ends DESC, object LIMIT 16 OFFSET ?"
    offset = 0
    while page := connection.execute(query, (_LATEST if until is None else until, offset)).fetchall():
        yield from map(Span._make, page)
        offset += len(page)
