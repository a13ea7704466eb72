"""The tables of an archive, made and changed by numbered migrations."""

import sqlite3
from collections.abc import Callable

from gracetape.archive import catalogues, counters, index, spans
from gracetape.errors import ArchiveError

#: What `PRAGMA application_id` says in every archive ("tape").
APPLICATION_ID = 0x74617065

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


def _tables(connection: sqlite3.Connection) -> None:
    for statement in _FIRST.split(";"):
        connection.execute(statement)


def _search(connection: sqlite3.Connection) -> None:
    index.make(connection)
    index.rebuild(connection, composed="c.origin = 'dummy'")


def _heard_and_writable(connection: sqlite3.Connection) -> None:
    """What was heard gets a table of its own; a column says which captures are written to, and not kept as they came."""
    counters.move_heard(connection)
    if not any(column[1] == "writable" for column in connection.execute("PRAGMA table_info(captures)")):
        connection.execute("ALTER TABLE captures ADD COLUMN writable INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE captures SET writable = 1 WHERE origin = 'dummy'")


#: The steps from one schema to the next, by the names under which an archive says that it has taken them.
STEPS: dict[str, Callable[[sqlite3.Connection], None]] = {
    "0001_tables": _tables,
    "0002_search": _search,
    "0003_catalogues": catalogues.make,
    "0004_heard_and_writable": _heard_and_writable,
    "0005_spans": spans.make,
}


#: What sqlite_utils writes down of them, and where.
MIGRATION_SET = "gracetape"
_WRITTEN_DOWN = (
    """CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
)""",
    """CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name")""",
)


def names(version: int) -> tuple[str, ...]:
    """The migrations that an archive of a schema version has taken."""
    return tuple(STEPS)[:version]


def make_like(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables and indexes of a schema version in an empty database, to compare with; who reads needs no sqlite_utils."""
    for statement in _WRITTEN_DOWN:
        connection.execute(statement)
    for name in names(version):
        STEPS[name](connection)


def make_quickly(connection: sqlite3.Connection) -> None:
    """Make an empty archive of an empty database: one that lasts no longer than its process needs no sqlite_utils."""
    make_like(connection, SCHEMA_VERSION)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


#: How many migrations this code knows; stored in `PRAGMA user_version`, and a greater number there is refused.
SCHEMA_VERSION = len(STEPS)


def is_blank(connection: sqlite3.Connection) -> bool:
    """Whether a database holds nothing at all: what was left where the making of an archive was killed."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (things,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not application and not things


def check(connection: sqlite3.Connection, path: object) -> int:
    """The schema version of an open database; ArchiveError if it is no archive or is newer than this code."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if is_blank(connection):
        raise ArchiveError(
            f"{path} is not a gracetape archive yet: its making was broken off; whatever writes to it next finishes it"
        )
    if application != APPLICATION_ID:
        raise ArchiveError(f"{path} is not a gracetape archive: it is some other SQLite file")
    if version < 1:
        raise ArchiveError(
            f"{path} has schema {version}, which no gracetape writes: it is damaged, or was never finished"
        )
    if version > SCHEMA_VERSION:
        raise ArchiveError(
            f"{path} has schema {version}, newer than this gracetape reads ({SCHEMA_VERSION}): install a newer gracetape"
        )
    return int(version)


def take_steps(connection: sqlite3.Connection) -> None:
    """Take the steps to the newest schema that a database, which nobody else has, has not taken and listed; it needs no sqlite_utils."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for name in tuple(STEPS)[version:]:
        STEPS[name](connection)
        applied = "INSERT OR IGNORE INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, datetime())"
        connection.execute(applied, (MIGRATION_SET, name))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate_older(connection: sqlite3.Connection) -> None:
    # Imported here: sqlite_utils pulls in numpy where that is installed, which takes as long as making an archive.
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(MIGRATION_SET)
    for name, step in STEPS.items():
        migrations(name=name)(lambda db, step=step: step(db.conn))
    migrations.apply(Database(connection))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open, writable database to the newest schema, all of it or nothing; whoever comes second finds it done."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_blank(connection):
            make_like(connection, 0)
            take_steps(connection)
        else:
            _migrate_older(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
