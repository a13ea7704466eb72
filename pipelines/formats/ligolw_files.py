"""Reads LIGO_LW XML, plain or gzipped: the rows of its tables."""

import math
from collections.abc import Mapping
from typing import Any

from igwn_ligolw import ligolw

from gracetape.pipelines.formats.ligolw_parser import load
from gracetape.pipelines.formats.ligolw_tables import WithTables
from gracetape.pipelines.uploaded_event import UploadError
from gracetape.reading_limits import LimitExceeded

#: Elements that hold no table: spectra and series of the detectors, whose times only lal reads.
_PASSED_OVER = ("Array", "Time")


class _TablesOnly(WithTables, ligolw.FilteringLIGOLWContentHandler):  # type: ignore[misc]
    def __init__(self, doc: Any) -> None:
        super().__init__(doc, lambda name, attributes: name not in _PASSED_OVER)


def document(content: bytes) -> Any:
    """The parsed document, without its arrays; UploadError if it is no LIGO_LW, LimitExceeded if it is too much of one."""
    try:
        return load(content, _TablesOnly)
    except LimitExceeded:
        raise
    except Exception as error:  # the parser raises whatever its input makes it stumble on
        raise UploadError(f"not a LIGO_LW document: {error}") from None


def rows(doc: Any, table: str) -> list[dict[str, Any]]:
    """The rows of a table as dicts by column; empty if there is no such table."""
    try:
        found = ligolw.Table.get_table(doc, table)
    except ValueError:
        return []
    names = [name.split(":")[-1] for name in found.columnnames]
    return [{name: _value(getattr(row, name, None)) for name in names} for row in found]


def _value(value: Any) -> Any:
    """A cell as plain JSON: no NaN, no infinity, ids as text."""
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def gps_of_row(row: Mapping[str, Any], name: str) -> float | None:
    """The GPS seconds of a column and its nanoseconds beside it (`end_time`, `end_time_ns`); None if it has no value."""
    if row.get(name) is None:
        return None
    return float(row[name]) + float(row.get(f"{name}_ns") or 0) / 1e9
