"""Which captures a listing shows: those of the objects that a query finds, in an order, a page of them.

What understands queries is no part of an archive, so it is named here, and loaded when a query is asked: a function of (the
archive, the query's text) that gives the ids of the objects.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name

from gracetape.archive.shapes import GREATEST
from gracetape.archive.store import Archive, Capture
from gracetape.errors import UsageError

_READER = "gracetape.dummy.query.matching:matching"
#: By the name of a sort, the columns of a capture and of its object's span.
SORTS = {"captured": "c.id", "created": "s.begins, c.id", "id": "c.object, c.version"}


@dataclass(frozen=True)
class Page:
    """Some captures, and how many there are in all."""

    captures: list[Capture]
    total: int


def page_of(archive: Archive, query: str | None, sort: str, offset: int, limit: int | None) -> Page:
    """A page of the whole captures (of those whose objects a query finds). UsageError for a sort or a query that is none."""
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        raise UsageError(f"--sort is {', '.join(SORTS)}, with a - before it to begin at the other end, not {sort!r}")
    found = None if query is None else json.dumps(list(_reader()(archive, query)))
    where = "c.completed IS NOT NULL AND (? IS NULL OR c.object IN (SELECT value FROM json_each(?)))"
    (total,) = archive.connection.execute(f"SELECT count(*) FROM captures c WHERE {where}", (found, found)).fetchone()
    order = ", ".join(f"{column} DESC" if falling else column for column in SORTS[name].split(", "))
    rows = archive.connection.execute(
        f"SELECT c.* FROM captures c LEFT JOIN spans s ON s.object = c.object WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
        (found, found, -1 if limit is None else min(limit, GREATEST), min(offset, GREATEST)),
    )
    return Page([Capture(*row) for row in rows.fetchall()], int(total))


def _reader() -> Callable[[Archive, str], Sequence[str]]:
    reader: Callable[[Archive, str], Sequence[str]] = resolve_name(_READER)
    return reader
