"""The objects of an archive as the page lists them: found by the dummy's query language, sorted, a page at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gracetape.archive import Archive
from gracetape.archive.recorded import heard_only
from gracetape.dummy.query.fields import EVENT_SORTS, SUPEREVENT_SORTS
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import Order, find, order_of
from gracetape.dummy.query.tree import QueryError
from gracetape.dummy.server_settings import settings_of
from gracetape.errors import ArchiveError, UsageError

Record = dict[str, Any]
#: Objects on a page of the list, at most.
LARGEST = 500
_FARTHEST = 1 << 40  # objects that a list may begin after; SQLite's integers end later
#: What the page sorts by besides what a server's list can be sorted by -> columns of the search tables.
_MORE: Mapping[str, tuple[str, ...]] = {"far": ("far",)}
_SORTS = {"event": EVENT_SORTS, "superevent": SUPEREVENT_SORTS}
_LAST_RESORT = {"event": (("created", True), ("number", True)), "superevent": (("created", True), ("seq", True))}


def about(archive: Archive) -> Record:
    """What an archive is and holds, in numbers."""
    connection = archive.connection
    counts = dict(
        connection.execute(
            "SELECT category, count(DISTINCT object) FROM captures WHERE completed IS NOT NULL GROUP BY category"
        )
    )
    (captures,) = connection.execute("SELECT count(*) FROM captures WHERE completed IS NOT NULL").fetchone()
    (heard,) = connection.execute("SELECT count(*) FROM alerts").fetchone()
    size = connection.execute(
        "SELECT sum(size) FROM (SELECT sha256, max(size) AS size FROM files WHERE sha256 IS NOT NULL GROUP BY sha256)"
    ).fetchone()[0]
    return {
        "name": archive.path.name, "superevents": counts.get("superevent", 0), "events": counts.get("event", 0),
        "captures": captures, "heard": heard, "bytes": size or 0, "only_heard": heard_only(archive),
    }  # fmt: skip


def objects(
    archive: Archive, category: str, query: str = "", sort: str = "", start: int = 0, count: int = 100
) -> Record:
    """One page of the objects that a query finds. UsageError for a query or an order that means nothing."""
    if category not in _SORTS:
        raise UsageError(f"there are events and superevents, and no {category!r}")
    start = min(max(0, start), _FARTHEST)
    with archive.reading():
        try:
            asked = read(archive.connection, category, query, datetime.now(UTC), settings_of(archive))
            found = find(
                archive.connection, category, asked, _order(category, sort), start, min(max(0, count), LARGEST)
            )
        except QueryError as error:
            raise UsageError(f"this query is not understood: {error.reason}") from None
        return {"total": found.total, "start": start, "objects": _rows(archive, found.objects)}


def _order(category: str, sort: str) -> Order:
    bare = sort.lstrip("-+")
    if bare in _MORE:
        falling = sort.startswith("-")
        return Order((*((column, falling) for column in _MORE[bare]), *_LAST_RESORT[category]))
    if sort and bare not in _SORTS[category]:
        raise UsageError(f"{category}s are not sorted by {bare!r}")
    return order_of(category, [sort] if sort else [])


def _rows(archive: Archive, graceids: Sequence[str]) -> list[Record]:
    """What the list shows of each object."""
    counts = _counts(archive, graceids)
    return [_row(archive, graceid, counts.get(graceid, {})) for graceid in graceids]


def _row(archive: Archive, graceid: str, counts: Record) -> Record:
    try:
        record = archive.view(graceid).record()
    except ArchiveError as error:  # the others are shown all the same
        return {"id": graceid, "problem": str(error)} | counts
    data = record.get("preferred_event_data")
    preferred = data if isinstance(data, dict) else {}
    row: Record = {"id": graceid, "created": record.get("created"), "far": record.get("far")}
    row["t0"] = record.get("t_0", record.get("gpstime"))
    labels = record.get("labels") or ()
    row["labels"] = [str(label) for label in labels]
    for name in ("group", "pipeline", "search", "instruments"):
        row[name] = record.get(name) or preferred.get(name)
    for name in ("gw_id", "category", "preferred_event", "superevent"):
        if record.get(name):
            row[name] = record[name]
    members = [*(record.get("gw_events") or ()), *(record.get("em_events") or ())]
    return row | {"members": len(members)} | counts


_COUNTED = (
    ("logs", "SELECT c.object, count(*) FROM ({newest}) c JOIN entries e ON e.capture = c.id AND e.kind = 'log' GROUP BY 1"),
    ("files", "SELECT c.object, count(*) FROM ({newest}) c JOIN files f ON f.capture = c.id GROUP BY 1"),
    ("bytes", "SELECT c.object, sum(f.size) FROM ({newest}) c JOIN files f ON f.capture = c.id GROUP BY 1"),
    ("versions", "SELECT object, count(*) FROM captures WHERE completed IS NOT NULL AND object IN ({ids}) GROUP BY 1"),
    ("heard", "SELECT object, count(*) FROM alerts WHERE object IN ({ids}) GROUP BY 1"),
)  # fmt: skip
_NEWEST = (
    "SELECT object, id FROM captures a WHERE completed IS NOT NULL AND object IN ({ids}) AND version = "
    "(SELECT max(version) FROM captures b WHERE b.object = a.object AND b.completed IS NOT NULL)"
)


def _counts(archive: Archive, graceids: Sequence[str]) -> dict[str, Record]:
    """How much an archive holds of the newest version of each object."""
    found: dict[str, Record] = {graceid: {} for graceid in graceids}
    ids = ", ".join("?" * len(graceids))
    newest = _NEWEST.format(ids=ids)
    for name, query in _COUNTED:
        for graceid, number in archive.connection.execute(query.format(newest=newest, ids=ids), tuple(graceids)):
            found[graceid][name] = number
    return found
