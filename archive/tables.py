"""What parts of the store ask of an archive: its tables; the same inside a transaction; and rows put in by the thousand."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Protocol

#: Rows of one statement, where many are put in.
_AT_ONCE = 50


class Tables(Protocol):
    """What holds the tables: an `Archive`."""

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the database."""

    @property
    def recordings(self) -> str:
        """In which of SQLite's schemas a connection has what was captured and heard."""

    def layer(self, capture: int) -> str:
        """The schema in which a connection has all rows of a capture."""


class Held(Protocol):
    """An archive that is held for writing: a `Transaction`."""

    @property
    def archive(self) -> Tables: ...


def put_rows(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Put in rows by `INSERT INTO table (columns)`, some with each statement; how many there are more now.

    It is less work than `executemany`, which lets other threads have Python, and waits for them, at each row.
    """
    if not rows:
        return 0
    before, columns, whole = connection.total_changes, len(rows[0]), len(rows) - len(rows) % _AT_ONCE
    for start in range(0, whole, _AT_ONCE):
        some = tuple(chain.from_iterable(rows[start : start + _AT_ONCE]))
        connection.execute(_statement(insert, columns, _AT_ONCE), some)
    connection.executemany(_statement(insert, columns, 1), rows[whole:])
    return connection.total_changes - before


@cache
def _statement(insert: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{insert} VALUES {', '.join([row] * rows)}"
