"""The archive itself: opens a folder or a packed file, and reads captures, records and files from it."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gracetape.archive import schema
from gracetape.archive.blobs import Blob, BlobStore, FolderBlobs, PackedBlobs, plain
from gracetape.archive.older import MigratedCopy
from gracetape.archive.view import FileEntry, StoredView
from gracetape.errors import ArchiveError, GracetapeError, NotFound
from gracetape.ids import parse_ref

if TYPE_CHECKING:
    from gracetape.archive.history import History
    from gracetape.archive.timeline import Timeline
    from gracetape.archive.writing import Transaction


@dataclass(frozen=True)
class Capture:
    """One version of one object.

    `service` is the API root that the record's links start with, `origin` says how it came: `capture`, `import` or
    `dummy`; `completed` is None while it is in the making; `notes` is a free JSON object (what was absent, what was made).
    """

    id: int
    object: str
    version: int
    category: str
    service: str
    origin: str
    tool: str
    started: str
    completed: str | None
    notes: str
    digest: str
    seal: str

    @property
    def ref(self) -> str:
        return f"{self.object}@{self.version}"


class Archive:
    """A recording of GraceDB objects: a folder `NAME.tape/` or one packed file, opened alike.

    Open it with `Archive.open` or `Archive.create`, use it as a context manager. Reading is possible from any thread;
    writing goes through `transaction()`, which several threads and processes may ask for at once.
    """

    def __init__(self, path: Path, *, read_only: bool, packed: bool) -> None:
        self.path, self.read_only, self.packed = path, read_only, packed
        self._database = path if packed else path / "archive.sqlite"
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._copy: MigratedCopy | None = None
        self.blobs: BlobStore = PackedBlobs(lambda: self.connection, path) if packed else FolderBlobs(path / "blobs")

    # -- opening and closing

    @classmethod
    def open(cls, path: str | Path, *, read_only: bool = True) -> Self:
        """Open what is at `path`; ArchiveError if that is no archive, is damaged, or is newer than this code.

        Read-only, nothing is written (not even a lock or a journal), so that archives on read-only media work; one of an
        older schema is read from a private copy then.
        """
        path = Path(path)
        packed = path.is_file()
        if not packed and not (path / "archive.sqlite").is_file():
            what = "there is nothing there" if not path.exists() else "it holds no archive.sqlite"
            raise ArchiveError(f"{path} is not a gracetape archive: {what}")
        archive = cls(path, read_only=read_only, packed=packed)
        try:
            version = schema.check(archive.connection, path)
            if version < schema.SCHEMA_VERSION:
                archive._update()
            archive.connection.execute("SELECT count(*) FROM captures").fetchone()
        except sqlite3.DatabaseError as error:
            archive.close()
            raise ArchiveError(f"{path} is not a gracetape archive, or it is damaged: {error}") from None
        except OSError as error:
            archive.close()
            raise ArchiveError(f"cannot copy {path}, whose schema is older, in order to read it: {error}") from None
        except GracetapeError:
            archive.close()
            raise
        return archive

    @classmethod
    def create(cls, path: str | Path, *, packed: bool = False) -> Self:
        """Make an empty archive at `path`, which must not exist yet (an empty folder may)."""
        path = Path(path)
        if path.exists() and not (path.is_dir() and not packed and not any(path.iterdir())):
            raise ArchiveError(f"{path} exists already: name another path, or open it")
        try:
            (path.parent if packed else path).mkdir(parents=True, exist_ok=True)
            archive = cls(path, read_only=False, packed=packed)
            schema.migrate(archive.connection)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"cannot make an archive at {path}: {error}") from None
        return archive

    def _update(self) -> None:
        """Bring an older archive to this code's schema: itself, or a copy of it if it may not be written to."""
        if not self.read_only:
            schema.migrate(self.connection)
            return
        self._copy = MigratedCopy(self.connection, self._location())
        self._local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the database."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._open.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        options: dict[str, Any] = {"isolation_level": None, "timeout": 60.0, "check_same_thread": False}
        if not self.read_only:
            connection: sqlite3.Connection = sqlite3.connect(self._database, **options)
            if not self.packed:  # a packed file stays one file, so it keeps SQLite's rollback journal
                connection.execute("PRAGMA journal_mode = WAL")
                # In pages, of which 1,000 are SQLite's own choice: a burst of alerts writes the same pages again and again.
                connection.execute("PRAGMA wal_autocheckpoint = 8000")
            connection.execute("PRAGMA synchronous = NORMAL")
            return connection
        if self._copy is not None:
            return self._copy.connect(**options)
        reader: sqlite3.Connection = sqlite3.connect(self._location(), uri=True, **options)
        return reader

    def _location(self) -> str:
        """Where the database is, as SQLite opens it for reading.

        Without a journal beside it nobody writes, and the file can be read without locks; with one, that would miss what
        the journal holds.
        """
        journal = [Path(f"{self._database}{end}") for end in ("-wal", "-journal")]
        mode = "mode=ro" if any(j.exists() for j in journal) else "mode=ro&immutable=1"
        return f"{self._database.resolve().as_uri()}?{mode}"

    def close(self) -> None:
        """Close every connection. The archive cannot be used afterwards."""
        while self._open:
            self._open.pop().close()
        if self._copy is not None:
            self._copy.close()
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what is in it

    def objects(self) -> list[str]:
        """The graceids that have at least one whole capture, in the order in which they came."""
        rows = self.connection.execute(
            "SELECT object FROM captures WHERE completed IS NOT NULL GROUP BY object ORDER BY min(id)"
        )
        return [row[0] for row in rows]

    def near(self, category: str, first_gps: float, last_gps: float) -> list[str]:
        """The graceids of the events or superevents in a range of GPS times (seconds), by time."""
        query = "SELECT object FROM places WHERE category = ? AND gps BETWEEN ? AND ? ORDER BY gps, object"
        return [str(row[0]) for row in self.connection.execute(query, (category, first_gps, last_gps))]

    def captures(self, graceid: str | None = None, *, unfinished: bool = False) -> list[Capture]:
        """The captures of one object, or of all, oldest first; without `unfinished`, the whole ones."""
        query = "SELECT * FROM captures WHERE (? IS NULL OR object = ?) AND (? OR completed IS NOT NULL) ORDER BY id"
        return [Capture(*row) for row in self.connection.execute(query, (graceid, graceid, unfinished))]

    def resolve(self, name: str) -> str:
        """The id under which an object is kept, from any id that it has had; NotFound if there is none."""
        found = self.owner(name)
        if found is None:
            raise NotFound(f"{self.path} holds no {name}{self._hint()}")
        return found

    def owner(self, name: str) -> str | None:
        """As `resolve`; None if there is none."""
        row = self.connection.execute("SELECT object FROM names WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else None

    def names_of(self, graceid: str) -> set[str]:
        """Every id that an object goes or went by, given the one under which it is kept."""
        return {row[0] for row in self.connection.execute("SELECT name FROM names WHERE object = ?", (graceid,))}

    def _hint(self) -> str:
        known = self.objects()
        if not known:
            return ": it is empty"
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        return f": it holds {', '.join(known[:8])}{more}"

    def capture(self, ref: str) -> Capture:
        """The capture that `G1234` (the newest) or `G1234@2` names; NotFound if there is none."""
        wanted = parse_ref(ref)
        graceid = self.resolve(wanted.graceid)
        query = "SELECT * FROM captures WHERE object = ? AND completed IS NOT NULL AND (? IS NULL OR version = ?)"
        row = self.connection.execute(
            query + " ORDER BY version DESC LIMIT 1", (graceid, wanted.version, wanted.version)
        ).fetchone()
        if row is None:
            last = self.captures(graceid)
            have = f"its newest capture is @{last[-1].version}" if last else "its capture was never finished"
            raise NotFound(f"{self.path} holds no {ref}: {have}")
        return Capture(*row)

    def view(self, ref: str) -> StoredView:
        """The object as its tables are now."""
        return StoredView(self, self.capture(ref))

    def history(self, ref: str) -> "History":
        """The object's history (the newest capture, or the one that `@N` names)."""
        from gracetape.archive.history import History
        from gracetape.archive.recorded import recorded_of

        view = self.view(ref)
        return History(view, recorded_of(self, view.graceid))

    def timeline(self, refs: Sequence[str] | None = None) -> "Timeline":
        """The histories of some objects (default: all) in one order."""
        from gracetape.archive.timeline import Timeline

        return Timeline([self.history(ref) for ref in (refs if refs is not None else self.objects())])

    def number(self, counter: str) -> int | None:
        """Where a named counter stands; None if it was never used."""
        row = self.connection.execute("SELECT last FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(row[0]) if row else None

    # -- file contents

    def blob(self, sha256: str) -> Blob:
        row = self.connection.execute("SELECT * FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise NotFound(f"{self.path} names the contents {sha256[:12]}… but does not hold them")
        return Blob(*row)

    def read(self, entry: FileEntry) -> Iterator[bytes]:
        """The contents of a file in pieces of about 1 MiB; NotFound if they are absent, with the reason."""
        if entry.sha256 is None:
            raise NotFound(f"the contents of {entry.name},{entry.version} are absent: {entry.absent}")
        return plain(self.blobs, self.blob(entry.sha256))

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Hold the archive for writing: all that is done in the block is kept together, or nothing is.

        ArchiveError if the archive was opened read-only, the disk is full or the database is damaged.
        """
        from gracetape.archive.writing import Transaction

        if self.read_only:
            raise ArchiveError(f"{self.path} was opened read-only: nothing can be written to it")
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.rollback()
            raise ArchiveError(f"cannot write to {self.path}: {error}") from None
        except OSError as error:
            raise ArchiveError(f"cannot write to {self.path}: {error.strerror or error}") from None

    def size_on_disk(self) -> int:
        """Bytes that the archive takes on disk."""
        if self.packed:
            return self.path.stat().st_size
        return sum(os.path.getsize(p) for p in self.path.rglob("*") if p.is_file())
