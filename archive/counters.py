"""Tables of named numbers: where ids of new objects stand (`counters`), until when and up to where live streams were heard
(`heard`). A row of its own seals each table.
"""

import hashlib
import sqlite3
from collections.abc import Iterator

from gracetape.archive.shapes import GREATEST
from gracetape.errors import ArchiveError, GracetapeError

COUNTERS, HEARD = "counters", "heard"
#: The table `heard`. Its names are `until SOURCE`, microseconds since 1970, and `offset LOG`, the last one of a broker's log.
TABLE = f"CREATE TABLE IF NOT EXISTS {HEARD} (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID"
#: The row that is the sum of the others' hashes.
_SEALS = {COUNTERS: "seal of the counters", HEARD: "seal of what was heard"}
_WHAT = {COUNTERS: "what says where the ids of new objects stand", HEARD: "what says until when was heard"}
_SPACE = 1 << 62


def number(connection: sqlite3.Connection, name: str, table: str = COUNTERS) -> int | None:
    """Where a number stands; None if it was never set."""
    row = connection.execute(f"SELECT last FROM {table} WHERE name = ?", (name,)).fetchone()
    return _sound(name, row[0]) if row else None


def numbers(connection: sqlite3.Connection, table: str = COUNTERS) -> list[tuple[str, int]]:
    """All numbers, by name."""
    rows = connection.execute(f"SELECT name, last FROM {table} WHERE name != ?", (_SEALS[table],))
    return [(name, _sound(name, last)) for name, last in rows]


def put(connection: sqlite3.Connection, name: str, value: int, table: str = COUNTERS) -> int:
    """Let a number stand at `value`."""
    before = number(connection, name, table)
    gone = _mark(name, before) if before is not None else 0
    rows = [(name, value), (_SEALS[table], (_seal(connection, table) + _mark(name, value) - gone) % _SPACE)]
    connection.executemany(f"INSERT OR REPLACE INTO main.{table} VALUES (?, ?)", rows)
    return value


def forget(connection: sqlite3.Connection, name: str, table: str) -> None:
    """Forget a number, so that its name is in the file no more."""
    before = number(connection, name, table)
    if before is None:
        return
    seal = (_seal(connection, table) - _mark(name, before)) % _SPACE
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"DELETE FROM main.{table} WHERE name = ?", (name,))
    connection.execute(f"INSERT OR REPLACE INTO main.{table} VALUES (?, ?)", (_SEALS[table], seal))


def move_heard(connection: sqlite3.Connection) -> None:
    """Make the table `heard`, and move there what was among the counters before."""
    connection.execute(TABLE)
    for begin, new in (("heard until, ", "until "), ("heard of ", "offset ")):
        names = "SELECT name FROM counters WHERE typeof(name) = 'text' AND substr(name, 1, ?) = ?"
        for (name,) in connection.execute(names, (len(begin), begin)).fetchall():
            try:
                last = number(connection, name)
            except GracetapeError:  # damage, which stays where it is and is told of there
                continue
            put(connection, new + name.removeprefix(begin), last or 0, HEARD)
            forget(connection, name, COUNTERS)


def faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the numbers, one sentence each."""
    for table, seal_name in _SEALS.items():
        try:
            for name, last in connection.execute(f"SELECT name, last FROM {table}").fetchall():
                _sound(name, last)
        except GracetapeError as error:
            yield str(error)
            continue
        seal = number(connection, seal_name, table)
        if seal is None and table == COUNTERS:  # of an earlier version, and not written to since
            continue
        if (seal or 0) != _sum(connection, table):
            yield f"{table}: {_WHAT[table]} changed after it was written"


def _seal(connection: sqlite3.Connection, table: str) -> int:
    seal = number(connection, _SEALS[table], table)
    return _sum(connection, table) if seal is None else seal


def _sum(connection: sqlite3.Connection, table: str) -> int:
    rows = connection.execute(f"SELECT name, last FROM {table} WHERE name != ?", (_SEALS[table],))
    return sum(_mark(name, last) for name, last in rows) % _SPACE


def _mark(name: str, last: int) -> int:
    return int.from_bytes(hashlib.sha256(repr((name, last)).encode(errors="surrogatepass")).digest()[:8]) % _SPACE


def _sound(name: object, last: object) -> int:
    greatest = _SPACE if name in _SEALS.values() else GREATEST * 10  # microseconds are counted, too
    if isinstance(name, str) and isinstance(last, int) and 0 <= last < greatest:
        return last
    raise ArchiveError(f"the number {name!r:.80} is damaged: it stands at {last!r:.40}")
