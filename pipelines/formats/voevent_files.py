"""VOEvent XML, as missions tell of their triggers: read, and its times moved."""

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from gracetape.bounded_xml import check_xml
from gracetape.pipelines.formats.texts import moved_time, time_of
from gracetape.pipelines.uploaded_event import UploadError
from gracetape.reading_limits import LimitExceeded

#: The groups whose parameters the server takes for its own (SVOM's notices have nothing outside of groups).
_SVOM = ("Svom_Identifiers", "Detection_Info")
#: Where time and position stand.
COORDS = ".//WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords"
_ISO_TIMES = re.compile(rb"(<(?:\w++:)?(?:ISOTime|Date)>)([^<]++)(</)")


def text_of(root: Element, path: str) -> str | None:
    """The text of the first element at a path; None if there is none."""
    found = root.find(path)
    return found.text if found is not None else None


def attribute_of(root: Element, path: str, name: str) -> str | None:
    """An attribute of the first element at a path; None if there is none."""
    found = root.find(path)
    return found.get(name) if found is not None else None


def float_of(text: str | None) -> float | None:
    """A number; UploadError for what is none."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        raise UploadError(f"could not convert string to float: {text!r}") from None


def whole_of(text: str | None) -> int | None:
    """A whole number; UploadError for what is none."""
    number = float_of(text)
    try:
        return None if number is None else int(number)
    except (ValueError, OverflowError):
        raise UploadError(f"cannot convert {text!r} to an integer") from None


def root_of(content: bytes) -> Element:
    """The document; UploadError if it is no XML, LimitExceeded if it is too much of it, or tells of entities."""
    try:
        check_xml(content)
        root = fromstring(content)
    except LimitExceeded:
        raise
    except (ParseError, ValueError) as error:
        raise UploadError(f"not a VOEvent: {error}") from None
    return root


def params_of(root: Element) -> dict[str, Element]:
    """The parameters of the part `What`, by name, whether or not they stand in groups.

    Of several of one name those of SVOM's groups count, as on the server, then those outside of groups, then the first.
    """
    listed = [*root.iterfind("What/Group//Param")][::-1] + root.findall("What/Param")
    for group in root.iterfind("What/Group"):
        if group.get("name") in _SVOM:
            listed += group.findall("Param")
    return {param.get("name") or "": param for param in listed}


def gps_of_event(root: Element) -> float:
    """The GPS seconds of what the document is about; UploadError if it has no time."""
    return time_of(text_of(root, f"{COORDS}/Time/TimeInstant/ISOTime"), "VOEvent")


def position_of(root: Element) -> dict[str, Any]:
    """The document's identifier, and where it points (degrees)."""
    return {
        "ivorn": root.get("ivorn"),
        "coord_system": attribute_of(root, COORDS, "coord_system_id"),
        "ra": float_of(text_of(root, f"{COORDS}/Position2D/Value2/C1")),
        "dec": float_of(text_of(root, f"{COORDS}/Position2D/Value2/C2")),
        "error_radius": float_of(text_of(root, f"{COORDS}/Position2D/Error2Radius")),
    }


def move_times(contents: bytes, shift_s: float) -> bytes | None:
    """A VOEvent with its UTC times moved; None if it is none."""
    if b"VOEvent" not in contents[:4096]:
        return None
    return _ISO_TIMES.sub(lambda match: match[1] + _moved(match[2], shift_s) + match[3], contents)


def _moved(text: bytes, shift_s: float) -> bytes:
    """A time, moved; what is no text at all stays."""
    try:
        return moved_time(text.decode(), shift_s).encode()
    except UnicodeDecodeError:
        return text
