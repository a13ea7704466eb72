"""A shared tape's rows as an archive to read: its tables are put together in a temporary folder from pieces, each checked."""

import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from gracetape.archive import schema
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.sharing.head import Head, piece_name, read_whole
from gracetape.archive.sharing.places import Place
from gracetape.archive.sharing.rows import LARGEST_PIECE, rows_of, shared_columns, unpack
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError
from gracetape.progress import progress

#: How many pieces are fetched at once.
AT_ONCE = 8


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
    schema.make_like(connection, head.schema)
    for name in schema.names(head.schema):
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, datetime())",
            (schema.MIGRATION_SET, name),
        )
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {head.schema}")
    columns = shared_columns(head.schema)
    with progress("fetching records", sum(map(len, head.tables.values())), "pieces") as done:
        for name, pieces in head.tables.items():
            marks = ", ".join("?" * len(columns[name]))
            insert = f"INSERT INTO {name} ({', '.join(columns[name])}) VALUES ({marks})"
            for piece in _pieces(place, pieces, here):
                connection.executemany(insert, rows_of(piece, len(columns[name])))
                done.advance()
    if head.schema < schema.SCHEMA_VERSION:
        schema.migrate_copy(connection)
    connection.execute("COMMIT")


def _pieces(place: Place, digests: tuple[str, ...], here: Mapping[str, Path]) -> Iterator[bytes]:
    """The pieces in order, some fetched at once."""

    def fetch(digest: str) -> bytes:
        file = here.get(digest)
        return file.read_bytes() if file is not None else read_whole(place, piece_name(digest), LARGEST_PIECE)

    waiting = iter(digests)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while batch := list(islice(waiting, AT_ONCE)):
            for digest, packed in zip(batch, pool.map(fetch, batch), strict=True):
                yield unpack(packed, digest)
