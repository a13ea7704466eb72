"""What a server's answers must look like before anything is made of them: records of the kinds that the archive knows."""

from typing import Any

from gracetape.archive import category_of
from gracetape.archive.kinds import Kind, Record, fault
from gracetape.archive.shapes import shown
from gracetape.errors import CaptureError


def check(record: Any, kind: str, what: str) -> Record:
    """A record that has the shape of its kind; CaptureError about `what` if it has not."""
    if wrong := fault(record, kind, answered=True):
        raise CaptureError(f"{what}: a record of {kind} is not what a server writes: {wrong}")
    found: Record = record
    return found


def check_object(record: Any, asked: str) -> Record:
    """The record of the object that was asked for, and of no other."""
    if not isinstance(record, dict) or not ("graceid" in record or "superevent_id" in record):
        raise CaptureError(f"{asked}: the answer is not a GraceDB record: is the service URL that of its API?")
    category = category_of(asked)
    check(record, "object", asked)
    names = {"graceid": record.get("graceid")}
    if category == "superevent":
        names = {name: record.get(name) for name in ("superevent_id", "gw_id")}
    if asked not in names.values():
        name, value = next(iter(names.items()))
        raise CaptureError(f"{asked}: the answer is the record of {shown(value)} (its {name!r})")
    return record


def check_rows(rows: Any, kind: Kind, what: str) -> list[Record]:
    """The records of one page of a list."""
    if not isinstance(rows, list):
        raise CaptureError(f"{what}: the answer holds {shown(rows)}, and not a list of records")
    return [check(row, kind.name, what) for row in rows]
