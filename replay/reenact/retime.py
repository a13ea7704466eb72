"""Moves the times inside uploaded files: LIGO_LW tables and series, cWB's text, the JSON of oLIB, MLy and aframe, VOEvents.

What is in none of these forms stays as it is. Names and everything else in the files stay too.
"""

import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from igwn_ligolw import ligolw, utils

from gracetape.bounded_json import read_json
from gracetape.dummy.uploads.ligolw_parser import load
from gracetape.times import gps_of, utc_of
from gracetape.unpacking import unpacked

#: GPS seconds are taken for such from here on (1995); smaller numbers are durations.
_EARLIEST_GPS = 5e8
#: Columns of LIGO_LW tables that say when a program ran, not when something happened in the detectors.
_PROCESS_TABLES = ("process", "process_params", "search_summary")
_GPS_KEYS = ("gpstime", "central_time")
_CWB_LINE = re.compile(rb"^(?:time|start|stop|event_time|segment|left_time|right_time):.*$", re.MULTILINE)
_NUMBER = re.compile(rb"\d{9,10}(?:\.\d*)?")
_ISO_TIMES = re.compile(rb"(<(?:\w++:)?(?:ISOTime|Date)>)([^<]++)(</)")
_MOST_DECIMALS = 100


def retimed(name: str, contents: bytes, shift_s: float) -> bytes:
    """The contents of a file with its times moved by `shift_s` seconds; unchanged if its form holds none that are known."""
    if contents[:2] == b"\x1f\x8b":
        try:
            inner = unpacked(contents)
        except ValueError:
            return contents
        moved = _plain(inner, shift_s)
        return contents if moved is inner else gzip.compress(moved, mtime=0)
    return _plain(contents, shift_s)


def _plain(contents: bytes, shift_s: float) -> bytes:
    head = contents[:4096].lstrip()
    if b"LIGO_LW" in head:
        return _ligolw(contents, shift_s)
    if b"VOEvent" in head:
        return _ISO_TIMES.sub(lambda match: match[1] + _iso(match[2], shift_s) + match[3], contents)
    if head.startswith(b"{"):
        return _json(contents, shift_s)
    if _CWB_LINE.search(head) and b"ifo:" in contents:
        return _CWB_LINE.sub(lambda line: _NUMBER.sub(lambda number: _decimal(number[0], shift_s), line[0]), contents)
    return contents


def _decimal(number: bytes, shift_s: float) -> bytes:
    """A number in digits, moved, with as many decimals as it had; with very many it is none that somebody measured."""
    _, _, decimals = number.partition(b".")
    if len(decimals) > _MOST_DECIMALS:
        return number
    return f"{Decimal(number.decode()) + Decimal(repr(shift_s)):.{len(decimals)}f}".encode()


def _iso(text: bytes, shift_s: float) -> bytes:
    """A UTC time in ISO 8601, moved, with the space around it; unchanged if it is none."""
    bare = text.strip()
    said = bare.decode(errors="replace")
    try:
        moment = datetime.fromisoformat(said)
        moved = utc_of(gps_of(moment) + shift_s)
    except (ValueError, OverflowError):
        return text
    form = moved.replace(tzinfo=None).isoformat(timespec="microseconds" if "." in said else "seconds")
    return text.replace(bare, (form + ("Z" if said.endswith("Z") else "")).encode(), 1)


def _json(contents: bytes, shift_s: float) -> bytes:
    try:
        data = read_json(contents)
        keys = [key for key in _GPS_KEYS if _is_gps(data.get(key))]
        moved = {key: data[key] + shift_s for key in keys}
    except (ValueError, OverflowError):
        return contents
    return json.dumps(data | moved).encode() if moved else contents


def _is_gps(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > _EARLIEST_GPS


class _Moment(ligolw.Time):  # type: ignore[misc]
    """A Time element whose text is kept: the library would need lal to read it."""

    def endElement(self) -> None:
        pass

    def write(self, fileobj: Any, indent: str = "") -> None:
        fileobj.write(f"{self.start_tag(indent)}{self.pcdata or ''}{self.end_tag('')}\n")


class _Handler(ligolw.LIGOLWContentHandler):  # type: ignore[misc]
    def startTime(self, parent: Any, attrs: Any) -> _Moment:
        return _Moment(attrs)


def _ligolw(contents: bytes, shift_s: float) -> bytes:
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
            element.pcdata = _NUMBER.sub(lambda n: _decimal(n[0], shift_s), element.pcdata.encode()).decode()
    out = io.BytesIO()
    utils.write_fileobj(document, out)
    return out.getvalue()


def _time_columns(columns: list[str]) -> Iterator[str]:
    """The columns that hold GPS seconds, as attributes of rows."""
    names = [column.rpartition(":")[2] for column in columns]
    return (name for name in names if name.endswith(("_time", "peak_time", "epoch")))


def _move_row(row: Any, column: str, nanoseconds: int) -> None:
    seconds: Any = getattr(row, column, None)
    if not _is_gps(seconds):
        return
    if hasattr(row, f"{column}_ns"):
        total = int(seconds) * 1_000_000_000 + int(getattr(row, f"{column}_ns") or 0) + nanoseconds
        setattr(row, column, total // 1_000_000_000)
        setattr(row, f"{column}_ns", total % 1_000_000_000)
    else:
        setattr(row, column, type(seconds)(seconds + nanoseconds / 1e9))
