"""Named counters: where ids of new objects stand, until when was heard. A row of their own seals them all."""

import hashlib
import sqlite3
from collections.abc import Iterator

from gracetape.archive.shapes import GREATEST
from gracetape.errors import ArchiveError, GracetapeError

#: The name of the row that is the sum of the others' hashes; archives of earlier versions have none until they are written to.
_SEAL = "seal of the counters"
_SPACE = 1 << 62


def number(connection: sqlite3.Connection, name: str) -> int | None:
    """Where a counter stands; None if it was never used."""
    row = connection.execute("SELECT last FROM counters WHERE name = ?", (name,)).fetchone()
    return _sound(name, row[0]) if row else None


def put(connection: sqlite3.Connection, name: str, value: int) -> int:
    """Let a counter stand at `value`."""
    before, seal = number(connection, name), number(connection, _SEAL)
    if seal is None:
        seal = _sum(connection)
    gone = _mark(name, before) if before is not None else 0
    rows = [(name, value), (_SEAL, (seal + _mark(name, value) - gone) % _SPACE)]
    connection.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", rows)
    return value


def faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the counters, one sentence each."""
    for name, last in connection.execute("SELECT name, last FROM counters").fetchall():
        try:
            _sound(name, last)
        except GracetapeError as error:
            yield str(error)
            return
    seal = number(connection, _SEAL)
    if seal is not None and seal != _sum(connection):
        yield "counters: the numbers of new objects, or of what was heard, have changed since they were written"


def _sum(connection: sqlite3.Connection) -> int:
    rows = connection.execute("SELECT name, last FROM counters WHERE name != ?", (_SEAL,))
    return sum(_mark(name, last) for name, last in rows) % _SPACE


def _mark(name: str, last: int) -> int:
    return int.from_bytes(hashlib.sha256(repr((name, last)).encode(errors="surrogatepass")).digest()[:8]) % _SPACE


def _sound(name: object, last: object) -> int:
    greatest = _SPACE if name == _SEAL else GREATEST * 10  # microseconds are counted, too
    if isinstance(name, str) and isinstance(last, int) and 0 <= last < greatest:
        return last
    raise ArchiveError(f"the counter {name!r:.80} is damaged: it stands at {last!r:.40}")
