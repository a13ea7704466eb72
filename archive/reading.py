"""How a database is opened by whoever only reads it: beside writers, on media that cannot be written, after a crash."""

import os
import shutil
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.errors import ArchiveError

#: What SQLite says where it would have to write in order to read: a log to be recovered, a folder that cannot be written.
_CANNOT = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)
_JOURNALS = ("-wal", "-journal")


class Reader:
    """Connections that read a database. SQLite's locks keep them in step with writers.

    Where writing is possible, SQLite may bring in what a killed writer left, but statements can change nothing. What cannot be
    written is read without locks if that is what it takes and it is whole (`immutable`), else from a private copy with its log.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._copy: HeldFolder | None = None
        self._deciding = threading.Lock()
        writable = os.access(database.parent, os.W_OK) and os.access(database, os.W_OK)
        self.location = _uri(database, "mode=rw" if writable else "mode=ro")

    def connect(self, **options: Any) -> sqlite3.Connection:
        """A connection on which reading works. Raises sqlite3.Error, OSError, ArchiveError."""
        try:
            return self._connect(options)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _CANNOT or not self._database.is_file():
                raise
        with self._deciding:
            if self._copy is None:
                self.location = self._other_location()
        return self._connect(options)

    def _connect(self, options: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(self.location, uri=True, **options)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _other_location(self) -> str:
        left = [Path(f"{self._database}{end}") for end in _JOURNALS]
        whole = not any(path.exists() and path.stat().st_size for path in left)
        if whole and os.statvfs(self._database).f_flag & os.ST_RDONLY:
            return _uri(self._database, "mode=ro&immutable=1")
        self._copy = HeldFolder(None, COPIED)
        copy = self._copy.path / "archive.sqlite"
        _copy_at_rest([self._database, *left], copy)
        return _uri(copy, "mode=rw")

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()


def settle(connection: sqlite3.Connection) -> None:
    """Leave the database as one file, which can be read without a trace; while others are at it, it stays as it is."""
    with suppress(sqlite3.Error):  # the last of them does it
        if connection.in_transaction:
            connection.rollback()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA journal_mode = DELETE")


def _uri(database: Path, options: str) -> str:
    return f"{database.resolve().as_uri()}?{options}"


def writable_uri(database: Path) -> str:
    """The address under which a database is opened for writing: never a new, empty one."""
    return _uri(database, "mode=rw")


def _copy_at_rest(files: list[Path], target: Path) -> None:
    """Copy a database and its logs, all of one moment."""
    for _ in range(5):
        before = [_state(path) for path in files]
        for path in files:
            copy = target.with_name(target.name + path.name.removeprefix(files[0].name))
            copy.unlink(missing_ok=True)
            if path.exists():
                shutil.copyfile(path, copy)
        if [_state(path) for path in files] == before:
            return
    raise ArchiveError(f"{files[0]} cannot be read: somebody writes it, and only they may")


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
