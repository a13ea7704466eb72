"""Writes LIGO_LW XML: documents, tables, and the table of processes that they say they come from."""

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from igwn_ligolw import ligolw, utils

from gracetape.pipelines.trigger import Trigger

_PROCESS = {
    "process_id": "int_8s", "program": "lstring", "version": "lstring", "username": "lstring", "node": "lstring",
    "start_time": "int_4s", "end_time": "int_4s", "ifos": "lstring", "comment": "lstring",
}  # fmt: skip


def table(name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Any:
    """A table element: columns with their types, rows in the columns' order; None is an empty cell."""
    made = ligolw.Table(AttributesImpl({"Name": f"{name}:table"}))
    for column, kind in columns.items():
        made.appendChild(ligolw.Column(AttributesImpl({"Name": column, "Type": kind})))
    made._end_of_columns()
    made.appendChild(made.Stream(AttributesImpl({"Name": f"{name}:table", "Delimiter": ",", "Type": "Local"})))
    names = [column.split(":")[-1] for column in columns]
    for row in rows:
        made.append(made.RowType(**dict(zip(names, row, strict=True))))
    return made


def document_bytes(children: Iterable[Any], packed: bool = False, name: str | None = None) -> bytes:
    """A document of some elements, gzipped if it is `packed` (without a time in it: the same elements, the same bytes)."""
    document, out = ligolw.Document(), io.BytesIO()
    root = document.appendChild(ligolw.LIGO_LW(AttributesImpl({"Name": name}) if name else None))
    for child in children:
        root.appendChild(child)
    utils.write_fileobj(document, out)
    return gzip.compress(out.getvalue(), mtime=0) if packed else out.getvalue()


def process(trigger: Trigger, program: str) -> Any:
    """The table of the one program that wrote a document."""
    gps = int(trigger.gps)
    return table(
        "process", _PROCESS, [(0, program, "1", "gracetape", "localhost", gps - 3600, gps, trigger.ifos, "simulated")]
    )


def split(gps: float) -> tuple[int, int]:
    """GPS seconds as whole ones and nanoseconds."""
    whole, part = divmod(round(gps * 10**9), 10**9)
    return int(whole), int(part)
