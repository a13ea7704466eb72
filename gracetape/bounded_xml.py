"""XML from strangers, looked through before anything reads it: no entities, no declarations of its own, not too much of anything."""

from typing import Any
from xml.parsers import expat

from gracetape.reading_limits import LIMITS, LimitExceeded, ReadingLimits, check_count, check_size


def check_xml(contents: bytes, limits: ReadingLimits = LIMITS) -> None:
    """LimitExceeded if a document declares anything or is beyond the limits; ValueError if it is no XML.

    A document type may be named (`<!DOCTYPE LIGO_LW SYSTEM "…">`); it is never fetched.
    """
    check_size(contents, limits.file_bytes)
    check_count(contents.count(b"\n") + contents.count(b"\r"), limits.xml_lines, "it", "lines")
    parser: Any = expat.ParserCreate()
    _Watch(limits).listen_to(parser)
    try:
        parser.Parse(contents, True)
    except expat.ExpatError as error:
        raise ValueError(f"not XML: {error}") from None
    except LookupError as error:  # it names an encoding that there is not
        raise ValueError(f"not XML: {error}") from None


class _Watch:
    """Counts while a document goes by."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._depth = self._elements = self._attributes = 0
        self._declares = False

    def listen_to(self, parser: Any) -> None:
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.ordered_attributes = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.StartDoctypeDeclHandler, parser.EndDoctypeDeclHandler = self.doctype, self.doctype_end
        parser.EntityDeclHandler = self.entity

    def start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        self._attributes += len(attributes) // 2
        for what, found, most in (
            ("elements nested more deeply than", self._depth, self._limits.xml_depth),
            ("more elements than", self._elements, self._limits.xml_elements),
            ("more attributes than", self._attributes, self._limits.xml_attributes),
        ):
            if found > most:
                raise LimitExceeded(f"it has {what} {most}")

    def end(self, name: str) -> None:
        self._depth -= 1

    def doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        self._declares = bool(internal)

    def doctype_end(self) -> None:
        if self._declares:
            raise LimitExceeded("it declares a document type of its own, which is refused")

    def entity(self, name: str, *_: object) -> None:
        raise LimitExceeded("it declares entities, which are refused")
