"""Where a process may be killed, or a write may fail: each call that changes a disk is a point, and the k-th one is disturbed.

Patched in a forked child only: `os`'s calls that write, files opened for writing, and SQLite's statements. What SQLite itself writes is
disturbed from outside: by a limit on a file's size, a small disk that is full, and kills by the clock.
"""

import builtins
import errno
import io
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: os.<name> -> whether it needs room on the disk (a full disk still lets one remove and rename).
CALLS = {
    "write": True, "open": True, "mkdir": True, "link": True, "symlink": True, "sendfile": True, "copy_file_range": True,
    "ftruncate": True, "truncate": True, "fsync": True, "fdatasync": True, "replace": False, "rename": False, "unlink": False,
    "remove": False, "rmdir": False,
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_SAID = {
    errno.ENOSPC: "database or disk is full",
    errno.EIO: "disk I/O error",
}
_STATEMENTS = (
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "BEGIN",
    "COMMIT",
    "PRAGMA USER",
    "PRAGMA APPL",
    "VACUUM",
    "REPLACE",
    "DROP",
)


@dataclass
class Points:
    """Counts points, and disturbs the one with number `at`: `kill`, or an errno (ENOSPC: from there on, as a full disk does)."""

    what: str = "count"
    at: int = 0
    passed: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._errno = getattr(errno, self.what, 0)

    def reached(self, roomy: bool) -> int:
        """The errno with which a call fails, 0: it does not."""
        with self._lock:
            self.passed += 1
            number = self.passed
        if self.what == "kill" and number == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "ENOSPC" and self.at and number >= self.at and roomy:
            return self._errno
        return self._errno if number == self.at else 0

    def arm(self) -> None:
        """Patch this process."""
        for name, roomy in CALLS.items():
            setattr(os, name, self._call(getattr(os, name), name, roomy))
        ordinary = io.open
        builtins.open = io.open = self._opener(ordinary)  # type: ignore[assignment]
        connect, points = sqlite3.connect, self

        class Connection(sqlite3.Connection):
            """A connection whose statements that write are points."""

            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                points.statement(sql)
                return super().execute(sql, *args)

            def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
                points.statement(sql)
                return super().executemany(sql, *args)

            def commit(self) -> None:
                points.statement("COMMIT")
                super().commit()

            def backup(self, *args: Any, **kwargs: Any) -> None:
                points.statement("INSERT")
                super().backup(*args, **kwargs)

        def counted(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            found: sqlite3.Connection = connect(*args, **{"factory": Connection, **kwargs})
            return found

        sqlite3.connect = counted  # type: ignore[assignment]

    def statement(self, sql: str) -> None:
        if sql.lstrip().upper().startswith(_STATEMENTS) and (number := self.reached(True)):
            raise sqlite3.OperationalError(_SAID[number])

    def _call(self, ordinary: Callable[..., Any], name: str, roomy: bool) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not (args[1] if len(args) > 1 else kwargs.get("flags", 0)) & _WRITING:
                return ordinary(*args, **kwargs)
            if name in ("write", "fsync") and isinstance(args[0], int) and args[0] <= 2:
                return ordinary(*args, **kwargs)
            if number := self.reached(roomy):
                path = args[0] if args and isinstance(args[0], (str, bytes, os.PathLike)) else None
                raise OSError(number, os.strerror(number), *([os.fspath(path)] if path is not None else []))
            return ordinary(*args, **kwargs)

        return counted

    def _opener(self, ordinary: Callable[..., Any]) -> Callable[..., Any]:
        points = self

        class Raw(io.FileIO):
            """A file whose every write is a point."""

            def write(self, data: Any) -> int:
                if number := points.reached(True):
                    raise OSError(number, os.strerror(number))
                return super().write(data)

        def opened(
            file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None, newline: Any = None,
            closefd: bool = True, opener: Any = None,
        ) -> Any:  # fmt: skip
            if not set(mode) & set("wax+") or (isinstance(file, int) and file <= 2):
                return ordinary(file, mode, buffering, encoding, errors, newline, closefd, opener)
            if number := points.reached(True):
                raise OSError(number, os.strerror(number), file if isinstance(file, str) else str(file))
            raw = Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
            if buffering == 0:
                return raw
            held = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return held
            return io.TextIOWrapper(held, encoding or "utf-8", errors, newline, line_buffering=buffering == 1)

        return opened
