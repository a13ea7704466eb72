"""Finds objects: runs a query over the search tables, sorted and in pages."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gracetape.archive.searchable import MDC, TEST
from gracetape.dummy.query.fields import EVENT_SORTS, SUPEREVENT_SORTS
from gracetape.dummy.query.sql import Compiler, Sql, gathered
from gracetape.dummy.query.tree import AllOf, Node, Query, TooMuch
from gracetape.dummy.server_settings import ServerSettings

_ALL = (0, TEST, MDC, TEST | MDC)
#: What SQLite says of statements and patterns that it will not read.
_TOO_MUCH = ("parser stack overflow", "too many", "too large", "too complex", "too long")
_LIMITS = (64, 1024, 16384)


@dataclass(frozen=True)
class Order:
    """Columns to sort by, most important first, each with whether it descends."""

    columns: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Found:
    """How many objects a query matches, and the graceids of one page of them."""

    total: int
    objects: list[str]


def find(
    tables: sqlite3.Connection, category: str, query: Query, order: Order, start: int = 0, count: int | None = None
) -> Found:
    """One page of what a query matches (`count` None: all of it); TooMuch if it has too many conditions."""
    with _within_sqlites_limits():
        return _find(tables, category, query, order, start, count)


@contextmanager
def _within_sqlites_limits() -> Iterator[None]:
    """TooMuch for what SQLite finds too much; anything else that it says is no fault of the query."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not any(said in str(error) for said in _TOO_MUCH):
            raise
        raise TooMuch(f"the query is too long or too deep: {error}") from None


def _find(
    tables: sqlite3.Connection, category: str, query: Query, order: Order, start: int, count: int | None
) -> Found:
    matching = written(tables, category, query)
    (total,) = tables.execute(f"SELECT count(*) {matching.text}", matching.params).fetchone()
    sorting = _sorting(order, in_index=not any(_conjuncts(query.tree)))
    rows = tables.execute(
        f"SELECT o.object {matching.text} ORDER BY {sorting} LIMIT ? OFFSET ?",
        (*matching.params, -1 if count is None else count, start),
    )
    return Found(int(total), [str(row[0]) for row in rows])


def written(tables: sqlite3.Connection, category: str, query: Query) -> Sql:
    """The FROM and WHERE of a query.

    The part of it that fewest objects meet finds them, by an index; the whole is then checked of those only.
    """
    hidden = tuple(
        value for value in _ALL if not ((value & TEST and query.without_test) or (value & MDC and query.without_mdc))
    )
    source, shown = f"FROM search_{category}s o", ", ".join(map(str, hidden))
    tree = gathered(query.tree)
    parts = [Compiler(category, hidden).compile(part) for part in _conjuncts(tree)]
    if not parts:
        return Sql(source if hidden == _ALL else f"{source} WHERE o.hidden IN ({shown})")
    driver = _narrowest(tables, source, parts)
    if len(parts) > 1:
        whole = Compiler(category, hidden, driving=False).compile(tree)
        driver = Sql(f"{driver.text} AND {whole.text}", driver.params + whole.params)
    # Each condition brings its own index; `hidden` alone would be a poor one, so the + keeps it from being used.
    return Sql(f"{source} WHERE +o.hidden IN ({shown}) AND {driver.text}", driver.params)


def _conjuncts(tree: Node) -> Iterator[Node]:
    """The parts of a tree that all have to be true."""
    if isinstance(tree, AllOf):
        for part in tree.parts:
            yield from _conjuncts(part)
    else:
        yield tree


def _narrowest(tables: sqlite3.Connection, source: str, parts: list[Sql]) -> Sql:
    """The part that the fewest objects meet, told by counting them all up to a limit that rises."""
    for limit in _LIMITS if len(parts) > 1 else ():
        for part in parts:
            counted = f"SELECT count(*) FROM (SELECT 1 {part.rows or f'{source} WHERE {part.text}'} LIMIT {limit})"
            if tables.execute(counted, part.params).fetchone()[0] < limit:
                return part
    return parts[0]


def _sorting(order: Order, *, in_index: bool) -> str:
    """ORDER BY. Unknown values come last, and first when descending, as in the server's database."""
    terms = []
    for column, descending in order.columns:
        if column in ("created", "number", "seq"):
            terms.append(f"{'' if in_index else '+'}o.{column}{' DESC' if descending else ''}")
        else:
            terms.append(f"{column} {'DESC NULLS FIRST' if descending else 'NULLS LAST'}")
    return ", ".join(terms)


_LAST_RESORT = {"event": ("created", "number"), "superevent": ("created", "seq")}


def order_of(category: str, names: list[str]) -> Order:
    """The order that a list is asked to have, `["-far", "created"]`; KeyError for a name that is none."""
    sorts = EVENT_SORTS if category == "event" else SUPEREVENT_SORTS
    columns: dict[str, bool] = {}
    for name in names or ["-created"]:
        for column in sorts[name.lstrip("-+")]:
            columns.setdefault(column, name.startswith("-"))
    falling = next(iter(columns.values()))
    for column in _LAST_RESORT[category]:
        columns.setdefault(column, falling)
    return Order(tuple(columns.items()))


@dataclass(frozen=True)
class Words:
    """The names that a query may use as bare words: in lower case -> as they are written."""

    label: dict[str, list[str]]
    group: dict[str, list[str]]
    pipeline: dict[str, list[str]]
    search: dict[str, list[str]]


#: What a query may name -> its kind in `search_words`, and the list of the server's settings.
_KINDS = {
    "label": ("label", "labels"),
    "group": ("group_name", "groups"),
    "pipeline": ("pipeline", "pipelines"),
    "search": ("search", "searches"),
}


def words_of(tables: sqlite3.Connection, settings: ServerSettings) -> Words:
    """The names that the server knows, and those that are in the archive."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, (kind, listed) in _KINDS.items():
        here = [str(row[0]) for row in tables.execute("SELECT word FROM search_words WHERE kind = ?", (kind,))]
        found[name] = {}
        for word in dict.fromkeys([*getattr(settings, listed), *here]):
            found[name].setdefault(word.lower(), []).append(word)
    return Words(**found)
