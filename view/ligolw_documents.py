"""LIGO_LW documents as tables that a page can show, of what stands in the XML alone. The format: LIGO-T990101."""

import csv
from typing import Any
from xml.etree import ElementTree

from gracetape.bounded_xml import check_xml
from gracetape.unpacking import unpacked

Record = dict[str, Any]
#: Rows of a table that are shown.
MOST_ROWS = 200


def ligolw_tables(contents: bytes) -> list[Record] | None:
    """Each table with its columns and first rows, then the parameters; None if the document is not LIGO_LW.

    ValueError, LimitExceeded among them, for what is no XML or beyond the limits.
    """
    plain = unpacked(contents)
    check_xml(plain)
    root = ElementTree.fromstring(plain)
    if root.tag != "LIGO_LW":
        return None
    found = [_table(element) for element in root.iter("Table")]
    parameters = [[_plain(param.get("Name")), (param.text or "").strip()] for param in root.iter("Param")]
    if parameters:
        found.append(_shown("parameters", ["name", "value"], parameters))
    arrays = [[_plain(array.get("Name")), " × ".join((dim.text or "").strip() for dim in array.findall("Dim"))]
              for array in root.iter("Array")]  # fmt: skip
    if arrays:
        found.append(_shown("arrays", ["name", "size"], arrays))
    return found


def _table(element: ElementTree.Element) -> Record:
    columns = [_plain(column.get("Name")) for column in element.findall("Column")]
    stream = element.find("Stream")
    text = "" if stream is None else (stream.text or "")
    delimiter = ("," if stream is None else stream.get("Delimiter") or ",")[:1]
    cells: list[str] = []
    # The lines of a stream are no rows: cells follow each other, and a delimiter may stand before a line's end.
    for line in csv.reader(text.strip().splitlines(), delimiter=delimiter, escapechar="\\", skipinitialspace=True):
        cells += [cell.strip() for cell in (line[:-1] if line and not line[-1].strip() else line)]
    width = max(len(columns), 1)
    return _shown(_plain(element.get("Name")), columns, [cells[at : at + width] for at in range(0, len(cells), width)])


def _shown(name: str, columns: list[str], rows: list[list[str]]) -> Record:
    return {"name": name, "columns": columns, "rows": rows[:MOST_ROWS], "count": len(rows)}


def _plain(name: str | None) -> str:
    """`sngl_inspiral:mass1` → mass1, `coinc_event:table` → coinc_event."""
    parts = (name or "").removesuffix(":table").removesuffix(":param").removesuffix(":array")
    return parts.rpartition(":")[2]
