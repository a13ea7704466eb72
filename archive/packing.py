"""Turns a folder archive into one packed file and back, and frees what nothing uses."""

import os
import sqlite3
import tempfile
from pathlib import Path

from gracetape.archive import index
from gracetape.archive.recorded import make_index
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError


def convert(source: Archive, target: Path, *, packed: bool) -> None:
    """Write a whole copy of `source` at `target`, which appears only when it is whole; it must not exist."""
    if target.exists():
        raise ArchiveError(f"{target} exists already: name another path, or remove it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as folder:
        making = Path(folder) / "archive"
        try:
            with Archive.create(making, packed=packed) as copy:
                _copy(source, copy)
            if not packed:
                (making / "blobs" / "incoming").mkdir(parents=True, exist_ok=True)
                (making / "blobs" / "incoming").rmdir()
            os.rename(making, target)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"cannot write {target}: {error}") from None


_TABLES = (
    "captures",
    "records",
    "entries",
    "files",
    "blobs",
    "names",
    "places",
    "counters",
    "alerts",
    "catalogues",
    *index.NAMES,
)


def _copy(source: Archive, copy: Archive) -> None:
    connection = copy.connection
    connection.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        rows = source.connection.execute(f"SELECT * FROM {table}")
        marks = ", ".join("?" * len(rows.description))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    make_index(connection)
    for sha256 in sorted(row[0] for row in source.connection.execute("SELECT sha256 FROM blobs")):
        handle, name = tempfile.mkstemp(prefix="blob-", dir=copy.blobs.spool_folder())
        spool = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                for piece in source.blobs.stored(sha256):
                    stream.write(piece)
            copy.blobs.put(spool, sha256)
        finally:
            spool.unlink(missing_ok=True)
    connection.execute("COMMIT")
    connection.execute("VACUUM")


def collect(archive: Archive) -> tuple[int, int]:
    """Forget records and contents that nothing uses any more, and make anew what is derived; (how many, bytes on disk that this freed)."""
    before = archive.size_on_disk()
    with archive.transaction():
        run = archive.connection.execute
        index.rebuild(archive.connection)
        heard = "sha256 NOT IN (SELECT substr(payload, 1, 64) FROM alerts)"
        gone = run(f"DELETE FROM records WHERE id NOT IN (SELECT record FROM entries) AND {heard}").rowcount
        run("DELETE FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM files WHERE sha256 IS NOT NULL)")
        used = {row[0] for row in run("SELECT sha256 FROM blobs")}
        unused = archive.blobs.names() - used
        if archive.packed:
            for sha256 in unused:
                archive.blobs.remove(sha256)
    if not archive.packed:
        for sha256 in unused:  # only after the rows are gone for good
            archive.blobs.remove(sha256)
    archive.connection.execute("VACUUM")
    if not archive.packed:
        archive.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone + len(unused), max(0, before - archive.size_on_disk())
