"""The archive itself: opens a folder or a packed file, and reads captures, records and files from it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from gracetape.archive import counters, layout, partials, schema
from gracetape.archive.blob_places import STORE_NAMED, FolderBlobs, PackedBlobs
from gracetape.archive.blobs import Blob, BlobStore, is_sound, plain
from gracetape.archive.captures import Capture as Capture, Captures
from gracetape.archive.connections import Connections
from gracetape.archive.held_folders import MAKING, HeldFolder, sweep
from gracetape.archive.inside import SQLITE, check
from gracetape.archive.making import made
from gracetape.archive.older import Opener
from gracetape.archive.urls import UrlPath, url_of
from gracetape.archive.view import FileEntry, StoredView
from gracetape.errors import AlreadyThere, ArchiveError, GracetapeError, NotFound
from gracetape.progress import progress
from gracetape.shown import target
from gracetape.tables import html_table

if TYPE_CHECKING:  # the two know each other: an archive makes its transactions
    from importlib.resources.abc import Traversable

    from gracetape.archive.writing import Transaction


class Archive(Captures):
    """A recording of GraceDB objects: a folder `NAME.tape/` or one packed file, opened alike.

    Open it with `Archive.open` or `Archive.create`, use it as a context manager. Reading is possible from any thread;
    writing goes through `transaction()`, which several threads and processes may ask for at once.
    """

    #: Whether what is kept outlasts a power cut (fsync at every transaction); a kill loses nothing in any case.
    durable: ClassVar[bool] = True
    #: In which of SQLite's schemas a connection has what was captured and heard; see `layer`.
    recordings: ClassVar[str] = "main"

    def __init__(self, path: Path, *, read_only: bool, packed: bool) -> None:
        self.path, self.read_only, self.packed = path, read_only, packed
        self._connections: Connections = Connections(
            path if packed else path / "archive.sqlite", read_only=read_only, packed=packed, durable=self.durable
        )
        self._package: HeldFolder | None = None
        self.blobs: BlobStore = PackedBlobs(lambda: self.connection, path) if packed else self._folder_blobs()

    def _folder_blobs(self) -> BlobStore:
        local = FolderBlobs(self.path / "blobs", synced=self.durable)
        if not (self.path / STORE_NAMED).exists():
            return local
        from gracetape.archive.sharing.store_blobs import StoreBlobs
        from gracetape.archive.sharing.stores import store_of

        url = store_of(self.path)
        return local if url is None else StoreBlobs(url, self.path, local, lambda: self.connection)

    # -- opening and closing

    @classmethod
    def open(cls, path: "str | Path | Traversable", *, read_only: bool = True) -> Self:
        """Open what is at `path`; ArchiveError if that is no archive, is damaged, or is newer than this code.

        Read-only, nothing is written (not even a journal, unless a killed writer left one to be brought in), so that archives
        on read-only media work; one of an older schema is read from a private copy then. `path` may be a tape that a package
        brings (`importlib.resources.files(…) / "run.tape"`); from inside a zip file, a copy of it is read. A URL (`https://…`, `s3://…`)
        names a packed archive that is read by ranges, where it lies.
        """
        if not isinstance(path, (str, os.PathLike)):
            return cls._open_in_package(path, read_only=read_only)
        if (url := url_of(path)) is not None:
            return cls._open_elsewhere(url, read_only=read_only)
        path = Path(path)
        with _paths_can_be_asked_for(path):
            packed = path.is_file()
            if packed and path.suffix == ".jsonl" and not _is_sqlite(path):
                raise ArchiveError(
                    f"{path} is not a gracetape archive, but a file of messages: gracetape replay plays it"
                )
            if not packed and path.is_dir():
                check(path / "archive.sqlite")
            if not packed and not (path / "archive.sqlite").is_file():
                from gracetape.archive.packaged import beside
                from gracetape.archive.sharing.head import NAME, pushed_there

                if (path / NAME).is_file():
                    raise ArchiveError(pushed_there(str(path)))
                what = f"there is nothing there{beside(path)}" if not path.exists() else "it holds no archive.sqlite"
                raise ArchiveError(f"{path} is not a gracetape archive: {what}")
        return cls(path, read_only=read_only, packed=packed)._opened()

    def _opened(self) -> Self:
        """Itself, after a look at whether it is what it should be; else it is closed."""
        try:
            if not self.read_only:
                self._tidy()
            version = self._checked()
            if version < schema.SCHEMA_VERSION:
                self._update()
            if not self.read_only:
                partials.sweep(self)  # by its rows
            self.connection.execute("SELECT 1 FROM captures LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            self.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise ArchiveError(
                    f"{self.path} is in use (somebody packs, checks or cleans it): try again later"
                ) from None
            raise ArchiveError(f"{self.path} is not a gracetape archive, or it is damaged: {error}") from None
        except OSError as error:
            self.close()
            raise ArchiveError(
                f"cannot copy {self.path}, whose schema is older, in order to read it: {error}"
            ) from None
        except GracetapeError:
            self.close()
            raise
        return self

    @classmethod
    def _open_in_package(cls, source: "Traversable", *, read_only: bool) -> Self:
        if not read_only:
            raise ArchiveError(f"{source} lies inside a package that is no folder: it can only be read")
        from gracetape.archive.packaged import copied, told_as

        path, folder = copied(source)
        try:
            with told_as(source, path):
                archive = cls.open(path)
        except GracetapeError:
            folder.close()
            raise
        archive._package = folder
        return archive

    @classmethod
    def _open_elsewhere(cls, url: str, *, read_only: bool) -> Self:
        """A packed archive that is read by ranges, where it lies."""
        if not read_only:
            raise ArchiveError(
                f"{target(url)} is read where it is, and cannot be written to: `gracetape archive pull` brings it"
            )
        from gracetape.archive.sharing.remote import RemoteConnections

        archive = cls(UrlPath(url), read_only=True, packed=True)
        archive._connections = RemoteConnections(url)
        return archive._opened()

    @classmethod
    def create(cls, path: str | Path, *, packed: bool = False) -> Self:
        """Make an empty archive at `path`, which must not exist yet (an empty folder may).

        Killed at any point, it leaves nothing there. Its mode is 0700 (0600 if packed), with $GRACETAPE_SHARED the umask's.
        """
        if (url := url_of(path)) is not None:
            raise ArchiveError(
                f"{target(url)} is no path of this machine: make the archive here, and `gracetape archive push` it there"
            )
        if not str(path).startswith(("/", ".")) and (seen := target(str(path))) != str(path):
            raise ArchiveError(f"{seen} is no path of an archive, but a URL that holds a secret: nothing was made")
        path = Path(path)
        try:
            with made(path, packed=packed):
                pass
        except (OSError, ValueError, sqlite3.Error) as error:  # ValueError: a NUL in a path
            raise ArchiveError(
                f"cannot make an archive at {path}: {getattr(error, 'strerror', None) or error}"
            ) from None
        return cls.open(path, read_only=False)

    @classmethod
    def at(cls, path: str | Path) -> Self:
        """Open for writing what is at `path`, or make a folder archive there; of several who do so at once, one makes it."""
        path = Path(path)
        with _paths_can_be_asked_for(path):
            there = is_archive(path)
        if not there:
            with suppress(AlreadyThere):  # by now: somebody else made it; or it is no archive, which `open` tells
                return cls.create(path)
        return cls.open(path, read_only=False)

    def _tidy(self) -> None:
        """Do what a killed writer was not able to: finish the making of an archive, remove what waited to be kept."""
        if schema.is_blank(self.connection):
            schema.migrate(self.connection)
        self.blobs.sweep()
        sweep(self.path.absolute().parent, MAKING)

    def _checked(self) -> int:
        """The schema version, by which the tables were compared, of one moment: others may bring an older archive up to date meanwhile."""
        connection = self.connection
        connection.execute("BEGIN")
        try:
            version = schema.check(connection, self.path)
            layout.check_layout(connection, version, self.path)
        finally:
            connection.rollback()
        return version

    def _update(self) -> None:
        """Bring an older archive to this code's schema: itself, or a copy of it if it may not be written to."""
        mended = "" if isinstance(self.path, UrlPath) else " (gracetape archive gc brings it up to date)"
        with progress(
            f"bringing {self.path.name} up to date"
            if not self.read_only
            else f"reading {self.path.name}, of an older form{mended}"
        ):
            if not self.read_only:
                schema.migrate(self.connection)
            else:
                self._connections.read_a_copy()
                self.connection  # noqa: B018  # makes it, while it is told how far that is

    def tidy(self) -> None:
        """Let SQLite bring in, or take back, what a writer left who was killed meanwhile: any reading does."""
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the database."""
        return self._connections.current

    def close(self) -> None:
        """Close every connection. Whoever reads on opens new ones, and has to close them again."""
        self._connections.close()
        if self._package is not None:
            self._package.close()
        if not self.read_only:
            self.blobs.close()

    @property
    def place(self) -> Path:
        """Where what is written lies."""
        return self.path

    @property
    def address(self) -> str:
        """What SQLite opens, for reading only, to read what this archive reads, as long as this is open."""
        return self._connections.address

    @property
    def opener(self) -> Opener:
        """What opens a database beside which this one is to be read (ATTACH `address`), as `sqlite3.connect` does."""
        return self._connections.opener

    def stamp(self) -> tuple[int, ...]:
        """What is another one once anybody has changed something; it is asked for before what it is to stand for is read."""
        return self._connections.stamp()

    def layer(self, capture: int) -> str:  # an archive has but one
        """The schema in which a connection has all rows of a capture: a scratch has its own and those of the tape."""
        return "main"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what is in it

    @contextmanager
    def reading(self, *, contents: bool = False) -> Iterator[Self]:
        """A block in which this thread reads the archive as it is at one moment, whoever writes to it meanwhile.

        With `contents`, nobody deletes files' contents in the meantime either: without it, `gc` may take those of captures
        that were removed since. Keep it short: whoever opens the archive for writing may have to wait for its end.
        """
        connection = self.connection
        if connection.in_transaction:  # inside such a block, or a transaction
            yield self
            return
        with self.blobs.held() if contents else nullcontext():
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT 1 FROM captures LIMIT 1").fetchone()  # the first read makes it this moment
                yield self
            finally:
                connection.rollback()

    def view(self, ref: str) -> StoredView:
        """The object as its tables are now."""
        return StoredView(self, self.capture(ref))

    def number(self, counter: str) -> int | None:
        """Where a named counter stands; None if it was never used."""
        return counters.number(self.connection, counter)

    def heard(self, name: str) -> int | None:
        """Until when (`until SOURCE`, microseconds since 1970) or up to where (`offset LOG`) was heard; None if it was not."""
        return counters.number(self.connection, name, counters.HEARD)

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

    def holds(self, entry: FileEntry) -> bool:
        """Whether the contents of a file are here, and what was kept; reads all of them."""
        if entry.sha256 is None:
            return False
        try:
            return is_sound(self.blobs, self.blob(entry.sha256))
        except NotFound:
            return False

    def lists(self, entry: FileEntry) -> bool:
        """Whether a row names the contents of a file; asked in a transaction, `gc` leaves them from then on."""
        return self.connection.execute("SELECT 1 FROM blobs WHERE sha256 = ?", (entry.sha256,)).fetchone() is not None

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
            raise ArchiveError(f"cannot write to {self.place}: {error}") from None
        except OSError as error:
            raise ArchiveError(f"cannot write to {self.place}: {error.strerror or error}") from None

    def __repr__(self) -> str:
        how = "packed" if self.packed else "a folder"
        return f"<Archive {self.path}, {how}{', read only' if self.read_only else ''}>"

    def _repr_html_(self) -> str:
        """As a notebook shows it: a row per capture."""
        rows = (
            (capture.ref, capture.category, capture.origin, capture.completed, capture.service)
            for capture in self.captures()
        )
        return html_table(("id", "category", "origin", "captured", "service"), rows)

    def size_on_disk(self) -> int:
        """Bytes that the archive takes on disk."""
        if self._connections.size is not None:
            return self._connections.size
        if self.packed:
            return self.path.stat().st_size
        size = 0
        for folder, _, names in os.walk(self.path):  # which passes over folders that other processes remove meanwhile
            for file in (Path(folder) / name for name in names):
                with suppress(FileNotFoundError):  # gc of another process may free it meanwhile
                    size += file.stat().st_size if file.is_file() else 0
        return size


class PassingArchive(Archive):
    """An archive that can be made again, or is thrown away: nothing waits for the disk."""

    durable = False


@contextmanager
def _paths_can_be_asked_for(path: Path) -> Iterator[None]:
    """What the system has against a path (too long, a folder that may not be looked into) as one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def is_archive(path: Path) -> bool:
    """Whether there is an archive, or a file that may be a packed one, at a path."""
    return path.is_file() or (path / "archive.sqlite").is_file()
