"""What an archive's database may hold: the very tables and indexes that the migrations make, and nothing that runs by itself.

Views, triggers and virtual tables could answer without end, or do something of their own when they are read. Plain tables beside
ours are let be: nothing reads them, and copies take them along.
"""

import re
import sqlite3
from functools import cache
from typing import NamedTuple

from gracetape.archive import recorded
from gracetape.archive.schema import APPLICATION_ID, SCHEMA_VERSION, make_like
from gracetape.errors import ArchiveError

_ALL = "SELECT type, name, tbl_name, sql FROM sqlite_master"
#: A table that dummies of an earlier version made for themselves; a migration takes it away.
_EARLIER = "CREATE TABLE gwtc (number TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL)"


class _Part(NamedTuple):
    type: str
    name: str
    table: str
    sql: str


class _Layout(NamedTuple):
    must: dict[str, _Part]
    may: dict[str, _Part]


def guard(connection: sqlite3.Connection) -> None:
    """Let SQLite believe nothing that a database says of how it is to be read."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def check_layout(connection: sqlite3.Connection, version: int, path: object) -> None:
    """ArchiveError if a database of a schema version has other tables, views or triggers than such archives have."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        return
    expected = _layout(version)
    found = _parts(connection)
    for part in found.values():
        known = expected.must.get(part.name) or expected.may.get(part.name)
        if (known is None and _is_plain_table(part, found)) or part == expected.may.get(part.name):
            continue
        if known != part:
            what = f"has another {part.type} {part.name!r} than gracetape makes" if known else (
                f"holds a {part.type} {part.name[:80]!r} that gracetape does not make")  # fmt: skip
            raise ArchiveError(f"{path} {what}: it is not read, since its answers could be anything")
    for name, part in expected.must.items():
        if part.type == "table" and name not in found:
            raise ArchiveError(f"{path} is damaged: it has no table {name}")


def _parts(connection: sqlite3.Connection) -> dict[str, _Part]:
    rows = connection.execute(_ALL).fetchall()
    parts = [_Part(str(kind), str(name), str(table), _plain(sql)) for kind, name, table, sql in rows]
    return {part.name: part for part in parts if not _own(part)}


def _is_plain_table(part: _Part, found: dict[str, _Part]) -> bool:
    """Whether it is a table that only holds rows, or an index of such a table."""
    if part.type == "index":
        of = found.get(part.table)
        return of is not None and of.type == "table" and _layout_has_no(of.name) and _is_plain_table(of, found)
    return (
        part.type == "table"
        and re.match(r"(?i)CREATE TABLE\b", part.sql) is not None
        and " GENERATED " not in part.sql.upper()
    )


def _layout_has_no(name: str) -> bool:
    newest = _layout(SCHEMA_VERSION)
    return name not in newest.must and name not in newest.may


def _own(part: _Part) -> bool:
    """Whether it is SQLite's own: indexes of keys, statistics."""
    return part.name.startswith("sqlite_") and part.type in ("table", "index")


def _plain(sql: object) -> str:
    return re.sub(r"\s+", " ", str(sql)).replace("IF NOT EXISTS ", "")


@cache
def _layout(version: int) -> _Layout:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        make_like(connection, version)
        must = _parts(connection)
        recorded.make_index(connection)
        connection.execute(_EARLIER)
        everything = _parts(connection)
    finally:
        connection.close()
    may = {name: part for name, part in everything.items() if name not in must}
    if version < SCHEMA_VERSION:  # a column or a table may be there before the version says so
        newest = _layout(SCHEMA_VERSION).must
        may |= {name: part for name, part in newest.items() if name == "captures" or part.table == "spans"}
    return _Layout(must, may)
