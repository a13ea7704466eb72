"""How an archive of an older schema is read without being written to: from a private copy in this version's schema."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gracetape.archive import schema
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.inside import SIDE_FILES

#: What a packed archive keeps its contents in; never copied, but read where it is.
_CONTENTS = "chunks"
#: Tables without which no object can be shown. Of others that are damaged, what can be read is copied; `verify` looks at the original.
_NEEDED = frozenset({"captures", "records", "entries", "files", "blobs", "names"})


def _copy_rows(original: sqlite3.Connection, copy: sqlite3.Connection, name: str) -> None:
    marks = ", ".join("?" * len(copy.execute(f'SELECT * FROM "{name}"').description))
    damage: list[sqlite3.DatabaseError] = []

    def rows() -> Iterator[tuple[object, ...]]:
        try:
            yield from original.execute(f'SELECT * FROM "{name}"')
        except sqlite3.DatabaseError as error:
            damage.append(error)

    try:
        copy.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows())
    except sqlite3.IntegrityError as error:  # rows that no archive could hold
        damage.append(error)
    except sqlite3.OperationalError as error:  # what was read is not to blame
        raise OSError(errno.ENOSPC, f"the copy in the folder for temporary files: {error}") from None
    if damage and name in _NEEDED:
        raise damage[0]


Opener = Callable[..., sqlite3.Connection]


class State(NamedTuple):
    """What tells whether a database at rest is still what it was. SQLite's own count of changes is in its first bytes."""

    path: Path
    inode: tuple[int, int]
    changed_ns: int
    size: int
    head: bytes


def at_rest(database: Path) -> State | None:
    """How a database is now; None if it cannot be told, since somebody writes it or left a log."""
    if any(Path(f"{database}{end}").exists() for end in SIDE_FILES):
        return None
    with suppress(OSError):
        found = database.stat()
        with database.open("rb") as file:
            head = file.read(100)
        return State(database.resolve(), (found.st_dev, found.st_ino), found.st_ctime_ns, found.st_size, head)
    return None


#: Migrated copies as this process made them, so that the next test over a tape need not: of the last few tapes that are small.
_KEPT: dict[State, bytes] = {}
_MOST, _LARGEST = 4, 8 << 20


def _keep(state: State | None, path: Path) -> None:
    if state is not None and path.stat().st_size <= _LARGEST:
        for earlier in list(_KEPT)[: len(_KEPT) - _MOST + 1]:
            _KEPT.pop(earlier, None)
        _KEPT[state] = path.read_bytes()


class MigratedCopy:
    """A copy of a database's tables in a temporary file, brought to the newest schema; it goes when it is closed.

    `opener` opens databases, as `sqlite3.connect`. `original` reads the database, whose address is `location`; `state` is how it was at rest before
    that was opened. If it is changed or
    replaced meanwhile, that is nobody's state any more.
    """

    def __init__(
        self, state: State | None, original: sqlite3.Connection, location: str, opener: Opener = sqlite3.connect
    ) -> None:
        self._folder = HeldFolder(None, COPIED)
        self._location, self._opener = location, opener
        self._path = self._folder.path / "archive.sqlite"
        try:
            known = _KEPT.get(state) if state is not None else None
            if known is not None:
                self._path.write_bytes(known)
                return
            self._migrate(original)
            _keep(state, self._path)
        except BaseException:
            self._folder.close()
            raise

    def _migrate(self, original: sqlite3.Connection) -> None:
        copy = sqlite3.connect(self._path, isolation_level=None)
        try:
            copy.execute("PRAGMA synchronous = OFF")
            copy.execute("BEGIN")
            original.execute("BEGIN")  # one moment of it, whoever writes meanwhile
            tables = "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            for name, statement in original.execute(tables, ("table",)).fetchall():
                copy.execute(statement)
                if name != _CONTENTS:
                    _copy_rows(original, copy, name)
            for _, statement in original.execute(tables, ("index",)).fetchall():
                copy.execute(statement)
            (version,) = original.execute("PRAGMA user_version").fetchone()
            copy.execute(f"PRAGMA user_version = {int(version)}")
            schema.take_steps(copy)
            original.execute("COMMIT")
            copy.execute("COMMIT")
            copy.execute(f"DROP TABLE {_CONTENTS}")
        finally:
            copy.close()

    @property
    def location(self) -> str:
        return f"{self._path.as_uri()}?mode=ro"

    def connect(self, **options: object) -> sqlite3.Connection:
        """A connection that reads the copy, and the contents of a packed archive from the original."""
        reader = self._opener(self.location, uri=True, **options)
        reader.execute("ATTACH ? AS original", (self._location,))
        return reader

    def close(self) -> None:
        self._folder.close()
