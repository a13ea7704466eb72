"""The tables of attributes that events of some pipelines have besides their common fields, with what queries call them."""

from functools import cache

from gracetape.archive.searchable import SHORT
from gracetape.pipelines import Attributes
from gracetape.pipelines.table import attribute_tables


def canonical(name: str) -> str | None:
    """`si.snr` for `SingleInspiral.snr`, in any case; None if there is no such attribute."""
    table, dot, column = name.lower().partition(".")
    found = _tables(attribute_tables()).get(table)
    return f"{found[0]}.{column}" if dot and found is not None and column in found[1] else None


def is_text(name: str) -> bool:
    """Whether an attribute (by its canonical name) holds text rather than numbers."""
    table, _, column = name.partition(".")
    return column in _tables(attribute_tables())[table][2]


#: The name of a table in the search tables, its columns, and those of them that are texts; all in lower case.
_Table = tuple[str, frozenset[str], frozenset[str]]


@cache
def _tables(known: tuple[Attributes, ...]) -> dict[str, _Table]:
    """Every table by every name that queries may call it."""
    found: dict[str, _Table] = {}
    for table in known:
        name = table.name.lower()
        short = SHORT.get(name, name)
        row = (short, frozenset(map(str.lower, table.columns)), frozenset(map(str.lower, table.texts)))
        found |= dict.fromkeys((name, short, *table.also), row)
    return found
