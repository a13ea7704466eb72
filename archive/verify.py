"""Checks an archive: re-hashes every record and blob, follows every reference, and names what is wrong."""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator

from gracetape.archive import catalogues, counters, derived, digest, index, inside, kinds, recorded, schema, spans
from gracetape.archive.blob_places import OutOfReach
from gracetape.archive.blobs import plain
from gracetape.archive.store import Archive, Capture
from gracetape.archive.view import StoredView
from gracetape.errors import GracetapeError
from gracetape.progress import progress
from gracetape.times import record_time

#: What a damaged archive may make any check stumble over; each check on its own.
_STUMBLES = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
#: How many steps SQLite may take in all for each page of a database that is damaged: crafted pages can lead on for ever.
_STEPS_A_PAGE = 20_000
#: Characters of a sentence: names and ids may be of any length.
_LONGEST = 1500


def verify(archive: Archive) -> Iterator[str]:
    """What is wrong with an archive, one sentence each; nothing if it is sound. Reads everything, at one moment of it."""
    connection, said = archive.connection, set[str]()
    ours = not connection.in_transaction
    if ours:
        connection.execute("BEGIN")
    try:
        with progress("verifying", len(_CHECKS), "checks") as done:
            for check in _CHECKS:
                done.doing = check.__name__.strip("_")
                for told in _guarded(archive, check):
                    fault = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
                    if fault not in said:
                        said.add(fault)
                        yield fault
                done.advance()
    finally:
        connection.set_progress_handler(None, 0)
        if ours and connection.in_transaction:
            connection.execute("ROLLBACK")


def row_faults(archive: Archive) -> Iterator[str]:
    """As `verify`, of what records, captures and messages say alone: neither files' contents nor what is derived."""
    for check in _OF_ROWS:
        yield from (told[:_LONGEST] for told in _guarded(archive, check))


def _guarded(archive: Archive, check: Callable[[Archive], Iterator[str]]) -> Iterator[str]:
    try:
        yield from check(archive)
    except sqlite3.Error as error:
        yield f"{archive.path}: the database cannot be read: {error}"
    except GracetapeError as error:
        yield str(error)
    except _STUMBLES as error:
        what = " ".join(f"{type(error).__name__} {error}".split())
        yield f"{archive.path}: what is stored is not as gracetape stores it: {what:.200}"


def _database(archive: Archive) -> Iterator[str]:
    sound = True
    for (message,) in archive.connection.execute("PRAGMA integrity_check"):
        if message != "ok":
            if sound:
                _limit(archive.connection)
            sound = False
            yield f"{archive.path}: the database is damaged: {' '.join(message.split())}"


def _limit(connection: sqlite3.Connection) -> None:
    """Let what else is read of a damaged database come to an end."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    every = 100_000
    left = iter(range(100 + pages * _STEPS_A_PAGE // every))
    connection.set_progress_handler(lambda: next(left, None) is None, every)


def _places(archive: Archive) -> Iterator[str]:
    """Links, pipes and other things that are not opened."""
    if archive.packed:
        for end in inside.SIDE_FILES:
            if said := inside.fault(archive.path.with_name(archive.path.name + end)):
                yield said
    else:
        told = {
            sha256 for (sha256,) in archive.connection.execute("SELECT sha256 FROM blobs")
        }  # by `_blobs`, with owners
        yield from (said for path, said in inside.links(archive.path) if path.name not in told)


def _migrations(archive: Archive) -> Iterator[str]:
    applied = {row[0] for row in archive.connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (schema.MIGRATION_SET,))}  # fmt: skip
    if applied != set(schema.names(schema.SCHEMA_VERSION)):
        yield f"{archive.path}: which migrations made its tables is not what its schema says"


def _records(archive: Archive) -> Iterator[str]:
    changed = []
    for number, sha256, text in archive.connection.execute("SELECT id, sha256, CAST(json AS BLOB) FROM records"):
        if hashlib.sha256(text or b"").hexdigest() != sha256:
            changed.append(number)
    if not changed:
        return
    owners = defaultdict(list)
    query = "SELECT e.record, c.object, e.kind, e.key FROM entries e JOIN captures c ON c.id = e.capture"
    for number, graceid, kind, key in archive.connection.execute(query):
        owners[number].append(f"{kind} {key} of {graceid}".replace("  ", " "))
    for number in changed:
        what = ", ".join(owners.get(number, ())) or "in use nowhere"
        yield f"record {number} ({what}) has changed: its digest does not match"


def _shapes(archive: Archive) -> Iterator[str]:
    """Records that no server writes: of each kind what histories and answers rely on."""
    query = (
        "SELECT min(c.object), e.kind, e.key, r.json FROM entries e JOIN captures c ON c.id = e.capture "
        "JOIN records r ON r.id = e.record GROUP BY e.record, e.kind, e.key"
    )
    for graceid, kind, key, text in archive.connection.execute(query):
        try:
            record = kinds.read_record(text, kind, key, graceid)
            if (created := record.get("created")) is not None and kind in kinds.KINDS and kinds.KINDS[kind].created:
                record_time(created)
        except GracetapeError as error:
            yield str(error)
        except _STUMBLES:
            yield f"the record {kind} {key} of {graceid} is no text"


_DANGLING = {
    "a row whose values are of other types": "SELECT kind || ' ' || key FROM entries WHERE "
    "(typeof(kind), typeof(key), typeof(ord)) != ('text', 'text', 'integer') OR abs(ord) > 1000000000000000",
    "an entry of a capture that is not there": "SELECT e.kind || ' ' || e.key FROM entries e LEFT JOIN captures c "
    "ON c.id = e.capture WHERE c.id IS NULL",
    "a record that is not there": "SELECT e.kind || ' ' || e.key FROM entries e LEFT JOIN records r "
    "ON r.id = e.record WHERE r.id IS NULL",
    "a file of a capture that is not there": "SELECT f.name || ',' || f.version FROM files f LEFT JOIN captures c "
    "ON c.id = f.capture WHERE c.id IS NULL",
    "contents that are not listed": "SELECT f.name || ',' || f.version FROM files f LEFT JOIN blobs b "
    "ON b.sha256 = f.sha256 WHERE f.sha256 IS NOT NULL AND b.sha256 IS NULL",
    "contents of another size": "SELECT f.name || ',' || f.version FROM files f JOIN blobs b "
    "ON b.sha256 = f.sha256 WHERE b.size IS NOT f.size",
    "a name of an object that is not there": "SELECT name FROM names WHERE object NOT IN (SELECT object FROM captures)",
}


def _references(archive: Archive) -> Iterator[str]:
    for what, query in _DANGLING.items():
        for (name,) in archive.connection.execute(query):
            yield f"{name}: refers to {what}"


def _captures(archive: Archive) -> Iterator[str]:
    newest: dict[str, int] = {}
    for row in archive.connection.execute("SELECT * FROM captures ORDER BY id").fetchall():
        try:
            capture = Capture(*row)
            yield from _capture(archive, capture)
            if capture.version <= newest.get(capture.object, 0):
                yield f"{capture.ref}: it is not in its place among the captures of {capture.object}"
            newest[capture.object] = capture.version
        except GracetapeError as error:
            yield str(error)


def _capture(archive: Archive, capture: Capture) -> Iterator[str]:
    view = StoredView(archive, capture)
    marks = [digest.entry_mark(*item) for item in view.items()] + [digest.file_mark(f) for f in view.files()]
    if digest.combine("", marks, []) != digest.combine(capture.digest, [], []):
        yield f"{capture.ref}: its list of records and files has changed since it was written"
    if bool(capture.writable) != (
        capture.origin == "dummy"
    ):  # so far, what dummies make is written to, and nothing else
        yield f"{capture.ref}: whether it may be written to has changed"
    if digest.seal_of(capture) != capture.seal:
        yield f"{capture.ref}: what the archive says of this capture (service, times, notes) has changed"
    try:
        capture.noted()
    except GracetapeError as error:
        yield str(error)
    if capture.completed and view.text("object", "") is None:
        yield f"{capture.ref}: the object's own record is missing"


def _blobs(archive: Archive) -> Iterator[str]:
    broken: dict[str, str] = {}
    away = ""
    (size,) = archive.connection.execute("SELECT total(size) FROM blobs").fetchone()
    with progress("verifying contents", size, "bytes") as done:
        for row in archive.connection.execute("SELECT sha256 FROM blobs ORDER BY sha256").fetchall():
            try:
                for piece in plain(archive.blobs, archive.blob(row[0])):
                    done.advance(len(piece))
            except OutOfReach as error:  # as it would be for all that come after it
                away = f"not all contents were looked at: {error}"
                break
            except (GracetapeError, OSError) as error:
                broken[row[0]] = str(error)
    if away:
        yield away
    if not broken:
        return
    owners = defaultdict(list)
    query = (
        "SELECT DISTINCT f.sha256, c.object || ' ' || f.name || ',' || f.version FROM files f "
        "JOIN captures c ON c.id = f.capture WHERE f.sha256 IS NOT NULL"
    )
    for sha256, name in archive.connection.execute(query):
        owners[sha256].append(str(name))
    for sha256, said in broken.items():
        what = ", ".join(owners.get(sha256, ())) or f"contents {sha256!s:.12}… that no file uses"
        yield f"{what}: {said}"


def _derived(archive: Archive) -> Iterator[str]:
    yield from derived.faults(archive.connection)
    yield from spans.faults(archive.connection)
    yield from counters.faults(archive.connection)
    for table in index.unlike(archive.connection):
        yield f"{table}: what searches read does not say what the records say (`gracetape archive gc` makes it anew)"


_CHECKS: tuple[Callable[[Archive], Iterator[str]], ...] = (
    _database, _places, _migrations, _records, _references, _captures, _shapes, recorded.faults, catalogues.faults, _blobs,
    _derived,
)  # fmt: skip
#: Those that look at rows alone, of the tables from which everything else follows.
_OF_ROWS = (_records, _references, _captures, _shapes, recorded.faults, catalogues.faults)
