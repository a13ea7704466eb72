"""Catalogues (GWTC): how an archive keeps their versions, which are of no single object."""

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from gracetape.archive.encode import encode
from gracetape.archive.tables import Held, Tables
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError, GracetapeError

Record = dict[str, Any]

#: A row's `seal` is a digest of what it says, by which damage is seen.
TABLE = """
    CREATE TABLE catalogues (
        id INTEGER PRIMARY KEY, number TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL, seal TEXT NOT NULL,
        UNIQUE (number, version))
"""


def _seal(number: str, version: int, text: str) -> str:
    return hashlib.sha256(repr((number, version, text)).encode(errors="surrogatepass")).hexdigest()


def make(connection: sqlite3.Connection) -> None:
    """Create the table, and move there what dummies kept in a table of their own (`gwtc`) before."""
    connection.execute(TABLE)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gwtc'").fetchone():
        for number, version, text in connection.execute(
            "SELECT number, version, json FROM gwtc ORDER BY rowid"
        ).fetchall():
            _insert(connection, number, version, text)
        connection.execute("DROP TABLE gwtc")


def _insert(connection: sqlite3.Connection, number: str, version: int, text: str) -> None:
    row = (number, version, text, _seal(number, version, text))
    connection.execute("INSERT INTO main.catalogues (number, version, json, seal) VALUES (?, ?, ?, ?)", row)


def add_catalogue(tx: Held, record: Record) -> Record:
    """Keep a further version of the catalogue `record["number"]`; the record with its `version`, from 1."""
    connection = tx.archive.connection
    query = "SELECT coalesce(max(version), 0) + 1 FROM catalogues WHERE number = ?"
    (version,) = connection.execute(query, (record["number"],)).fetchone()
    kept = record | {"version": version}
    _insert(connection, record["number"], version, encode(kept))
    return kept


def catalogues_of(archive: Tables, number: str | None = None) -> list[Record]:
    """All versions of all catalogues, or of one, newest first; ArchiveError if one is damaged."""
    query = "SELECT number, version, json, seal FROM catalogues WHERE ? IS NULL OR number = ? ORDER BY id DESC"
    found = []
    for row in archive.connection.execute(query, (number, number)):
        if fault := _fault(*row):
            raise ArchiveError(f"{fault}: `gracetape archive verify` tells which")
        found.append(_record(*row[:3]))
    return found


def _record(number: str, version: int, text: str) -> Record:
    try:
        record = read_kept(text)
    except ValueError as error:
        raise ArchiveError(f"version {version} of the catalogue {number} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ArchiveError(f"version {version} of the catalogue {number} is not a JSON object")
    return record


def faults(archive: Tables) -> Iterator[str]:
    """What is wrong with the catalogues, one sentence each."""
    for row in archive.connection.execute("SELECT number, version, json, seal FROM catalogues ORDER BY id"):
        if fault := _fault(*row):
            yield fault
            continue
        try:
            _record(*row[:3])
        except GracetapeError as error:
            yield str(error)


def _fault(number: str, version: int, text: str, seal: str) -> str | None:
    if _seal(number, version, text) != seal:
        return f"version {version} of the catalogue {number} has changed: its digest does not match"
    return None
