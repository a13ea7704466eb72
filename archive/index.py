"""The tables that searches read: what a query can ask of each object, taken from its newest record and kept by every write.

All of it is derived: `rebuild` makes it again from the records.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from gracetape.archive.searchable import Subject, attributes, event_row, in_list, members, superevent_row, text_of
from gracetape.bounded_json import read_kept
from gracetape.errors import UsageError
from gracetape.ids import category_of

#: `seq` is the number of an object's first capture. Times are GPS seconds, `created` is POSIX seconds.
TABLES = """
    CREATE TABLE search_events (
        object TEXT PRIMARY KEY, seq INTEGER NOT NULL, hidden INTEGER NOT NULL, number INTEGER NOT NULL, created REAL,
        gpstime REAL, far REAL, group_name TEXT, pipeline TEXT, search TEXT, submitter TEXT, instruments TEXT,
        nevents INTEGER, likelihood REAL, superevent TEXT, offline INTEGER, replay_id TEXT) WITHOUT ROWID;
    CREATE INDEX search_events_in_order ON search_events (created, number);
    CREATE INDEX search_events_by_created ON search_events (hidden, created, number);
    CREATE INDEX search_events_by_gpstime ON search_events (hidden, gpstime);
    CREATE INDEX search_events_by_far ON search_events (hidden, far);
    CREATE INDEX search_events_by_group ON search_events (hidden, group_name);
    CREATE INDEX search_events_by_pipeline ON search_events (hidden, pipeline);
    CREATE INDEX search_events_by_search ON search_events (hidden, search);
    CREATE INDEX search_events_by_submitter ON search_events (hidden, submitter);
    CREATE INDEX search_events_by_instruments ON search_events (hidden, instruments);
    CREATE INDEX search_events_by_nevents ON search_events (hidden, nevents);
    CREATE INDEX search_events_by_likelihood ON search_events (hidden, likelihood);
    CREATE INDEX search_events_by_replay ON search_events (hidden, replay_id);
    CREATE INDEX search_events_by_superevent ON search_events (superevent);
    CREATE INDEX search_events_by_number ON search_events (number);
    CREATE TABLE search_superevents (
        object TEXT PRIMARY KEY, seq INTEGER NOT NULL, hidden INTEGER NOT NULL, composed INTEGER NOT NULL, day TEXT,
        gw_id TEXT, created REAL, t_start REAL, t_0 REAL, t_end REAL, preferred_event TEXT, preferred_number INTEGER,
        far REAL, submitter TEXT, is_exposed INTEGER NOT NULL, em_type TEXT, time_coinc_far REAL,
        space_coinc_far REAL) WITHOUT ROWID;
    CREATE INDEX search_superevents_in_order ON search_superevents (created, seq);
    CREATE INDEX search_superevents_by_created ON search_superevents (hidden, created, seq);
    CREATE INDEX search_superevents_by_start ON search_superevents (hidden, t_start);
    CREATE INDEX search_superevents_by_time ON search_superevents (hidden, t_0);
    CREATE INDEX search_superevents_by_end ON search_superevents (hidden, t_end);
    CREATE INDEX search_superevents_by_far ON search_superevents (hidden, far);
    CREATE INDEX search_superevents_by_submitter ON search_superevents (hidden, submitter);
    CREATE INDEX search_superevents_by_exposure ON search_superevents (hidden, is_exposed);
    CREATE INDEX search_superevents_by_gw_id ON search_superevents (gw_id);
    CREATE INDEX search_superevents_by_preferred ON search_superevents (preferred_event);
    CREATE INDEX search_superevents_by_number ON search_superevents (preferred_number);
    CREATE TABLE search_labels (
        label TEXT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (label, object)) WITHOUT ROWID;
    CREATE INDEX search_labels_of ON search_labels (object);
    CREATE TABLE search_members (
        number INTEGER NOT NULL, event TEXT NOT NULL, object TEXT NOT NULL,
        PRIMARY KEY (number, event, object)) WITHOUT ROWID;
    CREATE INDEX search_members_of ON search_members (object);
    CREATE TABLE search_attributes (
        name TEXT NOT NULL, value NOT NULL, object TEXT NOT NULL, line INTEGER NOT NULL,
        PRIMARY KEY (name, value, object, line)) WITHOUT ROWID;
    CREATE INDEX search_attributes_of ON search_attributes (object);
    CREATE TABLE search_words (kind TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (kind, word)) WITHOUT ROWID
"""
Row = tuple[Any, ...]
NAMES = tuple(re.findall(r"CREATE TABLE (\w+)", TABLES))


def make(connection: sqlite3.Connection) -> None:
    """Create the tables, empty."""
    for statement in TABLES.split(";"):
        connection.execute(statement)


def put(connection: sqlite3.Connection, subject: Subject) -> None:
    """Make the rows of an object anew."""
    row = event_row(subject) if subject.category == "event" else superevent_row(subject)
    if subject.composed and subject.category == "superevent":
        far = connection.execute("SELECT far FROM search_events WHERE object = ?", (row["preferred_event"],)).fetchone()
        row["far"] = far[0] if far else row["far"]
    table = f"search_{subject.category}s"
    marks = ", ".join("?" * len(row))
    insert = f"INSERT OR REPLACE INTO main.{table} ({', '.join(row)}) VALUES ({marks})"
    connection.execute(insert, tuple(row.values()))
    labels = [text_of(str(label)) or "" for label in in_list(subject.record.get("labels"))]
    _set(connection, "search_labels", "label, object", subject.object, [(label, subject.object) for label in labels])
    if subject.category == "event":
        _set(connection, "search_attributes", "name, value, object, line", subject.object, attributes(subject))
        _let_superevents_have(connection, row["far"], subject.object)
    else:
        _set(connection, "search_members", "number, event, object", subject.object, members(subject))
    words = [("label", label) for label in labels]
    words += [
        (kind, row[kind]) for kind in ("group_name", "pipeline", "search", "submitter", "instruments") if row.get(kind)
    ]
    connection.executemany("INSERT OR IGNORE INTO main.search_words VALUES (?, ?)", words)


def _let_superevents_have(connection: sqlite3.Connection, far: object, preferred: str) -> None:
    """Let the superevents that repeat an event's FAR have it. Rows are put anew, since those of a tape under a scratch stay."""
    query = "SELECT * FROM search_superevents WHERE preferred_event = ? AND composed AND far IS NOT ?"
    found = connection.execute(query, (preferred, far))
    columns = [column[0] for column in found.description]
    marks = ", ".join("?" * len(columns))
    rows = [[far if name == "far" else value for name, value in zip(columns, row, strict=True)] for row in found]
    connection.executemany(f"INSERT OR REPLACE INTO main.search_superevents VALUES ({marks})", rows)


def remove(connection: sqlite3.Connection, graceid: str) -> None:
    """Forget the rows of an object."""
    for table in NAMES:
        if table != "search_words":
            connection.execute(f"DELETE FROM main.{table} WHERE object = ?", (graceid,))


def rebuild(
    connection: sqlite3.Connection, target: sqlite3.Connection | None = None, *, composed: str = "c.writable"
) -> None:
    """Make all rows anew from the newest whole version of every object, in another database if one is given."""
    target = target or connection
    for table in NAMES:
        target.execute(f"DELETE FROM main.{table}")
    numbers = "SELECT max(id) FROM captures WHERE completed IS NOT NULL GROUP BY object ORDER BY category, id"
    for (number,) in connection.execute(numbers).fetchall():
        if (subject := stored(connection, number, composed)) is not None:
            put(target, subject)


def unlike(connection: sqlite3.Connection) -> list[str]:
    """The tables that do not hold what the records say."""
    fresh = sqlite3.connect(
        "", isolation_level=None
    )  # a passing one, which takes to the disk what memory has no room for
    try:
        fresh.execute("BEGIN")
        make(fresh)
        rebuild(connection, fresh)
        return [name for name in NAMES if not _like(name, _rows(connection, name), _rows(fresh, name))]
    finally:
        fresh.close()


def _like(table: str, rows: Iterator[Row], wanted: Iterator[Row]) -> bool:
    """Whether a table holds what it should, both in one order. Words stay when nothing has them any more."""
    if table == "search_words":
        return all(any(row == one for row in rows) for one in wanted)
    return all(row == one for row, one in zip_longest(rows, wanted))


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    key = sorted((row[5], row[1]) for row in connection.execute(f"PRAGMA table_info({table})") if row[5])
    return connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(name for _, name in key)}")


_STORED = """
    SELECT c.object, c.category, {composed}, r.json,
        EXISTS (SELECT 1 FROM {layer}.entries p JOIN {layer}.records q ON q.id = p.record WHERE p.capture = c.id
            AND p.kind = 'permission' AND json_valid(q.json) AND json_extract(q.json, '$.group') = 'public_users')
    FROM {layer}.captures c JOIN {layer}.entries e ON e.capture = c.id AND e.kind = 'object' AND e.key = ''
    JOIN {layer}.records r ON r.id = e.record WHERE c.id = ?
"""


def stored(
    connection: sqlite3.Connection, capture: int, composed: str = "c.writable", layer: str = "main"
) -> Subject | None:
    """An object as one of its versions has it; None if that has no record yet, or none that can be read.

    `composed` says in SQL which captures repeat other objects as these are now: those that are written to. `layer` is
    the one that the version lies in (`Archive.layer`).
    """
    row = connection.execute(_STORED.format(composed=composed, layer=layer), (capture,)).fetchone()
    if row is None:
        return None
    graceid, category, composed, text, exposed = row
    try:
        record = read_kept(text)
    except (ValueError, TypeError):  # damage, which `verify` tells of
        return None
    if not (isinstance(graceid, str) and category in ("event", "superevent") and _is_of(graceid, category)):
        return None
    (seq,) = connection.execute("SELECT min(id) FROM captures WHERE object = ?", (graceid,)).fetchone()
    return Subject(graceid, category, seq, bool(composed), record if isinstance(record, dict) else {}, bool(exposed))


def _is_of(graceid: str, category: str) -> bool:
    try:
        return category_of(graceid) == category
    except UsageError:
        return False


def _set(
    connection: sqlite3.Connection, table: str, columns: str, graceid: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Let a table hold exactly these rows of an object, writing only if it does not."""
    wanted = set(rows)
    if wanted != set(connection.execute(f"SELECT {columns} FROM {table} WHERE object = ?", (graceid,))):
        connection.execute(f"DELETE FROM main.{table} WHERE object = ?", (graceid,))
        marks = ", ".join("?" * len(columns.split(",")))
        connection.executemany(f"INSERT INTO main.{table} ({columns}) VALUES ({marks})", wanted)
