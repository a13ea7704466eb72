"""The connections to an archive's database: one for each thread, made when it first asks, for readers and writers."""

import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from gracetape.archive import layout
from gracetape.archive.inside import check_database
from gracetape.archive.older import MigratedCopy, Opener, at_rest
from gracetape.archive.reading import Reader, settle, writable_uri
from gracetape.errors import ArchiveError
from gracetape.write_ahead import write_ahead


class Connections:
    """How a database is reached. `durable`: whether a transaction outlasts a power cut."""

    #: What opens a database for whoever reads this one beside another.
    opener: Opener = staticmethod(sqlite3.connect)

    def __init__(self, database: Path, *, read_only: bool, packed: bool, durable: bool) -> None:
        self._database, self._read_only, self._packed, self._durable = database, read_only, packed, durable
        self._reader = Reader(database)
        self._local = threading.local()
        self._open: list[tuple[sqlite3.Connection, int]] = []
        self._copy: MigratedCopy | None = None
        self._older, self._copying = False, threading.Lock()
        self._identity: tuple[int, int] | None = None
        self._watch: sqlite3.Connection | None = None
        self._watches, self._watching = 0, threading.Lock()

    #: SQLite's names of the databases that a connection reads.
    schemas: tuple[str, ...] = ("main",)

    @property
    def current(self) -> sqlite3.Connection:
        """This thread's connection."""
        local = self._local  # which another thread may put another in the place of
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is None:
            connection = self._connect_to_same()
            # With how many references there are to one that nobody uses, which differs between Pythons.
            self._open.append((connection, sys.getrefcount(connection)))
            local.connection = connection
        return connection

    def _connect_to_same(self) -> sqlite3.Connection:
        """One more connection, to what the others read."""
        if self._identity is not None and self._found() != self._identity:
            raise ArchiveError(f"{self._database} was removed or replaced while it was open: open it again")
        connection = self._connect()
        self._identity = (
            self._identity or self._found()
        )  # not before: some file systems copy what is opened for writing
        return connection

    def _found(self) -> tuple[int, int] | None:
        """What is at the path now: two threads must not read two tapes."""
        try:
            found = self._database.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def size(self) -> int | None:
        """How large it is (bytes), if it lies elsewhere."""
        return None

    def read_a_copy(self) -> None:
        """Read a copy in this code's schema from now on: the database is older, and may not be written to."""
        self._older = True
        self._local = threading.local()

    @property
    def address(self) -> str:
        """What SQLite opens, for reading only, to read what these read, as long as they are open."""
        self.current  # noqa: B018  # decides from where, and keeps it readable
        self._check()
        location = self._copy.location if self._copy is not None else self._reader.location
        return location.replace("?mode=rw", "?mode=ro")

    def stamp(self) -> tuple[int, ...]:
        """What is another one once anybody has changed something; it is asked for before what it is to stand for is read."""
        with self._watching:
            if self._watch is None:
                self._watch, self._watches = self._connect_to_same(), self._watches + 1
            versions = (self._watch.execute(f"PRAGMA {name}.data_version").fetchone()[0] for name in self.schemas)
            return (self._watches, *versions)

    def _unwatch(self) -> None:
        """Close the connection that is watched; whoever asks just now is done with it first."""
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None

    def _check(self) -> None:
        check_database(self._database.resolve() if self._packed else self._database)

    def _connect(self) -> sqlite3.Connection:
        self._check()
        options: dict[str, Any] = {"isolation_level": None, "timeout": 60.0, "check_same_thread": False}
        if self._read_only:
            reader = self._connect_to_copy(options) if self._older else self._reader.connect(**options)
            layout.guard(reader)
            return reader
        connection: sqlite3.Connection = sqlite3.connect(writable_uri(self._database), uri=True, **options)
        layout.guard(connection)
        if not self._packed:  # a packed file stays one file, so it keeps SQLite's rollback journal
            write_ahead(connection)
            # In pages, of which 1,000 are SQLite's own choice: a burst of alerts writes the same pages again and again.
            connection.execute("PRAGMA wal_autocheckpoint = 8000")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        return connection

    def _connect_to_copy(self, options: dict[str, Any]) -> sqlite3.Connection:
        """A connection to the copy, made at the first use, and once more by who reads on after closing."""
        with self._copying:
            if self._copy is None:
                state = at_rest(self._database)
                original = self._reader.connect(**options)
                try:
                    self._copy = MigratedCopy(state, original, self._reader.location, self.opener)
                finally:
                    original.close()
            return self._copy.connect(**options)

    def _settle(self, connection: sqlite3.Connection) -> None:
        settle(connection)

    def close(self) -> None:
        """Close every connection. Whoever reads on opens new ones, and has to close them again.

        What another thread reads with just now is left to it, and closed when it is done: SQLite, closed in the middle of a statement,
        takes the process with it.
        """
        self._unwatch()
        own = getattr(self._local, "connection", None)
        self._local = threading.local()  # no thread takes one of these any more
        busy = False
        while self._open:
            connection, unused = self._open.pop()
            if connection is not own and sys.getrefcount(connection) > unused:
                busy = True
                continue
            if not self._open and not busy and not self._read_only and not self._packed:
                self._settle(connection)
            connection.close()
        if self._copy is not None:
            self._copy.close()
            self._copy = None
        self._reader.close()
        self._identity = None
        self._unwatch()  # who asked meanwhile may have begun to watch what is no longer there
