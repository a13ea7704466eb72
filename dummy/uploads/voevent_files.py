"""Reads External triggers: VOEvent XML of gamma-ray and neutrino missions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dummy.dateids import gps_of
from dummy.uploads.event import UploadedEvent, UploadError

_DURATIONS = ("Trig_Dur", "Trans_Duration", "Data_Integ", "Integ_Time", "Trig_Timescale")
_TRIGGER_IDS = ("TrigID", "Trans_Num", "EventID")


def _text(root: Element, path: str) -> str | None:
    found = root.find(path)
    return found.text if found is not None else None


def _attribute(root: Element, path: str, name: str) -> str | None:
    found = root.find(path)
    return found.get(name) if found is not None else None


def _float(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        raise UploadError(f"could not convert string to float: {text!r}") from None


def read_voevent(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A VOEvent: time, position, author, trigger id and duration, and FAR (Hz) where it is given."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException) as error:
        raise UploadError(f"not a VOEvent: {error}") from None
    coords = ".//WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords"
    moment = _text(root, f"{coords}/Time/TimeInstant/ISOTime")
    if moment is None:
        raise UploadError("the VOEvent has no time")
    params = {p.get("name"): p.get("value") for p in root.findall("What/Param")}
    duration = next((_float(params[name]) for name in _DURATIONS if name in params), None)
    attributes: dict[str, Any] = {
        "ivorn": root.get("ivorn"),
        "author_ivorn": _text(root, "Who/AuthorIVORN"),
        "author_shortname": _text(root, "Who/Author/shortName"),
        "observatory_location_id": _attribute(root, "WhereWhen/ObsDataLocation/ObservatoryLocation", "id"),
        "coord_system": _attribute(root, coords, "coord_system_id"),
        "ra": _float(_text(root, f"{coords}/Position2D/Value2/C1")),
        "dec": _float(_text(root, f"{coords}/Position2D/Value2/C2")),
        "error_radius": _float(_text(root, f"{coords}/Position2D/Error2Radius")),
        "how_description": _text(root, "How/Description"),
        "how_reference_url": _attribute(root, "How/Reference", "uri"),
        "T90": None,
        "trigger_duration": duration or None,
        "designation": None,
        "redshift": None,
        "trigger_id": next((params[name] for name in _TRIGGER_IDS if name in params), None),
    }
    return UploadedEvent(gpstime=_gps(moment), far=_float(params.get("FAR")), extra_attributes={"GRB": attributes})


def _gps(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UploadError(f"the VOEvent's time is unreadable: {text!r}") from None
    return gps_of(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
