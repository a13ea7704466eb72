"""A scratch over a tape: an archive that reads what the tape holds, keeps what is written for itself, and throws that away.

Nothing is copied when it is made. The first write makes an empty archive in the folder for temporary files, and from then on
each connection has that one as `main` and the tape, opened for reading, as `tape`; views of the tables' own names show both.
An object that is written to is copied first (its rows; contents are read where they are), so that it lies in one of the two.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from gracetape.archive import layout, schema
from gracetape.archive.blob_places import FolderBlobs
from gracetape.archive.blobs import BlobStore
from gracetape.archive.captures import Capture
from gracetape.archive.connections import Connections
from gracetape.archive.held_folders import SCRATCHED, HeldFolder, sweep
from gracetape.archive.store import Archive
from gracetape.archive.writing import Transaction
from gracetape.errors import ArchiveError, NotFound
from gracetape.write_ahead import write_ahead

#: The ids of what a scratch holds begin above this, out of the way of those that the tape gives meanwhile.
_FIRST = 1 << 40
_OWN, _OF_TAPE = f"id > {_FIRST}", f"id <= {_FIRST}"  # a stranger's tape may hold any
_UNTOUCHED = "NOT EXISTS (SELECT 1 FROM main.captures m WHERE m.object = t.object)"


def _unless_here(table: str, *key: str) -> str:
    same = " AND ".join(f"m.{name} = t.{name}" for name in key)
    return f"NOT EXISTS (SELECT 1 FROM main.{table} m WHERE {same})"


#: What came into the tape after the scratch had made or copied an object of that id is not seen: it would hide what was written.
_EARLIER = "NOT EXISTS (SELECT 1 FROM main.captures m WHERE m.object = t.object AND m.version <= t.version)"
#: By table, which rows of the scratch and which of the tape are seen. Captures, and what they have, lie in one of the two.
_SEEN = {
    "captures": (_OWN, f"{_OF_TAPE} AND {_EARLIER}"), "records": (_OWN, _OF_TAPE), "entries": ("1", "1"), "files": ("1", "1"),
    "blobs": ("1", _unless_here("blobs", "sha256")), "alerts": ("1", "1"), "catalogues": (_OWN, _OF_TAPE),
    "names": ("1", _unless_here("names", "name")), "places": ("1", _UNTOUCHED), "spans": ("1", _UNTOUCHED),
    "counters": ("1", _unless_here("counters", "name")), "heard": ("1", _unless_here("heard", "name")),
    "search_events": ("1", _unless_here("search_events", "object")),
    "search_superevents": ("1", _unless_here("search_superevents", "object")),
    "search_labels": ("1", _UNTOUCHED), "search_members": ("1", _UNTOUCHED), "search_attributes": ("1", _UNTOUCHED),
    "search_words": ("1", _unless_here("search_words", "kind", "word")),
}  # fmt: skip
_VIEWS = tuple(
    f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {own} UNION ALL SELECT * FROM tape.{table} t WHERE {of_tape}"
    for table, (own, of_tape) in _SEEN.items()
)
#: Rows that let SQLite number what comes after them; no view shows them.
_START = (
    "INSERT INTO captures (id, object, version, category, service, origin, tool, started) "
    f"VALUES ({_FIRST}, '', 0, '', '', '', '', '')",
    f"INSERT INTO records VALUES ({_FIRST}, '', '')",
    f"INSERT INTO catalogues VALUES ({_FIRST}, '', 0, '', '')",
)


@cache
def _empty() -> bytes:
    """The database of a scratch to which nothing was written yet; made once, since that takes ten milliseconds."""
    with HeldFolder(None, SCRATCHED) as folder:
        path = folder.path / "empty.sqlite"
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            schema.make_quickly(connection)
            for statement in _START:
                connection.execute(statement)
            connection.execute("COMMIT")
        finally:
            connection.close()
        return path.read_bytes()


#: What SQLite says where somebody was killed while they wrote to the tape, since whoever attached it for reading may not tidy up.
_LEFT = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY, sqlite3.SQLITE_READONLY_CANTINIT)


class _Layered(sqlite3.Connection):
    """A connection with a tape attached for reading. `tidy` lets one that may do so bring in what a killed writer left."""

    tidy: Callable[[], None]

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(statement, values)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) not in _LEFT:
                raise
        self.tidy()
        return super().execute(statement, values)


class _Layers(Connections):
    """Connections that read a tape, and from `begin` on write to another database and read both."""

    def __init__(self, tape: Archive) -> None:
        super().__init__(tape.path, read_only=False, packed=False, durable=False)
        self._tape = tape
        self._own: Path | None = None

    schemas = ("main", "tape")

    def begin(self, database: Path) -> None:
        self._own = database
        self._local = threading.local()
        self._unwatch()

    def end(self) -> None:
        self._own = None
        self._local = threading.local()
        self._unwatch()

    def _connect(self) -> sqlite3.Connection:
        own = self._own
        connection: _Layered = self._tape.opener(  # type: ignore[assignment]  # what it makes is its `factory`, or does as one
            own or ":memory:", isolation_level=None, timeout=60.0, check_same_thread=False, uri=True, factory=_Layered
        )
        connection.tidy = self._tape.tidy
        try:
            connection.execute("PRAGMA synchronous = OFF")
            if own is not None:
                write_ahead(connection)
            connection.execute("ATTACH ? AS tape", (self._tape.address,))
            layout.guard(connection)
            for statement in _VIEWS if own is not None else ("PRAGMA query_only = ON",):
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection

    def _settle(self, connection: sqlite3.Connection) -> None:
        """It is thrown away: nothing needs to be brought into its database."""


class ScratchView(Archive):
    """An archive that is open for reading, and over it what is written, which is gone when this is closed.

    Closed, it closes the archive under it, too, if that is its own. `shared` is the `place` of another process's scratch over the same
    tape, which is written to from here, too, and stays when this is closed.
    """

    durable = False
    recordings = "tape"

    def __init__(self, tape: Archive, *, owned: bool = False, shared: Path | None = None) -> None:
        super().__init__(tape.path, read_only=False, packed=False)
        self.tape, self._owned = tape, owned
        self._connections: _Layers = _Layers(tape)
        self._folder: HeldFolder | None = None
        self._written = shared  # the folder archive that holds what is written
        self._beginning = threading.Lock()
        blobs = OverBlobs(self._begin, tape.blobs)
        self.blobs: BlobStore = blobs
        if shared is not None:
            self._connections.begin(shared / "archive.sqlite")
            blobs.open()
        sweep(None, SCRATCHED)

    def _begin(self) -> Path:
        """The folder archive that holds what is written, made at the first use."""
        with self._beginning:
            if self._written is None:
                try:
                    self._folder = self._made()
                except (OSError, sqlite3.Error) as error:
                    reason = getattr(error, "strerror", None) or error
                    raise ArchiveError(f"cannot make a scratch for writes to {self.path}: {reason}") from None
                self._written = self._folder.path / "scratch.tape"
                self._connections.begin(self._written / "archive.sqlite")
            return self._written

    @staticmethod
    def _made() -> HeldFolder:
        with ExitStack() as stack:  # it is gone again if there is no room for what is in it
            folder = stack.enter_context(HeldFolder(None, SCRATCHED))
            place = folder.path / "scratch.tape"
            (place / "blobs").mkdir(mode=0o700, parents=True)
            (place / "archive.sqlite").write_bytes(_empty())
            stack.pop_all()
            return folder

    @property
    def place(self) -> Path:
        return self._begin()

    def layer(self, capture: int) -> str:
        return "main" if capture > _FIRST and self._written is not None else "tape"

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._begin()
        with super().transaction():
            yield _ScratchTransaction(self)

    def close(self) -> None:
        """Throw away what was written. Whoever reads on reads the tape, and has to close this again."""
        super().close()
        with self._beginning:
            if self._folder is not None:
                self._folder.close()
                self._folder = self._written = None
                self._connections.end()
        if self._owned:
            self.tape.close()

    def size_on_disk(self) -> int:
        return self.tape.size_on_disk()


class _ScratchTransaction(Transaction):
    """Copies an object of the tape, whatever it is there, before it is written to."""

    def _takes_writes(self, capture: Capture) -> bool:
        return capture.id > _FIRST and super()._takes_writes(capture)

    def _target(self, target: str | Capture) -> Capture:
        if isinstance(target, Capture) and target.id <= _FIRST:
            raise ArchiveError(f"{target.ref} is of the tape {self.archive.path}, which a scratch never changes")
        return super()._target(target)

    def _share(self, old: Capture, new: Capture) -> None:
        if old.id > _FIRST:
            super()._share(old, new)
            return
        self._run(
            "INSERT OR IGNORE INTO main.records (sha256, json) SELECT r.sha256, r.json FROM tape.entries e "
            "JOIN tape.records r ON r.id = e.record WHERE e.capture = ?",
            (old.id,),
        )
        self._run(
            "INSERT INTO main.entries SELECT ?, e.kind, e.key, e.ord, own.id FROM tape.entries e JOIN tape.records r "
            "ON r.id = e.record JOIN main.records own ON own.sha256 = r.sha256 WHERE e.capture = ?",
            (new.id, old.id),
        )
        for table in ("places", "spans"):
            self._run(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM tape.{table} WHERE object = ?", (old.object,))


class OverBlobs:
    """New contents in a folder archive's own, which `begin` gives; those of tapes are read where they are."""

    def __init__(self, begin: Callable[[], Path], *tapes: BlobStore) -> None:
        self._begin, self._tapes = begin, tapes
        self._made: FolderBlobs | None = None

    def open(self) -> None:
        """Look among what others put there, too, before anything is put there from here."""
        self._own()

    def _own(self) -> FolderBlobs:
        folder = self._begin() / "blobs"
        if self._made is None or self._made.folder != folder:
            self._made = FolderBlobs(folder, synced=False)
        return self._made

    def _all(self) -> list[BlobStore]:
        return [*([self._made] if self._made is not None else []), *self._tapes]

    def put(self, spool: Path, sha256: str) -> None:
        self._own().put(spool, sha256)

    def stored(self, sha256: str) -> Iterator[bytes]:
        for store in self._all():
            with suppress(NotFound):
                yield from store.stored(sha256)
                return
        raise NotFound(f"the contents {sha256[:12]}… are missing")

    def remove(self, sha256: str) -> None:
        self._own().remove(sha256)

    def names(self) -> set[str]:
        return {name for store in self._all() for name in store.names()}

    def spool_folder(self) -> Path:
        return self._own().spool_folder()

    @contextmanager
    def held(self) -> Iterator[None]:
        with ExitStack() as stack:
            for store in self._tapes:
                stack.enter_context(store.held())
            yield

    def alone(self) -> AbstractContextManager[None]:
        return self._own().alone()

    def sweep(self) -> None:
        """What killed ones left goes with their folders."""

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
            self._made = None
