"""SQLite's write-ahead log, for databases that several processes write."""

import sqlite3
import time

_PAUSE_S = 0.02


def write_ahead(connection: sqlite3.Connection, patience_s: float = 60.0) -> None:
    """Let a database keep a write-ahead log from now on.

    Of several who begin one at the same moment SQLite refuses those who come second at once, whatever time-out the connection has: each of
    them might wait for the other. Here they ask again. OperationalError after `patience_s`.
    """
    end = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
