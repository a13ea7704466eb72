"""What the listener has accepted: messages on disk, in order, until every child has settled them. The parent writes, children read."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from gracetape.brokers import Heard
from gracetape.write_ahead import write_ahead

_TABLES = """
CREATE TABLE IF NOT EXISTS message(
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, node TEXT NOT NULL, arrived REAL NOT NULL, text BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS place(log TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;
"""


#: Seconds that somebody else's lock is waited for: at the beginning, when those before us may still be at their end, and at work, where
#: what could not be written is tried again until all is stopped.
OPENS_S, BUSY_S = 30.0, 1.0


class Message(NamedTuple):
    """An accepted message; `number` grows by arrival, `id` is what log lines about it carry."""

    number: int
    id: str
    node: str
    arrived: float
    text: str


def connect(path: Path, durable: bool) -> sqlite3.Connection:
    """A database in WAL mode; what is committed survives a kill, and with `durable` a power failure too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=OPENS_S, isolation_level=None, check_same_thread=False)
    write_ahead(database)
    database.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
    return database


def begins_work(database: sqlite3.Connection) -> None:
    """From now on somebody else's lock is waited for no longer than who works here can wait."""
    database.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")


class Accepted:
    """The parent's side. `durable`: on the disk itself before `add` returns, not just in the system's hands."""

    def __init__(self, path: Path, durable: bool = True) -> None:
        self.path = path
        self._database = connect(path, durable)
        self._database.executescript(_TABLES)
        begins_work(self._database)

    @property
    def newest(self) -> int:
        """The number of the last message ever accepted, 0 before the first."""
        row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name='message'").fetchone()
        return int(row[0]) if row else 0

    def after(self, log: str) -> int | None:
        """The offset of the last message that was accepted of a broker's log (or a file), None if none was."""
        row = self._database.execute("SELECT offset FROM place WHERE log=?", (log,)).fetchone()
        return int(row[0]) if row else None

    def add(self, ids: Sequence[str], batch: Sequence[Heard]) -> None:
        """Accept messages and the places where their sources keep them, or (sqlite3.Error) none of it."""
        rows = (
            (id, _utf8(heard.node).decode(), heard.arrived.timestamp(), _utf8(heard.payload))
            for id, heard in zip(ids, batch, strict=True)
        )
        places = {heard.place.log: heard.place.offset for heard in batch if heard.place is not None}
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany("INSERT INTO message(id, node, arrived, text) VALUES (?, ?, ?, ?)", rows)
            self._database.executemany("INSERT OR REPLACE INTO place VALUES (?, ?)", places.items())
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def forget(self, settled: int) -> None:
        """Drop messages up to this number: every child has settled them."""
        self._database.execute("DELETE FROM message WHERE number <= ?", (settled,))

    def close(self) -> None:
        self._database.close()


class AcceptedReader:
    """A child's side: messages in order of arrival."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=OPENS_S, isolation_level=None
        )

    def after(self, number: int, limit: int = 200) -> Iterable[Message]:
        """Up to `limit` messages that came after this one."""
        rows = self._database.execute(
            "SELECT number, id, node, arrived, text FROM message WHERE number > ? ORDER BY number LIMIT ?",
            (number, limit),
        )
        return [Message(n, id, node, arrived, text.decode()) for n, id, node, arrived, text in rows]

    def close(self) -> None:
        self._database.close()


def _utf8(text: str) -> bytes:
    """A text as UTF-8; half a surrogate pair, which no encoding has, becomes a question mark."""
    return text.encode("utf-8", "replace")
