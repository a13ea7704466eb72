"""SQLite over a file that is read by ranges, through apsw: Python's own sqlite3 lets nobody say how a file is read.

`Connection` has of `sqlite3.Connection` what an archive's readers use, and its errors, so that they need not know.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Self

import apsw

from gracetape.archive.sharing.ranged_file import RangedFile

_VFS = "gracetape-ranges"
_FLAGS = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
_files: dict[str, RangedFile] = {}
_numbers = itertools.count(1)
_ERRORS: dict[type[apsw.Error], type[sqlite3.Error]] = {
    apsw.ConstraintError: sqlite3.IntegrityError,
    apsw.CorruptError: sqlite3.DatabaseError,
    apsw.NotADBError: sqlite3.DatabaseError,
}


class _Vfs(apsw.VFS):
    """Opens the files that were given an address, for reading; temporary files are the system's."""

    def __init__(self) -> None:
        super().__init__(_VFS, "")

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:
        return False  # there is neither a journal nor a log beside it

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        filename = name.filename() if isinstance(name, apsw.URIFilename) else name
        if filename in _files:
            return _File(_files[filename])
        return super().xOpen(name, flags)


class _File:
    def __init__(self, file: RangedFile) -> None:
        self._file = file

    def xRead(self, amount: int, offset: int) -> bytes:
        return self._file.read(offset, amount)

    def xFileSize(self) -> int:
        return self._file.size

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_IMMUTABLE

    def xSectorSize(self) -> int:
        return 4096

    def xFileControl(self, *_: object) -> bool:
        return False

    def xCheckReservedLock(self) -> bool:
        return False

    def xLock(self, level: int) -> None: ...
    def xUnlock(self, level: int) -> None: ...
    def xClose(self) -> None: ...


@cache
def _vfs() -> _Vfs:
    return _Vfs()


class Reader:
    """As `archive.reading.Reader`, of a file that lies elsewhere."""

    def __init__(self, file: RangedFile) -> None:
        _vfs()
        self._name = f"/{next(_numbers)}"
        self.location = f"file:{self._name}?vfs={_VFS}&mode=ro&immutable=1"
        self._file = file
        _files[self._name] = file

    def connect(self, **options: Any) -> Any:
        _files[self._name] = self._file
        connection = Connection(self.location)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection

    def close(self) -> None:
        _files.pop(self._name, None)


def connect(database: Any, **options: Any) -> Any:
    """A connection to a database of this machine to which what lies elsewhere can be attached; as `sqlite3.connect`."""
    connection = Connection(str(database))
    connection.raw.set_busy_timeout(int(options.get("timeout", 60.0) * 1000))
    return connection


class Connection:
    """See above; transactions are begun by whoever wants one (`isolation_level=None`)."""

    tidy: Callable[[], None]

    def __init__(self, database: str) -> None:
        with _Told():
            self.raw = apsw.Connection(database, flags=_FLAGS)

    def execute(self, statement: str, values: Any = (), /) -> "Cursor":
        return Cursor(self, statement, values)

    def executemany(self, statement: str, rows: Iterable[Any], /) -> "Cursor":
        before = self.raw.total_changes()
        with _Told():
            self.raw.executemany(statement, (row if isinstance(row, dict) else tuple(row) for row in rows))
        cursor = Cursor(self, "SELECT 0 WHERE 0", ())
        cursor.rowcount = self.raw.total_changes() - before
        return cursor

    @property
    def in_transaction(self) -> bool:
        return bool(self.raw.in_transaction)

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def set_progress_handler(self, handler: Any, steps: int) -> None:
        self.raw.set_progress_handler(handler, max(steps, 1))

    def close(self) -> None:
        self.raw.close(True)


class Cursor:
    """The rows of a statement, which come as they are asked for."""

    def __init__(self, connection: Connection, statement: str, values: Any) -> None:
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self._cursor = connection.raw.cursor()
        self._cursor.exec_trace = self._seen
        with _Told():
            self._cursor.execute(statement, values if isinstance(values, dict) else tuple(values))
            self._cursor.exec_trace = (
                None  # no circle: who lets go of this one ends its statement, and COMMIT waits for that
            )
            self.rowcount = connection.raw.changes()
            self.lastrowid = connection.raw.last_insert_rowid()

    def _seen(self, cursor: Any, statement: str, values: Any) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, None, None, None, None, None, None) for name, _ in columns) or None
        return True

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with _Told():
            return next(self._cursor)

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchall(self) -> list[Any]:
        with _Told():
            return list(self._cursor)


class _Told:
    """What goes wrong in apsw as the error that sqlite3 has for it. What reading by ranges says comes as it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, apsw.Error):
            told = next(
                (ours for theirs, ours in _ERRORS.items() if isinstance(error, theirs)), sqlite3.OperationalError
            )(str(error))
            told.sqlite_errorcode = getattr(error, "extendedresult", 0)
            raise told from None
        if isinstance(error, UnicodeDecodeError):
            raise sqlite3.OperationalError("Could not decode to UTF-8") from None
