"""Checks an archive: re-hashes every record and blob, follows every reference, and names what is wrong."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator

from gracetape.archive import catalogues, digest, index, recorded
from gracetape.archive.blobs import plain
from gracetape.archive.store import Archive, Capture
from gracetape.errors import GracetapeError


def verify(archive: Archive) -> Iterator[str]:
    """What is wrong with an archive, one sentence each; nothing if it is sound. Reads everything."""
    try:
        yield from _database(archive)
        yield from _records(archive)
        yield from _references(archive)
        for capture in archive.captures(unfinished=True):
            yield from _capture(archive, capture)
        yield from recorded.faults(archive)
        yield from catalogues.faults(archive)
        yield from _blobs(archive)
        for table in index.unlike(archive.connection):
            yield f"{table}: what searches read does not say what the records say (`gracetape archive gc` makes it anew)"
    except sqlite3.DatabaseError as error:
        yield f"{archive.path}: the database cannot be read: {error}"


def _database(archive: Archive) -> Iterator[str]:
    for (message,) in archive.connection.execute("PRAGMA integrity_check"):
        if message != "ok":
            yield f"{archive.path}: the database is damaged: {' '.join(message.split())}"


def _records(archive: Archive) -> Iterator[str]:
    query = "SELECT id, sha256, CAST(json AS BLOB) FROM records"
    for number, sha256, text in archive.connection.execute(query):
        if hashlib.sha256(text or b"").hexdigest() != sha256:
            owners = archive.connection.execute(
                "SELECT c.object, e.kind, e.key FROM entries e JOIN captures c ON c.id = e.capture WHERE e.record = ?",
                (number,),
            ).fetchall()
            what = ", ".join(f"{kind} {key} of {graceid}".replace("  ", " ") for graceid, kind, key in owners)
            yield f"record {number} ({what or 'in use nowhere'}) has changed: its digest does not match"


_DANGLING = {
    "an entry of a capture that is not there": "SELECT e.kind || ' ' || e.key FROM entries e LEFT JOIN captures c "
    "ON c.id = e.capture WHERE c.id IS NULL",
    "a record that is not there": "SELECT e.kind || ' ' || e.key FROM entries e LEFT JOIN records r "
    "ON r.id = e.record WHERE r.id IS NULL",
    "a file of a capture that is not there": "SELECT f.name || ',' || f.version FROM files f LEFT JOIN captures c "
    "ON c.id = f.capture WHERE c.id IS NULL",
    "contents that are not listed": "SELECT f.name || ',' || f.version FROM files f LEFT JOIN blobs b "
    "ON b.sha256 = f.sha256 WHERE f.sha256 IS NOT NULL AND b.sha256 IS NULL",
    "contents of another size": "SELECT f.name || ',' || f.version FROM files f JOIN blobs b "
    "ON b.sha256 = f.sha256 WHERE b.size != f.size",
    "a name of an object that is not there": "SELECT name FROM names WHERE object NOT IN (SELECT object FROM captures)",
}


def _references(archive: Archive) -> Iterator[str]:
    for what, query in _DANGLING.items():
        for (name,) in archive.connection.execute(query):
            yield f"{name}: refers to {what}"


def _capture(archive: Archive, capture: Capture) -> Iterator[str]:
    from gracetape.archive.view import StoredView

    view = StoredView(archive, capture)
    marks = [digest.entry_mark(*item) for item in view.items()] + [digest.file_mark(f) for f in view.files()]
    if marks and digest.combine("", marks, []) != capture.digest:
        yield f"{capture.ref}: its list of records and files has changed since it was written"
    if digest.seal_of(capture) != capture.seal:
        yield f"{capture.ref}: what the archive says of this capture (service, times, notes) has changed"
    try:
        json.loads(capture.notes)
    except ValueError:
        yield f"{capture.ref}: its notes are not JSON"
    if capture.completed and view.one("object", "") is None:
        yield f"{capture.ref}: the object's own record is missing"


def _blobs(archive: Archive) -> Iterator[str]:
    for (sha256,) in archive.connection.execute("SELECT sha256 FROM blobs ORDER BY sha256").fetchall():
        owners = archive.connection.execute(
            "SELECT DISTINCT c.object || ' ' || f.name || ',' || f.version FROM files f "
            "JOIN captures c ON c.id = f.capture WHERE f.sha256 = ?",
            (sha256,),
        ).fetchall()
        what = ", ".join(name for (name,) in owners) or f"contents {sha256[:12]}… that no file uses"
        try:
            for _ in plain(archive.blobs, archive.blob(sha256)):
                pass
        except (GracetapeError, OSError) as error:
            yield f"{what}: {error}"
