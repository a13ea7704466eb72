"""Moves the times in LIGO_LW XML: the times of tables' rows and of series."""

import io
from collections.abc import Iterator
from typing import Any

from igwn_ligolw import ligolw, utils

from gracetape.pipelines.formats.ligolw_parser import load
from gracetape.pipelines.formats.ligolw_tables import WithTables
from gracetape.pipelines.formats.texts import is_gps, moved_numbers

#: Columns of LIGO_LW tables that say when a program ran, not when something happened in the detectors.
_PROCESS_TABLES = ("process", "process_params", "search_summary")


class _Moment(ligolw.Time):  # type: ignore[misc]
    """A Time element whose text is kept: the library would need lal to read it."""

    def endElement(self) -> None:
        pass

    def write(self, fileobj: Any, indent: str = "") -> None:
        fileobj.write(f"{self.start_tag(indent)}{self.pcdata or ''}{self.end_tag('')}\n")


class _Handler(WithTables, ligolw.LIGOLWContentHandler):  # type: ignore[misc]
    def startTime(self, parent: Any, attrs: Any) -> _Moment:
        return _Moment(attrs)


def moved_document(contents: bytes, shift_s: float) -> bytes:
    """The document with its times moved by `shift_s` seconds; unchanged if it cannot be read, or not written again."""
    try:
        return _moved(load(contents, _Handler), shift_s)
    except Exception:  # the library raises whatever it stumbles on, in reading and in writing
        return contents


def _moved(document: Any, shift_s: float) -> bytes:
    nanoseconds = round(shift_s * 1_000_000_000)
    for table in document.getElementsByTagName(ligolw.Table.tagName):
        if table.Name not in _PROCESS_TABLES:
            for column in list(_time_columns(table.columnnames)):
                for row in table:
                    _move_row(row, column, nanoseconds)
    for element in document.getElementsByTagName(ligolw.Time.tagName):
        if element.Type == "GPS" and element.pcdata:
            element.pcdata = moved_numbers(element.pcdata.encode(), shift_s).decode()
    out = io.BytesIO()
    utils.write_fileobj(document, out)
    return out.getvalue()


def _time_columns(columns: list[str]) -> Iterator[str]:
    """The columns that hold GPS seconds, as attributes of rows."""
    names = [column.rpartition(":")[2] for column in columns]
    return (name for name in names if name.endswith(("_time", "peak_time", "epoch")))


def _move_row(row: Any, column: str, nanoseconds: int) -> None:
    seconds: Any = getattr(row, column, None)
    if not is_gps(seconds):
        return
    if hasattr(row, f"{column}_ns"):
        total = int(seconds) * 1_000_000_000 + int(getattr(row, f"{column}_ns") or 0) + nanoseconds
        setattr(row, column, total // 1_000_000_000)
        setattr(row, f"{column}_ns", total % 1_000_000_000)
    else:
        setattr(row, column, type(seconds)(seconds + nanoseconds / 1e9))
