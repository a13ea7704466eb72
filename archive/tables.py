"""What parts of the store ask of an archive: its tables; the same inside a transaction."""

import sqlite3
from typing import Protocol


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
