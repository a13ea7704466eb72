"""Reads External triggers: VOEvent XML of gamma-ray and neutrino missions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gracetape.bounded_xml import check_xml
from gracetape.dummy.uploads.event import UploadedEvent, UploadError
from gracetape.reading_limits import LimitExceeded
from gracetape.times import gps_of

_DURATIONS = ("Trig_Dur", "Trans_Duration", "Data_Integ", "Integ_Time", "Trig_Timescale")
_TRIGGER_IDS = ("TrigID", "Trans_Num", "EventID")
_COORDS = ".//WhereWhen/ObsDataLocation/ObservationLocation/AstroCoords"
_YEAR = 365 * 86400.0  # seconds, as the server counts rates given per year


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


def _whole(text: str | None) -> int | None:
    number = _float(text)
    try:
        return None if number is None else int(number)
    except (ValueError, OverflowError):
        raise UploadError(f"cannot convert {text!r} to an integer") from None


def _root(content: bytes) -> Element:
    try:
        check_xml(content)
        root: Element = fromstring(content)
    except LimitExceeded:
        raise
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UploadError(f"not a VOEvent: {error}") from None
    return root


def _params(root: Element) -> dict[str, Element]:
    return {param.get("name") or "": param for param in root.findall("What/Param")}


def _position(root: Element) -> dict[str, Any]:
    return {
        "ivorn": root.get("ivorn"),
        "coord_system": _attribute(root, _COORDS, "coord_system_id"),
        "ra": _float(_text(root, f"{_COORDS}/Position2D/Value2/C1")),
        "dec": _float(_text(root, f"{_COORDS}/Position2D/Value2/C2")),
        "error_radius": _float(_text(root, f"{_COORDS}/Position2D/Error2Radius")),
    }


def read_voevent(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A gamma-ray trigger: time, position, author, trigger id and duration, and FAR (Hz) where it is given."""
    root = _root(content)
    gpstime = _gps(_text(root, f"{_COORDS}/Time/TimeInstant/ISOTime"))
    params = {name: param.get("value") for name, param in _params(root).items()}
    duration = next((_float(params[name]) for name in _DURATIONS if name in params), None)
    attributes = _position(root) | {
        "author_ivorn": _text(root, "Who/AuthorIVORN"),
        "author_shortname": _text(root, "Who/Author/shortName"),
        "observatory_location_id": _attribute(root, "WhereWhen/ObsDataLocation/ObservatoryLocation", "id"),
        "how_description": _text(root, "How/Description"),
        "how_reference_url": _attribute(root, "How/Reference", "uri"),
        "T90": None,
        "trigger_duration": duration or None,
        "designation": None,
        "redshift": None,
        "trigger_id": next((params[name] for name in _TRIGGER_IDS if name in params), None),
    }
    return UploadedEvent(gpstime=gpstime, far=_float(params.get("FAR")), extra_attributes={"GRB": attributes})


#: Field of the record -> name of the parameter, how it is read.
_NEUTRINO = {
    "signalness": ("signalness", _float), "energy": ("energy", _float), "src_error_90": ("src_error_90", _float),
    "src_error_50": ("src_error_50", _float), "amon_id": ("AMON_ID", _whole), "run_id": ("run_id", _whole),
    "event_id": ("event_id", _whole), "stream": ("Stream", _whole),
}  # fmt: skip


def read_neutrino(content: bytes, about: Mapping[str, str]) -> UploadedEvent:
    """A neutrino: time, position and its errors (degrees), energy (TeV), and a false alarm rate, which is given per year."""
    root = _root(content)
    gpstime = _gps(_text(root, f"{_COORDS}/Time/TimeInstant/ISOTime"))
    params = _params(root)
    rate = params.get("FAR")
    per_year = _float(rate.get("value")) if rate is not None else None
    attributes = _position(root)
    attributes |= {"far_ne": per_year, "far_unit": rate.get("unit") if rate is not None else None}
    for field, (name, read) in _NEUTRINO.items():
        attributes[field] = read(params[name].get("value")) if name in params else None
    far = None if per_year is None else per_year / _YEAR
    return UploadedEvent(gpstime=gpstime, far=far, extra_attributes={"NeutrinoEvent": attributes})


def _gps(text: str | None) -> float:
    if text is None:
        raise UploadError("the VOEvent has no time")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UploadError(f"the VOEvent's time is unreadable: {text!r}") from None
    return gps_of(moment)
