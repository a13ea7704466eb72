"""The tables of an archive, made and changed by numbered migrations."""

import sqlite3

import sqlite_utils
from sqlite_utils.migrations import Migrations

from gracetape.archive import catalogues, index
from gracetape.errors import ArchiveError

#: What `PRAGMA application_id` says in every archive ("tape").
APPLICATION_ID = 0x74617065

migrations = Migrations("gracetape")


_FIRST = """
        CREATE TABLE captures (
            id INTEGER PRIMARY KEY, object TEXT NOT NULL, version INTEGER NOT NULL, category TEXT NOT NULL,
            service TEXT NOT NULL, origin TEXT NOT NULL, tool TEXT NOT NULL, started TEXT NOT NULL,
            completed TEXT, notes TEXT NOT NULL DEFAULT '{}', digest TEXT NOT NULL DEFAULT '',
            seal TEXT NOT NULL DEFAULT '', UNIQUE (object, version));
        CREATE TABLE records (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, json TEXT NOT NULL);
        CREATE TABLE entries (
            capture INTEGER NOT NULL REFERENCES captures (id), kind TEXT NOT NULL, key TEXT NOT NULL, ord INTEGER NOT NULL,
            record INTEGER NOT NULL REFERENCES records (id), PRIMARY KEY (capture, kind, key)) WITHOUT ROWID;
        CREATE INDEX entries_in_order ON entries (capture, kind, ord);
        CREATE TABLE files (
            capture INTEGER NOT NULL REFERENCES captures (id), name TEXT NOT NULL, version INTEGER NOT NULL,
            sha256 TEXT REFERENCES blobs (sha256), size INTEGER, absent TEXT, PRIMARY KEY (capture, name, version)) WITHOUT ROWID;
        CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, encoding TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE chunks (sha256 TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (sha256, part));
        CREATE TABLE names (name TEXT PRIMARY KEY, object TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE places (object TEXT PRIMARY KEY, category TEXT NOT NULL, gps REAL NOT NULL) WITHOUT ROWID;
        CREATE INDEX places_by_time ON places (category, gps);
        CREATE TABLE counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY, object TEXT NOT NULL, arrived TEXT NOT NULL, node TEXT NOT NULL, payload TEXT NOT NULL)
"""


@migrations(name="0001_tables")
def _tables(db: sqlite_utils.Database) -> None:
    for statement in _FIRST.split(";"):
        db.execute(statement)


@migrations(name="0002_search")
def _search(db: sqlite_utils.Database) -> None:
    index.make(db.conn)
    index.rebuild(db.conn)


@migrations(name="0003_catalogues")
def _catalogues(db: sqlite_utils.Database) -> None:
    catalogues.make(db.conn)


#: How many migrations this code knows; stored in `PRAGMA user_version`, and a greater number there is refused.
SCHEMA_VERSION = 3


def check(connection: sqlite3.Connection, path: object) -> int:
    """The schema version of an open database; ArchiveError if it is no archive or is newer than this code."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise ArchiveError(f"{path} is not a gracetape archive: it is some other SQLite file")
    if version > SCHEMA_VERSION:
        raise ArchiveError(
            f"{path} has schema {version}, newer than this gracetape reads ({SCHEMA_VERSION}): install a newer gracetape"
        )
    return int(version)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open, writable database to the newest schema, all of it or nothing; whoever comes second finds it done."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(sqlite_utils.Database(connection))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
