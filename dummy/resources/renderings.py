"""Lists of events in other forms than JSON: tab-separated values, and their coinc files merged into one LIGO_LW document."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from igwn_ligolw import ligolw, utils

from gracetape.archive import Archive
from gracetape.dummy.problems import Problem, Style, invalid
from gracetape.dummy.source import FileView, Record
from gracetape.pipelines.formats.ligolw_files import document
from gracetape.pipelines.uploaded_event import UploadError
from gracetape.reading_limits import LIMITS, LimitExceeded, joined
from gracetape.unpacking import unpacked

#: More events than this are not put into one LIGO_LW document.
MOST_MERGED = 1000
_COLUMNS = "graceid,labels,group,pipeline,search,far,gpstime,created,dataurl"
_MOST_COLUMNS = 500
_FILE = "coinc.xml"


def tab_separated(records: Iterable[Record], columns: str) -> str:
    """A header line, then a line per event. `columns` are names with commas between, `a.b` for nested ones; Problem (400) if there are too many."""
    names = (columns.replace("DEFAULTS", _COLUMNS) or _COLUMNS).split(",")
    if len(names) > _MOST_COLUMNS:
        raise invalid(f"a list has at most {_MOST_COLUMNS} columns")
    lines = ["#" + "\t".join(names)]
    lines += ["\t".join(_cell(record, name) for name in names) for record in records]
    return "\n".join(lines)


def _cell(record: Record, name: str) -> str:
    if name == "labels":
        return ",".join(record.get("labels") or ())
    if name == "dataurl":
        return str((record.get("links") or {}).get("files", ""))
    found: Any = record
    for part in name.split("."):
        if not isinstance(found, dict):
            break
        found = found.get(part, "")
    return str(found)


def merged(archive: Archive, views: Iterable[FileView]) -> bytes:
    """One LIGO_LW document with the rows of all events' coinc files, ids renumbered so that they stay apart.

    Problem (400) if an event has no such file or they are too much together, or (500) if one cannot be read.
    """
    whole = ligolw.Document()
    whole.appendChild(ligolw.LIGO_LW())
    tables: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}
    taken: dict[str, int] = {}
    size = cells = 0
    for view in views:
        contents = _contents(archive, view)
        size += len(contents)
        _check_together(size, LIMITS.merged_bytes, "bytes")
        found = _tables(view, contents)
        cells += sum(len(table) * len(table.columnnames) for table in found)
        _check_together(cells, LIMITS.merged_cells, "cells")
        highest = dict(taken)
        for table in found:
            _renumber(table, taken, highest)
            key = (table.Name, tuple(sorted(zip(table.columnnames, table.columntypes, strict=True))))
            if key in tables:
                tables[key].extend(table)
            else:
                tables[key] = whole.childNodes[0].appendChild(table)
        taken = highest
    written = io.BytesIO()
    utils.write_fileobj(whole, written)
    return written.getvalue()


def _check_together(count: int, most: int, unit: str) -> None:
    if count > most:
        raise invalid(f"The events' coinc files have more than {most} {unit} together.")


def _contents(archive: Archive, view: FileView) -> bytes:
    """An event's coinc file, unpacked."""
    file = view.file(_FILE)
    if file is None:
        raise Problem(400, "'Event list contained event(s) for which no coinc exists.'", Style.ERROR)
    try:
        return unpacked(joined(archive.read(file), LIMITS.file_bytes))
    except LimitExceeded as error:
        raise invalid(f"{view.graceid}: {_FILE}: {error}") from None
    except ValueError:
        raise Problem(500, "'Problem reading coinc file.'", Style.ERROR) from None


def _tables(view: FileView, contents: bytes) -> list[Any]:
    try:
        return list(document(contents).getElementsByTagName(ligolw.Table.tagName))
    except LimitExceeded as error:
        raise invalid(f"{view.graceid}: {_FILE}: {error}") from None
    except UploadError:
        raise Problem(500, "'Problem reading coinc file.'", Style.ERROR) from None


def _renumber(table: Any, taken: dict[str, int], highest: dict[str, int]) -> None:
    """Move a table's ids past those that are taken. Columns of one name refer to each other, in whatever table they are."""
    for column in _id_columns(table):
        for row in table:
            prefix, number = _split(getattr(row, column, None))
            if number is None:
                continue
            number += taken.get(column, 0)
            highest[column] = max(highest.get(column, 0), number + 1)
            setattr(row, column, f"{prefix}{number}" if prefix else number)


def _id_columns(table: Any) -> Iterator[str]:
    return (name.split(":")[-1] for name in table.columnnames if name.endswith("_id"))


def _split(value: Any) -> tuple[str, int | None]:
    """An id as (what stands before its number, its number): `sngl_inspiral:event_id:5`, or simply 5."""
    prefix, _, number = str(value).rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return "", None
    return (f"{prefix}:" if prefix else ""), int(number)
