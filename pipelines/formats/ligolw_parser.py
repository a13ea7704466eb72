"""Feeds LIGO_LW documents of strangers to the library that reads them, once they were looked through, and in pieces that it can bear."""

import io
import math
from collections.abc import Callable
from typing import Any
from xml.sax import expatreader
from xml.sax.handler import feature_external_ges

from igwn_ligolw import ligolw

from gracetape.bounded_xml import check_xml
from gracetape.reading_limits import LIMITS, LimitExceeded, ReadingLimits, check_count
from gracetape.unpacking import unpacked


def load(
    contents: bytes, content_handler: Callable[[Any], Any] = ligolw.LIGOLWContentHandler, limits: ReadingLimits = LIMITS
) -> Any:
    """The document, plain or packed; LimitExceeded beyond the limits, and whatever the library raises at what is no LIGO_LW."""
    plain = unpacked(contents, limits)
    check_xml(plain, limits)
    document = ligolw.Document()
    handler = _Guard(content_handler(document), limits)
    parser: Any = expatreader.ExpatParser(
        1, len(plain) + 1
    )  # in one piece: of many it reads the unfinished one again and again
    parser.setContentHandler(handler)
    parser.setFeature(feature_external_ges, False)
    parser.parse(io.BytesIO(plain))
    return document


class _Guard:
    """Passes what a parser tells on to the library's handler.

    The library adds each piece of an element's text to all before it, and compares each column of a table with all others: so
    that this is not the square of the file's length, texts are passed on whole and columns are counted, as are the cells to come.
    """

    def __init__(self, inner: Any, limits: ReadingLimits) -> None:
        self._inner, self._limits = inner, limits
        self._text: list[str] = []
        self._columns = self._in_table = self._cells = self._values = 0
        self._sizes: list[int] = []
        self._delimiter = ","

    @property
    def _passed_over(self) -> bool:
        """Whether the handler skips what it hears: `FilteringLIGOLWContentHandler` counts how deep it is in such an element."""
        return bool(getattr(self._inner, "depth", 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attributes: Any) -> None:
        self._pass_on()
        local = name[1]
        self._check_attributes(local, attributes)
        if local == "Column":
            self._count_column()
        elif local in ("Table", "Array"):
            self._in_table, self._sizes = 0, []
        elif local == "Stream" and not self._passed_over:
            self._delimiter = attributes.get((None, "Delimiter"), ",") or ","
            self._check_columns()
            self._reserve()
        self._inner.startElementNS(name, qname, attributes)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:
        if name[1] == "Dim":
            self._sizes.append(_whole("".join(self._text)))
        elif name[1] == "Stream" and not self._passed_over:
            self._count_cells()
        self._pass_on()
        self._inner.endElementNS(name, qname)

    def characters(self, content: str) -> None:
        self._text.append(content)

    def _pass_on(self) -> None:
        if self._text:
            text, self._text = "".join(self._text), []
            self._inner.characters(text)

    def _check_attributes(self, element: str, attributes: Any) -> None:
        """The library looks through the names of all columns at each one; what is in YAML may be anything."""
        most = self._limits.ligolw_column_name if element == "Column" else self._limits.ligolw_attribute
        if any(len(value) > most for value in attributes.values()):
            raise LimitExceeded(f"it has an attribute of more than {most} characters")
        if element == "Param" and attributes.get((None, "Type")) == "yaml":
            raise LimitExceeded("it has a parameter in YAML, which is refused")

    def _check_columns(self) -> None:
        """The library's C code falls over rows without columns, and takes the process with it."""
        parent = self._inner.current
        if parent.tagName == ligolw.Table.tagName and not self._in_table:
            raise ValueError("a table has a Stream before its first Column")

    def _count_column(self) -> None:
        self._columns += 1
        self._in_table += 1
        limits = self._limits
        if self._in_table > limits.ligolw_columns_of_a_table:
            raise LimitExceeded(f"a table has more than {limits.ligolw_columns_of_a_table} columns")
        if self._columns > limits.ligolw_columns:
            raise LimitExceeded(f"its tables have more than {limits.ligolw_columns} columns together")

    def _count_cells(self) -> None:
        """The values of a table, by the marks between them."""
        if not self._sizes:
            self._cells += sum(piece.count(self._delimiter) for piece in self._text)
            check_count(self._cells, self._limits.ligolw_cells, "it", "cells in tables")

    def _reserve(self) -> None:
        """The values of an array: the library makes room for them as soon as the sizes are known."""
        if self._sizes:
            self._values += math.prod(max(size, 1) for size in self._sizes)
            check_count(self._values, self._limits.ligolw_array_values, "it", "values in arrays")


def _whole(text: str) -> int:
    """The size that a dimension says; 0 for nonsense, which the library refuses itself."""
    try:
        return int(text)
    except ValueError:
        return 0
