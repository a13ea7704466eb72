"""Turns a folder archive into one packed file and back, and frees what nothing uses."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from gracetape.archive import counters, derived, index, modes, owners, partials, spans
from gracetape.archive.blobs import Blob, unpacked
from gracetape.archive.held_folders import COPIED, SPOOLED, sweep
from gracetape.archive.making import made
from gracetape.archive.store import Archive, PassingArchive
from gracetape.archive.urls import url_of
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.progress import Progress, progress
from gracetape.shown import identity

#: Tables that are not copied row by row: contents, which lie elsewhere in a folder, what is derived, and what `create` writes.
_NOT_COPIED = frozenset({"chunks", "_sqlite_migrations", *index.NAMES})


def convert(source: Archive, target: Path, *, packed: bool) -> None:
    """Write a whole copy of `source`, as it is at one moment, at `target`, which appears only when it is whole.

    Raises ArchiveError if something is there already, or if contents are damaged or missing: what is copied is sound.
    """
    if target.exists():
        raise ArchiveError(f"{target} exists already: name another path, or remove it first")
    try:
        with (
            progress("packing" if packed else "unpacking", _bytes_in(source), "bytes") as done,
            source.blobs.held(),
            made(target, packed=packed, mode=None if url_of(source.path) else modes.mode_of(source.path)) as making,
            PassingArchive(making, read_only=False, packed=packed) as copy,
        ):
            _copy(source, copy, done)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"cannot write {target}: {error}") from None


def _copy(source: Archive, copy: Archive, done: Progress) -> None:
    connection = copy.connection
    connection.execute("PRAGMA journal_mode = DELETE")  # all of it is brought to disk at once, when it is whole
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    with ExitStack() as stack:
        stack.enter_context(source.reading())
        for name, statement in _tables(source.connection):
            if name not in _NOT_COPIED:
                _copy_table(source.connection, connection, name, statement)
        _hide_secrets(connection)
        index.rebuild(connection)
        if not source.packed:  # files stay as they are while they are held, and writers need not wait
            stack.close()
        for blob in [Blob(*row) for row in connection.execute("SELECT * FROM blobs ORDER BY sha256")]:
            _copy_contents(source, copy, blob)
            done.advance(blob.size)
    connection.execute("COMMIT")
    connection.execute("VACUUM")


def _bytes_in(archive: Archive) -> float:
    """The size of all contents."""
    return float(archive.connection.execute("SELECT total(size) FROM blobs").fetchone()[0])


def _hide_secrets(connection: sqlite3.Connection) -> None:
    """Earlier recorders named their source as it was given, a program's arguments and all: such do not travel."""
    begin = "until "
    for (name,) in connection.execute("SELECT name FROM heard WHERE name LIKE ? || '%'", (begin,)).fetchall():
        new = begin + identity(name.removeprefix(begin))
        if new != name and (last := counters.number(connection, name, counters.HEARD)) is not None:
            counters.forget(connection, name, counters.HEARD)
            counters.put(connection, new, last, counters.HEARD)


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The name of each table of an archive, and how it is made."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' ORDER BY rowid"
    return [(name, sql) for name, sql in connection.execute(query).fetchall() if not name.startswith("sqlite_")]


def _copy_table(source: sqlite3.Connection, copy: sqlite3.Connection, name: str, statement: str) -> None:
    """Copy a table, made first if the schema does not have it, with its indexes: rooms may add tables of their own."""
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is None:
        copy.execute(statement)
    rows = source.execute(f"SELECT * FROM {_quoted(name)}")
    columns = [column[0] for column in rows.description]
    marks = ", ".join("?" * len(columns))
    copy.executemany(f"INSERT INTO {_quoted(name)} ({', '.join(map(_quoted, columns))}) VALUES ({marks})", rows)
    indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    for index_name, sql in source.execute(indexes, (name,)).fetchall():
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (index_name,)).fetchone() is None:
            copy.execute(sql)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _copy_contents(source: Archive, copy: Archive, blob: Blob) -> None:
    """Copy the stored bytes of a blob and check them on the way; what no file uses and is damaged stays behind."""
    spool = copy.blobs.spool_folder() / "blob"
    try:
        with spool.open("wb") as stream:

            def stored() -> Iterator[bytes]:
                for piece in _read(source, blob):
                    stream.write(piece)
                    yield piece

            for _ in unpacked(stored(), blob):
                pass
    except GracetapeError as error:
        users = users_of(copy, blob.sha256)
        if users:
            raise ArchiveError(
                f"{', '.join(users)}: {error}; nothing was written (`gracetape archive verify` tells all)"
            ) from None
        copy.connection.execute("DELETE FROM blobs WHERE sha256 = ?", (blob.sha256,))
    else:
        copy.blobs.put(spool, blob.sha256)
    finally:
        spool.unlink(missing_ok=True)


def _read(source: Archive, blob: Blob) -> Iterator[bytes]:
    try:
        yield from source.blobs.stored(blob.sha256)
    except OSError as error:
        raise ArchiveError(f"the contents {blob.sha256[:12]}… cannot be read: {error.strerror}") from None


def users_of(archive: Archive, sha256: str) -> list[str]:
    """The files that have these contents, as `G1234 skymap.fits,0`."""
    query = (
        "SELECT DISTINCT c.object || ' ' || f.name || ',' || f.version FROM files f "
        "JOIN captures c ON c.id = f.capture WHERE f.sha256 = ?"
    )
    return [name for (name,) in archive.connection.execute(query, (sha256,))]


def collect(archive: Archive) -> tuple[int, int]:
    """Forget records and contents that nothing uses any more, and make anew what is derived; (how many, bytes on disk that this freed).

    Rows go first, for good; then contents that no row names, while the archive is held for writing: whoever stores the same
    contents does so before, and they are used, or after, and puts them there again. Killed in between, contents that no row
    names are left, which the next one takes.
    """
    with progress("cleaning"):
        return _collect(archive)


def _collect(archive: Archive) -> tuple[int, int]:
    before = archive.size_on_disk()
    archive.blobs.sweep()
    partials.sweep(archive)
    owners.sweep(archive)
    for prefix in (SPOOLED, COPIED):
        sweep(None, prefix)
    run = archive.connection.execute
    run("PRAGMA synchronous = FULL")  # a row that came back after a power cut would name what is gone
    with archive.blobs.alone():
        with archive.transaction():
            derived.rebuild(archive.connection)
            spans.rebuild(archive.connection)
            index.rebuild(archive.connection)
            heard = "sha256 NOT IN (SELECT substr(payload, 1, 64) FROM alerts)"
            gone = run(f"DELETE FROM records WHERE id NOT IN (SELECT record FROM entries) AND {heard}").rowcount
            run("DELETE FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM files WHERE sha256 IS NOT NULL)")
        with archive.transaction():
            unused = archive.blobs.names() - {row[0] for row in run("SELECT sha256 FROM blobs")}
            for sha256 in unused:
                archive.blobs.remove(sha256)
    try:
        run("VACUUM")
        if not archive.packed:
            run("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise ArchiveError(f"cannot give the space that is free in {archive.path} back: {error}") from None
    return gone + len(unused), max(0, before - archive.size_on_disk())
