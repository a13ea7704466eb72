"""The tables `names` and `places`: under which ids an object is found, and when in GPS time it was. Both follow from records.

They are kept by every write; `rebuild` makes them again, `faults` compares them with what the records say.
"""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gracetape.bounded_json import read_kept

Record = dict[str, Any]

_RECORDS = (
    "SELECT c.object, c.category, c.completed, r.json FROM captures c "
    "JOIN entries e ON e.capture = c.id AND e.kind = 'object' AND e.key = '' JOIN records r ON r.id = e.record "
    "{where} ORDER BY c.id"
)
_MADE_ANEW = "`gracetape archive gc` makes it anew"


def gw_id_of(record: Record) -> str | None:
    """The further id of a confirmed superevent."""
    found = record.get("gw_id")
    return found if isinstance(found, str) and found and found.isascii() else None


def gps_of(record: Record, category: str) -> float | None:
    """When an event or superevent was, in GPS seconds; None if its record does not tell."""
    try:
        gps = float(record["gpstime" if category == "event" else "t_0"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return gps if math.isfinite(gps) else None


@dataclass
class _Told:
    """What the records of one object's versions say. Those of unfinished ones count as well as the newest whole one."""

    category: str = ""
    names: set[str] = field(default_factory=set)
    name: str | None = None
    places: set[float | None] = field(default_factory=set)
    place: float | None = None


def _told(connection: sqlite3.Connection, graceid: str | None = None) -> dict[str, _Told]:
    found: dict[str, _Told] = defaultdict(_Told)
    where, values = ("", ()) if graceid is None else ("WHERE c.object = ?", (graceid,))  # of one, by its index
    for name, category, completed, text in connection.execute(_RECORDS.format(where=where), values):
        if (record := _read(text)) is None:
            continue
        told, gps, gw_id = found[name], gps_of(record, category), gw_id_of(record)
        told.category = category
        told.names |= {gw_id} if gw_id else set()
        if completed is not None:
            told.name, told.place = gw_id, gps
            told.places = {gps}
        else:
            told.places.add(gps)
    return dict(found)


def _read(text: Any) -> Record | None:
    """A record; None if it is damaged, which `verify` tells of."""
    try:
        record = read_kept(text)
    except (ValueError, TypeError):
        return None
    return record if isinstance(record, dict) else None


def put(connection: sqlite3.Connection, graceid: str, category: str, record: Record, old: str | None = None) -> None:
    """Let an object be found as its new record says, which may have come in the place of an old one (its JSON)."""
    if gw_id := gw_id_of(record):
        connection.execute("INSERT OR REPLACE INTO main.names VALUES (?, ?)", (gw_id, graceid))
    if old is not None and '"gw_id":"' in old and gw_id_of(_read(old) or {}) != gw_id:
        renew(connection, graceid)
    _place(connection, graceid, category, gps_of(record, category))


def _place(connection: sqlite3.Connection, graceid: str, category: str, gps: float | None) -> None:
    if gps is None:
        connection.execute("DELETE FROM main.places WHERE object = ?", (graceid,))
    else:
        connection.execute("INSERT OR REPLACE INTO main.places VALUES (?, ?, ?)", (graceid, category, gps))


def renew(connection: sqlite3.Connection, graceid: str) -> None:
    """Let an object be found as the versions that are left of it say."""
    told = _told(connection, graceid).get(graceid)
    known = told.names if told else set()
    for (name,) in connection.execute("SELECT name FROM names WHERE object = ?", (graceid,)).fetchall():
        if name != graceid and name not in known:
            connection.execute("DELETE FROM main.names WHERE name = ?", (name,))
    _place_as_told(connection, graceid, told)


def renew_place(connection: sqlite3.Connection, graceid: str) -> None:
    """Let an object be found when its newest whole version says that it was; under which ids stays as it is."""
    _place_as_told(connection, graceid, _told(connection, graceid).get(graceid))


def _place_as_told(connection: sqlite3.Connection, graceid: str, told: _Told | None) -> None:
    _place(connection, graceid, told.category if told else "", told.place if told else None)


def rebuild(connection: sqlite3.Connection) -> None:
    """Make both tables anew."""
    told = _told(connection)
    whole = _whole(connection)
    connection.execute("DELETE FROM main.names")
    connection.execute("DELETE FROM main.places")
    for graceid, about in told.items():
        rows = [(name, graceid) for name in about.names] + ([(graceid, graceid)] if graceid in whole else [])
        connection.executemany("INSERT OR REPLACE INTO main.names VALUES (?, ?)", rows)
        _place(connection, graceid, about.category, about.place)
    connection.executemany("INSERT OR REPLACE INTO main.names VALUES (?, ?)", [(name, name) for name in whole])


def faults(connection: sqlite3.Connection) -> Iterator[str]:
    """Where the tables say something else than the records, one sentence each."""
    told, whole = _told(connection), _whole(connection)
    names = dict(connection.execute("SELECT name, object FROM names"))
    for name, graceid in names.items():
        about = told.get(graceid)
        if name in whole and graceid != name:
            yield f"names: {name} is said to be {graceid}, and is an object of its own ({_MADE_ANEW})"
        elif name != graceid and not (about and name in about.names):
            yield f"names: {name} is said to be {graceid}, whose records do not say so ({_MADE_ANEW})"
    for graceid in whole:
        wanted = {graceid, told[graceid].name} if graceid in told else {graceid}
        for name in sorted(name for name in wanted if name is not None and name not in names):
            yield f"names: {graceid} is not found as {name} ({_MADE_ANEW})"
    yield from _place_faults(connection, told, whole)


def _place_faults(connection: sqlite3.Connection, told: dict[str, _Told], whole: set[str]) -> Iterator[str]:
    places = {row[0]: row[1:] for row in connection.execute("SELECT object, category, gps FROM places")}
    for graceid, (category, gps) in places.items():
        about = told.get(graceid)
        if about is None or category != about.category or gps not in about.places:
            yield f"places: the GPS time of {graceid} is not that of its record ({_MADE_ANEW})"
    for graceid in sorted(whole - set(places)):
        if graceid in told and None not in told[graceid].places:
            yield f"places: the GPS time of {graceid} is missing ({_MADE_ANEW})"


def _whole(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT DISTINCT object FROM captures WHERE completed IS NOT NULL")}
