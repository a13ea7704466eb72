"""A child's checkpoint: which messages it has heard, its waiting items, the keys that are done, and plug-ins' memories."""

import json
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gracetape.listen.accepted import begins_work, connect
from gracetape.listen.queue import QueueItem

_TABLES = """
CREATE TABLE IF NOT EXISTS heard(one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS item(number INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS done(key BLOB PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memory(graceid BLOB PRIMARY KEY, body TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done_at ON done(at);
CREATE INDEX IF NOT EXISTS memory_at ON memory(at);
"""

#: Seconds for which a key that was done, and what plug-ins remember of a GraceID, are kept after the last change.
REMEMBERED = 30 * 86400.0


@dataclass
class Changes:
    """What one commit writes, as JSON texts: everything since the one before. A finished item has None."""

    heard: int
    items: dict[int, str | None] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    memories: dict[str, str] = field(default_factory=dict)


class Journal:
    """One SQLite file, written by one child. `heard` is the number of the last message that was heard.

    A finished item's row is emptied at once, and such rows are deleted together when there are many
    (`max_complete` of them, or `max_frac` of all): the options of the old listener.
    """

    def __init__(self, path: Path, start: int = 0, max_complete: int = 100, max_frac: float = 0.5) -> None:
        self._limits = max_complete, max_frac
        self._database = connect(path, durable=False)
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA wal_autocheckpoint=10000")
        self._database.executescript(_TABLES)
        self._database.execute("INSERT OR IGNORE INTO heard VALUES (1, ?)", (start,))
        begins_work(self._database)
        self.heard = int(self._database.execute("SELECT number FROM heard").fetchone()[0])
        self._written = {
            number for (number,) in self._database.execute("SELECT number FROM item WHERE body IS NOT NULL")
        }
        self._finished = 0

    def items(self) -> list[QueueItem]:
        """The items that wait."""
        rows = self._database.execute("SELECT body FROM item WHERE body IS NOT NULL ORDER BY number")
        return [QueueItem.from_json(json.loads(body)) for (body,) in rows]

    def memory(self, graceid: str) -> dict[str, Any] | None:
        """What plug-ins remember of a GraceID."""
        row = self._database.execute("SELECT body FROM memory WHERE graceid=?", (_bytes(graceid),)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def remembered(self, limit: int) -> list[str]:
        """The GraceIDs of the memories that changed last, least lately first."""
        rows = self._database.execute("SELECT graceid FROM memory ORDER BY at DESC LIMIT ?", (limit,)).fetchall()
        return [graceid.decode("utf-8", "surrogatepass") for (graceid,) in reversed(rows)]

    def is_done(self, key: str) -> bool:
        """Whether a task with this key has been done."""
        return self._database.execute("SELECT 1 FROM done WHERE key=?", (_bytes(key),)).fetchone() is not None

    def commit(self, changes: Changes) -> None:
        """Keep all of it or (sqlite3.Error) nothing; it can then be tried again."""
        now = time.time()
        waiting = [(n, body) for n, body in changes.items.items() if body is not None]
        gone = [n for n, body in changes.items.items() if body is None and n in self._written]
        memories = [(_bytes(graceid), body, now) for graceid, body in changes.memories.items()]
        self._database.execute("BEGIN IMMEDIATE")
        try:
            execute, many = self._database.execute, self._database.executemany
            if changes.heard != self.heard:
                execute("UPDATE heard SET number=?", (changes.heard,))
            many("INSERT OR REPLACE INTO item VALUES (?, ?)", waiting)
            many("UPDATE item SET body=NULL WHERE number=?", ((n,) for n in gone))
            many("INSERT OR IGNORE INTO done VALUES (?, ?)", ((_bytes(key), now) for key in changes.keys))
            many("INSERT OR REPLACE INTO memory VALUES (?, ?, ?)", memories)
            execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        self.heard = changes.heard
        self._written.update(n for n, _ in waiting)
        self._written.difference_update(gone)
        self._finished += len(gone)
        if self._finished > min(self._limits[1] * (len(self._written) + self._finished), self._limits[0]):
            with suppress(sqlite3.Error):  # what was asked for is kept already; this is done next time
                self._clear()

    def fold(self) -> int:
        """Fold the log into the file, on the disk itself, and forget what is old; the number that is settled by that."""
        settled, old = self.heard, time.time() - REMEMBERED
        self._database.execute("DELETE FROM done WHERE at < ?", (old,))
        self._database.execute("DELETE FROM memory WHERE at < ?", (old,))
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return settled

    def rewind(self, number: int) -> None:
        """Hear what comes after this message: the numbers that were heard are those of another file."""
        self._database.execute("UPDATE heard SET number=?", (number,))
        self.heard = number

    def close(self) -> None:
        self._database.close()

    def _clear(self) -> None:
        self._database.execute("DELETE FROM item WHERE body IS NULL")
        self._finished = 0


def _bytes(text: str) -> bytes:
    """A key as it is kept: strangers' texts may hold half a surrogate pair, which is no text for SQLite."""
    return text.encode("utf-8", "surrogatepass")
