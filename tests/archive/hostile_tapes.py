"""A corpus of tapes as strangers may send them: each a sound tape with something in it that nobody would expect."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gracetape.archive.digest import combine, entry_mark, seal_of

Change = Callable[[sqlite3.Connection], object]

S, T = "TS101020a", "T1"
DEEP = 100_000
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"


def reseal(db: sqlite3.Connection) -> None:
    """Make the digests right, as somebody would who means harm."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE type = 'view'").fetchone():
        return  # it could be without end
    for number, _version in db.execute("SELECT id, version FROM captures").fetchall():
        items = db.execute(
            "SELECT e.kind, e.key, e.ord, r.sha256 FROM entries e JOIN records r ON r.id = e.record WHERE capture = ?", (number,)
        ).fetchall()  # fmt: skip
        rows = db.execute(
            "SELECT name, version, sha256, size, absent FROM files WHERE capture = ?", (number,)
        ).fetchall()
        marks = [entry_mark(*item) for item in items]
        marks += [_file_mark(row) for row in rows]
        names = "object, version, category, service, origin, tool, started, completed, notes"
        values = db.execute(f"SELECT {names} FROM captures WHERE id = ?", (number,)).fetchone()
        seal = seal_of(SimpleNamespace(**dict(zip(names.split(", "), values, strict=True))))  # type: ignore[arg-type]
        db.execute("UPDATE captures SET digest = ?, seal = ? WHERE id = ?", (combine("", marks, []), seal, number))


def _file_mark(row: tuple[Any, ...]) -> int:
    from gracetape.archive.digest import _mark

    return _mark("file", *row)


def record(kind: str, text: object, key: str | None = None, graceid: str = S) -> Change:
    """Put another text in the place of the records of a kind."""

    def change(db: sqlite3.Connection) -> None:
        said = text if isinstance(text, str | bytes) else json.dumps(text)
        raw = said.encode("utf-8", "surrogatepass") if isinstance(said, str) else said
        sha256 = hashlib.sha256(raw).hexdigest()
        db.execute("INSERT OR IGNORE INTO records (sha256, json) VALUES (?, CAST(? AS TEXT))", (sha256, raw))
        db.execute(
            "UPDATE entries SET record = (SELECT id FROM records WHERE sha256 = ?) WHERE kind = ? AND (? IS NULL OR key = ?) "
            "AND capture IN (SELECT id FROM captures WHERE object = ?)",
            (sha256, kind, key, key, graceid),
        )

    return change


def changed(kind: str, key: str, owner: str = S, /, **fields: Any) -> Change:
    """Put other fields into one record."""

    def change(db: sqlite3.Connection) -> None:
        (text,) = db.execute(
            "SELECT r.json FROM entries e JOIN records r ON r.id = e.record JOIN captures c ON c.id = e.capture "
            "WHERE c.object = ? AND e.kind = ? AND e.key = ?", (owner, kind, key),
        ).fetchone()  # fmt: skip
        record(kind, json.loads(text) | fields, key, owner)(db)

    return change


def sql(*statements: str) -> Change:
    """Run statements, the schema writable."""

    def change(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)

    return change


def replaced(table: str, columns: str, query: str) -> Change:
    """A view in the place of a table."""
    return sql(f"ALTER TABLE {table} RENAME TO old_{table}", f"CREATE VIEW {table} ({columns}) AS {query}")


_CAPTURES = "id, object, version, category, service, origin, tool, started, completed, notes, digest, seal"
_ROW = "'T' || x, 1, 'event', 'https://a/', 'capture', 'x', 'x', 'x', '{}', '', '' FROM n"
_VALUES: dict[str, Any] = {
    "number": 7, "list": [], "text": "x", "null": None, "true": True, "huge": 10**400, "negative": -5, "nested": {"a": [[]]},
    "float": 1e308, "empty": "", "surrogate": "\ud800", "list of lists": [[1], {}], "words": ["x", "\x1b[2J"], "nul": "a\0b",
}  # fmt: skip
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("object", ""): (
        "created", "superevent_id", "preferred_event", "gw_events", "em_events", "labels", "links", "t_0", "category",
        "preferred_event_data", "pipeline_preferred_events", "gw_id", "far",
    ),
    ("log", "2"): ("N", "created", "comment", "filename", "file_version", "tag_names", "issuer"),
}  # fmt: skip


def wrong_fields() -> dict[str, Change]:
    """Every field that answers rely on, with every sort of value that it should not have."""
    found = {}
    for (kind, key), fields in _FIELDS.items():
        for field in fields:
            for name, value in _VALUES.items():
                found[f"{kind} {field} {name}"] = changed(kind, key, **{field: value})
    for field in ("created", "graceid", "gpstime", "superevent", "superevent_neighbours", "labels", "extra_attributes", "group",
                  "pipeline", "search"):  # fmt: skip
        for name, value in _VALUES.items():
            found[f"event {field} {name}"] = changed("object", "", T, **{field: value})
    return found


def corpus() -> dict[str, Change]:
    """Names of what is wrong, and how it is made so. What is in records comes with right digests."""
    deep, digits = "[" * DEEP + "]" * DEEP, "9" * 10_000
    found: dict[str, Change] = {
        "endless captures": replaced("captures", _CAPTURES, f"{ENDLESS} SELECT x, {_ROW}"),
        "endless records": replaced("records", "id, sha256, json", f"{ENDLESS} SELECT x, '', '{{}}' FROM n"),
        "endless entries": replaced("entries", "capture, kind, key, ord, record", f"{ENDLESS} SELECT 1, 'log', x, x, 1 FROM n"),
        "endless files": replaced("files", "capture, name, version, sha256, size, absent",
                                  f"{ENDLESS} SELECT 1, 'x', x, NULL, NULL, 'x' FROM n"),
        "endless names": replaced("names", "name, object", f"{ENDLESS} SELECT 'T' || x, 'T1' FROM n"),
        "endless alerts": replaced("alerts", "id, object, arrived, node, payload", f"{ENDLESS} SELECT x, 'T1', '', '', '' FROM n"),
        "endless search": replaced("search_labels", "label, object", f"{ENDLESS} SELECT 'INJ', 'T' || x FROM n"),
        "endless events": replaced("search_events", "object", f"{ENDLESS} SELECT 'T' || x FROM n"),
        "endless chunks": replaced("chunks", "sha256, part, data", f"{ENDLESS} SELECT 'x', x, x'00' FROM n"),
        "endless catalogues": replaced("catalogues", "id, number, version, json, seal", f"{ENDLESS} SELECT x, '', x, '', '' FROM n"),
        "endless migrations": replaced("_sqlite_migrations", "id, migration_set, name, applied_at",
                                       f"{ENDLESS} SELECT x, 'gracetape', 'x', 'x' FROM n"),
        "a view beside": sql(f"CREATE VIEW more AS {ENDLESS} SELECT x FROM n"),
        "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON captures BEGIN DELETE FROM records; END"),
        "a trigger on counters": sql(f"CREATE TRIGGER t AFTER UPDATE ON counters BEGIN INSERT INTO names {ENDLESS} SELECT x, x FROM n; END"),
        "a table beside": sql("CREATE TABLE more (x)"),
        "a virtual table": sql("CREATE VIRTUAL TABLE more USING fts5(x)"),
        "an index on an expression": sql("CREATE INDEX more ON names (upper(name))"),
        "a generated column": sql("ALTER TABLE names ADD COLUMN big AS (hex(zeroblob(900000000)))"),
        "another column": sql("ALTER TABLE captures ADD COLUMN more TEXT"),
        "no captures table": sql("DROP TABLE captures"),
        "no files table": sql("DROP TABLE files"),
        "no search table": sql("DROP TABLE search_events"),
        "no alerts table": sql("DROP TABLE alerts"),
        "no tables": sql("DELETE FROM sqlite_master"),
        "broken schema": sql("UPDATE sqlite_master SET sql = 'CREATE TABLE names (' WHERE name = 'names'"),
        "tables share pages": sql("UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'places') "
                                  "WHERE name = 'names'"),
        "root page elsewhere": sql("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'entries'"),
        "schema negative": sql("PRAGMA user_version = -3"),
        "schema 0": sql("PRAGMA user_version = 0"),
        "schema 1 of newer tables": sql("PRAGMA user_version = 1"),
        "schema 2 of newer tables": sql("PRAGMA user_version = 2"),
        "schema of the future": sql("PRAGMA user_version = 2000000000"),
        "another application": sql("PRAGMA application_id = 1"),
        "UTF-16": sql("PRAGMA user_version = 3"),
        "other pages": sql("PRAGMA page_size = 512", "VACUUM"),
        "large pages": sql("PRAGMA page_size = 65536", "VACUUM"),
        "names lead elsewhere": sql("UPDATE names SET object = 'T2' WHERE name = 'T1'"),
        "names lead to nothing": sql("UPDATE names SET object = 'T99999'"),
        "names are blobs": sql("UPDATE names SET object = x'ff00' WHERE name = 'T1'"),
        "no names": sql("DELETE FROM names"),
        "places are texts": sql("UPDATE places SET gps = 'soon', category = 'x'"),
        "places far away": sql("UPDATE places SET gps = 9e999"),
        "counters are texts": sql("INSERT INTO counters VALUES ('event', 'many'), ('superevents like S220609a', 'x')"),
        "counters end": sql("INSERT INTO counters VALUES ('event', 9223372036854775807)"),
        "counters are blobs": sql("INSERT INTO counters VALUES (x'ff', x'ff')"),
        "ids of huge numbers": sql(f"UPDATE captures SET object = 'T{digits}' WHERE object = 'T1'"),
        "ids of nothing": sql("UPDATE captures SET object = '../../etc' WHERE object = 'T1'"),
        "ids of other kinds": sql("UPDATE captures SET object = 'S220609zz' WHERE object = 'T1'"),
        "ids are blobs": sql("UPDATE captures SET object = x'00ff' WHERE object = 'T1'"),
        "texts that are none": sql("UPDATE captures SET object = CAST(x'ff54fe' AS TEXT) WHERE object = 'T1'"),
        "services that are none": sql("UPDATE captures SET service = CAST(x'ff54fe' AS TEXT)"),
        "versions negative": sql("UPDATE captures SET version = -1"),
        "versions huge": sql("UPDATE captures SET version = 9223372036854775807"),
        "versions are texts": sql("UPDATE captures SET version = 'first'"),
        "categories unknown": sql("UPDATE captures SET category = 'star'"),
        "categories swapped": sql("UPDATE captures SET category = 'event' WHERE object = 'TS101020a'"),
        "origin dummy": sql("UPDATE captures SET origin = 'dummy'"),
        "unfinished": sql("UPDATE captures SET completed = NULL"),
        "notes not JSON": sql("UPDATE captures SET notes = '{'"),
        "notes a list": sql("UPDATE captures SET notes = '[1]'"),
        "notes deep": sql(f"UPDATE captures SET notes = '{deep}'"),
        "notes surrogate": sql("UPDATE captures SET notes = '{\"a\": \"\\ud800\", \"b\": 1}'"),
        "files with paths": sql("UPDATE files SET name = '../../../tmp/' || name"),
        "files with controls": sql("UPDATE files SET name = name || char(27) || '[2J' || char(10)"),
        "files nameless": sql("UPDATE files SET name = '' WHERE version = 0 AND capture = 2 AND name = 'cbc-lm.xml'"),
        "files are blobs": sql("UPDATE files SET name = CAST(name AS BLOB)"),
        "file versions negative": sql("UPDATE files SET version = -version - 1"),
        "file versions huge": sql("UPDATE files SET version = 9223372036854775807 WHERE name = 'cbc-lm.xml'"),
        "file versions texts": sql("UPDATE files SET version = 'x' || version"),
        "file sizes texts": sql("UPDATE files SET size = 'x'"),
        "file sizes huge": sql("UPDATE files SET size = 9223372036854775807"),
        "file digests paths": sql("UPDATE files SET sha256 = '../../x'"),
        "no contents": sql("DELETE FROM blobs"),
        "blob sizes huge": sql("UPDATE blobs SET size = 9223372036854775807"),
        "blob sizes negative": sql("UPDATE blobs SET size = -1"),
        "blob sizes texts": sql("UPDATE blobs SET size = 'x'"),
        "blob encodings": sql("UPDATE blobs SET encoding = 'rot13'"),
        "blob encodings blobs": sql("UPDATE blobs SET encoding = x'00'"),
        "chunks are texts": sql("UPDATE chunks SET data = 'text'"),
        "chunks are null": sql("UPDATE sqlite_master SET sql = replace(sql, 'data BLOB NOT NULL', 'data BLOB') WHERE name = 'chunks'"),
        "chunks elsewhere": sql("UPDATE chunks SET part = part + 1"),
        "chunks many": sql(f"INSERT INTO chunks {ENDLESS} SELECT (SELECT sha256 FROM blobs), x, x'00' FROM n WHERE x > 5 LIMIT 5000"),
        "alerts of junk": sql("INSERT INTO alerts (object, arrived, node, payload) VALUES ('T1', 'then', 'here', 'junk')"),
        "alerts of blobs": sql("INSERT INTO alerts (object, arrived, node, payload) VALUES ('T1', x'00', x'00', x'00')"),
        "alerts of lists": _alert("[]"), "alerts of numbers": _alert("1e999"), "alerts deep": _alert(deep),
        "alerts empty": _alert("{}"), "alerts of odd data": _alert('{"uid": [], "alert_type": {}, "data": {"N": {}}, "object": 3}'),
        "alerts of odd logs": _alert('{"uid": "T1", "alert_type": "log", "data": {"N": [1], "comment": {}}}'),
        "alerts of odd labels": _alert('{"uid": "T1", "alert_type": "label_added", "data": {"name": {}}, "object": []}'),
        "alerts of old forms": _alert('{"uid": 5, "alert_type": "update", "description": 7, "object": 4}'),
        "alerts without time": _alert("{}", "2022-06-09T00:00:00"), "alerts of other times": _alert("{}", "9999-99-99"),
        "alerts last year": _alert('{"uid": "T1", "alert_type": "new"}', "9999-12-31T23:59:59+00:00"),
        "catalogues of junk": sql("INSERT INTO catalogues (number, version, json, seal) VALUES ('4', 1, 'junk', '')"),
        "catalogues deep": _catalogue(deep), "catalogues of lists": _catalogue("[]"),
        "search of junk": sql("UPDATE search_events SET created = 'x', far = 'y', number = x'00', hidden = 'z'"),
        "search of nobody": sql("INSERT INTO search_labels VALUES ('INJ', 'T777')", "UPDATE search_events SET object = 'T777' WHERE object = 'T1'"),
        "search of words": sql("INSERT INTO search_words VALUES ('label', CAST(x'ff' AS TEXT)), ('pipeline', '(')"),
        "search of attributes": sql("INSERT INTO search_attributes VALUES ('si.snr', x'ff', 'T1', 5)"),
        "no object record": sql("DELETE FROM entries WHERE kind = 'object' AND capture = 2"),
        "no logs": sql("DELETE FROM entries WHERE kind = 'log'"),
        "no records": sql("DELETE FROM records"),
        "keys are blobs": sql("UPDATE entries SET key = CAST(key AS BLOB) WHERE kind = 'log'"),
        "kinds are blobs": sql("UPDATE entries SET kind = CAST(kind AS BLOB) WHERE kind = 'label'"),
        "orders are texts": sql("UPDATE entries SET ord = 'x' || ord WHERE kind = 'log'"),
        "records are blobs": sql("UPDATE records SET json = CAST(json AS BLOB)"),
        "records are broken text": record("log", b'{"N": 1, "comment": "\xff\xfe"}', "1"),
        "wrong kinds": sql("UPDATE entries SET kind = 'voevent' WHERE kind = 'log' AND ord > 3"),
        "labels as logs": sql("UPDATE entries SET kind = 'signoff' WHERE kind = 'label'"),
        "permissions as logs": sql("UPDATE entries SET kind = 'permission' WHERE kind = 'log' AND ord > 3"),
        "observations as logs": sql("UPDATE entries SET kind = 'emobservation' WHERE kind = 'log' AND ord > 3"),
        "its own preferred event": changed("object", "", preferred_event=S, gw_events=["T1"]),
        "neighbours in a circle": changed("object", "", T, superevent_neighbours={S: {"superevent_id": S, "preferred_event": T}}),
        "preferred data in a circle": changed("object", "", preferred_event_data={"graceid": T, "superevent_neighbours": {S: {}}}),
        "pipelines in a circle": changed("object", "", pipeline_preferred_events={"gstlal": {"graceid": S}}),
        "confirmed as an event": changed("object", "", gw_id=T),
        "confirmed as nothing": changed("object", "", gw_id="../x"),
        "duplicate numbers": changed("log", "3", N=2), "numbers far off": changed("log", "3", N=10**30),
        "numbers negative": changed("log", "3", N=-3),
        "dates of no calendar": changed("log", "3", created="2022-13-45 99:99:99 UTC"),
        "dates before time": changed("log", "3", created="0001-01-01 00:00:00 UTC"),
        "dates after time": changed("log", "3", created="9999-12-31 23:59:59 UTC"),
        "dates of events": changed("object", "", T, created="soon"),
        "deep in a field": changed("object", "", T, extra_attributes=json.loads("[" * 300 + "]" * 300)),
        "comments long": changed("log", "2", comment="Updated superevent parameters: " + "a" * 100_000),
        "comments of signoffs": changed("log", "2", comment="Operator signoff updated: comment '" + "' -> '" * 20_000 + "x"),
        "comments of events": changed("log", "2", comment="Superevent created with t_start=1, t_0=2, t_end=3, preferred_event=G1, events=x, \ud800"),
        "comments of updates": changed("log", "2", comment="Updated superevent parameters: preferred_event: None -> 7, gw_id: 1 -> 2, t_0: a -> inf"),
        "comments of tags": changed("log", "2", comment=f"Tagged message {digits}: x."),
        "comments of members": changed("log", "2", comment=f"Added event: G{digits}"),
        "comments of names": changed("log", "2", comment="Confirmed as a gravitational wave: ID changed from S1 -> x"),
        "VOEvent files": changed("log", "2", comment="New VOEvent", filename=f"S-{digits}-Initial.xml"),
    }  # fmt: skip
    for name, text in {
        "lists": "[]", "numbers": "5", "texts": '"x"', "null": "null", "NaN": "NaN", "not JSON": "{", "empty": "", "deep": deep,
        "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP, "digits": digits, "empty objects": "{}", "NaN inside": '{"N": NaN, "t_0": NaN}',
        "infinite": '{"N": 1e999, "gpstime": Infinity, "created": "2022-06-09 22:18:16 UTC"}',
    }.items():  # fmt: skip
        for kind in ("object", "log", "label"):
            found[f"{kind} records are {name}"] = record(kind, text)
    return found


def _alert(text: str, arrived: str = "2022-06-09T22:18:16.000000+00:00") -> Change:
    def change(db: sqlite3.Connection) -> None:
        from gracetape.archive.recorded import _seal

        sha256 = hashlib.sha256(text.encode()).hexdigest()
        db.execute("INSERT OR IGNORE INTO records (sha256, json) VALUES (?, ?)", (sha256, text))
        row = ("T1", arrived, "cbc_gstlal", f"{sha256} {_seal('T1', arrived, 'cbc_gstlal', sha256)}")
        db.execute("INSERT INTO alerts (object, arrived, node, payload) VALUES (?, ?, ?, ?)", row)

    return change


def _catalogue(text: str) -> Change:
    def change(db: sqlite3.Connection) -> None:
        from gracetape.archive.catalogues import _seal

        row = ("4", 1, text, _seal("4", 1, text))
        db.execute("INSERT INTO catalogues (number, version, json, seal) VALUES (?, ?, ?, ?)", row)

    return change


def make(sound: Path, path: Path, change: Change) -> Path:
    """A copy of a sound packed tape, changed, with right digests where they can be made."""
    path.write_bytes(sound.read_bytes())
    db = sqlite3.connect(path, isolation_level=None)
    try:
        change(db)
        try:
            reseal(db)
        except (sqlite3.Error, TypeError, ValueError):
            pass  # there are no such tables any more, or they hold what has no digest
    finally:
        db.close()
    return path
