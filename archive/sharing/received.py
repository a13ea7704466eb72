"""A shared tape's rows as an archive to read: its tables are put together in a temporary folder from pieces, each checked."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gracetape.archive import schema
from gracetape.archive.blobs import full_disk
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.sharing.at_once import at_once, go_on
from gracetape.archive.sharing.head import Head, piece_name, pieces_below
from gracetape.archive.sharing.places import Place
from gracetape.archive.sharing.rows import LARGEST_PIECE, SHARED, rows_of, unpack
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError
from gracetape.progress import progress

#: What SQLite says where it is not the rows that are to blame.
_OURS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


@contextmanager
def received(place: Place, head: Head, here: Mapping[str, Path] = {}) -> Iterator[Archive]:
    """An archive with the rows of a shared tape, and without contents of files. `here`: pieces that need not travel, packed."""
    with HeldFolder(None, COPIED) as folder:
        path = folder.path / "shared.tape"
        (path / "blobs").mkdir(parents=True)
        connection = sqlite3.connect(path / "archive.sqlite", isolation_level=None)
        try:
            _fill(connection, place, head, here, folder.path)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OURS:
                raise ArchiveError(
                    f"cannot write to the folder for temporary files ({tempfile.gettempdir()}; TMPDIR names another): {error}"
                ) from None
            raise ArchiveError(f"{place.shown} is damaged: its rows do not fit together ({error})") from None
        finally:
            connection.close()
        with Archive.open(path) as archive:
            yield archive


def _fill(connection: sqlite3.Connection, place: Place, head: Head, here: Mapping[str, Path], folder: Path) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    schema.make_quickly(connection)
    with progress("fetching records", sum(map(len, head.rows.values())), "pieces") as done:
        for name, pieces in head.rows.items():
            shared = SHARED[name]
            for piece in _pieces(place, pieces, here, folder):
                connection.executemany(shared.insert, rows_of(piece, shared.width))
                done.advance()
    connection.execute("COMMIT")


def _pieces(place: Place, digests: tuple[str, ...], here: Mapping[str, Path], folder: Path) -> Iterator[bytes]:
    """The pieces in order, some fetched at once; one is in memory at a time, since a stranger's may all be as long as they may."""

    def fetch(digest: str) -> Path:
        return here.get(digest) or _fetched(place, digest, folder / digest)

    names = iter(digests)
    for batch in at_once(fetch, digests):
        for file, digest in zip(batch, names, strict=False):
            yield unpack(file.read_bytes(), digest)
            if digest not in here:
                file.unlink()


def _fetched(place: Place, digest: str, file: Path) -> Path:
    """A piece as it lies at a place, in a file."""
    with full_disk(file.parent), file.open("wb") as stream:
        for piece in pieces_below(place, piece_name(digest), LARGEST_PIECE):
            go_on()
            stream.write(piece)
    return file
