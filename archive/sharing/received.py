"""A shared tape's rows as an archive to read: its tables are put together in a temporary folder from pieces, each checked."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gracetape.archive import schema
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.sharing.at_once import at_once
from gracetape.archive.sharing.head import Head, piece_name, read_whole
from gracetape.archive.sharing.places import Place
from gracetape.archive.sharing.rows import LARGEST_PIECE, SHARED, rows_of, unpack
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError
from gracetape.progress import progress

#: How many pieces are held in memory: a stranger's may all be as long as they may.
_TOGETHER = 4


@contextmanager
def received(place: Place, head: Head, here: Mapping[str, Path] = {}) -> Iterator[Archive]:
    """An archive with the rows of a shared tape, and without contents of files. `here`: pieces that need not travel, packed."""
    with HeldFolder(None, COPIED) as folder:
        path = folder.path / "shared.tape"
        (path / "blobs").mkdir(parents=True)
        connection = sqlite3.connect(path / "archive.sqlite", isolation_level=None)
        try:
            _fill(connection, place, head, here)
        except sqlite3.Error as error:
            raise ArchiveError(f"{place.shown} is damaged: its rows do not fit together ({error})") from None
        finally:
            connection.close()
        with Archive.open(path) as archive:
            yield archive


def _fill(connection: sqlite3.Connection, place: Place, head: Head, here: Mapping[str, Path]) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    schema.make_quickly(connection)
    with progress("fetching records", sum(map(len, head.rows.values())), "pieces") as done:
        for name, pieces in head.rows.items():
            shared = SHARED[name]
            for piece in _pieces(place, pieces, here):
                connection.executemany(shared.insert, rows_of(piece, shared.width))
                done.advance()
    connection.execute("COMMIT")


def _pieces(place: Place, digests: tuple[str, ...], here: Mapping[str, Path]) -> Iterator[bytes]:
    """The pieces in order, some fetched at once."""

    def fetch(digest: str) -> bytes:
        file = here.get(digest)
        return file.read_bytes() if file is not None else read_whole(place, piece_name(digest), LARGEST_PIECE)

    for batch in at_once(lambda digest: unpack(fetch(digest), digest), digests, _TOGETHER):
        yield from batch
