"""The VOEvent 2.0 document of an alert, in the parameters of LIGO/Virgo/KAGRA alerts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from dummy.dateids import utc_of
from dummy.links import Links
from dummy.source import Record

_VOE = "http://www.ivoa.net/xml/VOEvent/v2.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMES = {"PR": "Preliminary", "IN": "Initial", "UP": "Update", "RE": "Retraction"}
_PROPERTIES = {"HasNS": "prob_has_ns", "HasRemnant": "prob_has_remnant", "HasMassGap": "prob_has_mass_gap"}
_CLASSES = {"BNS": "prob_bns", "NSBH": "prob_nsbh", "BBH": "prob_bbh", "Terrestrial": "prob_terrestrial"}
_SITES = {
    "H1": "H1: LIGO Hanford 4 km gravitational wave detector",
    "L1": "L1: LIGO Livingston 4 km gravitational wave detector",
    "V1": "V1: Virgo 3 km gravitational wave detector",
    "K1": "K1: KAGRA 3 km gravitational wave detector",
}

ET.register_namespace("voe", _VOE)
ET.register_namespace("xsi", _XSI)


def render(
    record: Record, event: Record, voevent: Record, earlier: Sequence[Record], now: datetime, links: Links
) -> bytes:
    """The document's bytes. `record` is the object it is of, `event` the (preferred) event, `earlier` what it cites."""
    schema = f"{_VOE} http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd"
    test = record.get("category") == "Test" or event.get("group") == "Test"
    root = ET.Element(
        f"{{{_VOE}}}VOEvent",
        {
            "version": "2.0",
            "role": "test" if test or voevent["hardware_inj"] else "observation",
            "ivorn": voevent["ivorn"],
            f"{{{_XSI}}}schemaLocation": schema,
        },
    )
    _who(root, now)
    what = ET.SubElement(root, "What")
    for name, kind, value in _params(record, event, voevent, links):
        ET.SubElement(what, "Param", {"name": name, "dataType": kind, "value": value})
    if voevent["voevent_type"] != "RE":
        _groups(what, event, voevent, links)
    _where_when(root, event)
    if voevent["voevent_type"] != "RE":
        how = ET.SubElement(root, "How")
        ET.SubElement(how, "Description").text = "Candidate gravitational wave event identified by low-latency analysis"
        for site in (event.get("instruments") or "").split(","):
            if site in _SITES:
                ET.SubElement(how, "Description").text = _SITES[site]
    _citations(root, voevent, earlier)
    ET.SubElement(root, "Description").text = "Report of a candidate gravitational wave event"
    ET.indent(root, "    ")
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _who(root: ET.Element, now: datetime) -> None:
    who = ET.SubElement(root, "Who")
    ET.SubElement(who, "AuthorIVORN").text = "ivo://gwnet/LVC"
    ET.SubElement(who, "Date").text = now.strftime("%Y-%m-%dT%H:%M:%S")
    author = ET.SubElement(who, "Author")
    ET.SubElement(author, "contactName").text = "LIGO Scientific Collaboration, Virgo Collaboration, and KAGRA"


def _params(record: Record, event: Record, voevent: Record, links: Links) -> Iterator[tuple[str, str, str]]:
    yield "Packet_Type", "int", {"PR": "150", "IN": "151", "UP": "152", "RE": "164"}[voevent["voevent_type"]]
    yield "internal", "int", str(int(voevent["internal"]))
    yield "Pkt_Ser_Num", "string", str(voevent["N"])
    yield "GraceID", "string", str(record.get("gw_id") or record.get("superevent_id") or event["graceid"])
    yield "AlertType", "string", _NAMES[voevent["voevent_type"]]
    yield "HardwareInj", "int", str(int(voevent["hardware_inj"]))
    yield "OpenAlert", "int", str(int(voevent["open_alert"]))
    yield "EventPage", "string", links.detail().replace("/api/", "/", 1)
    if voevent["voevent_type"] == "RE":
        return
    yield "Instruments", "string", event.get("instruments") or ""
    if (far := event.get("far")) is not None:
        yield "FAR", "float", repr(far)
    for name in ("group", "pipeline", "search"):
        if event.get(name):
            yield name.capitalize(), "string", event[name]


def _groups(what: ET.Element, event: Record, voevent: Record, links: Links) -> None:
    if skymap := voevent.get("skymap_filename"):
        group = ET.SubElement(what, "Group", {"name": "GW_SKYMAP", "type": "GW_SKYMAP"})
        ET.SubElement(group, "Param", {"name": "skymap_fits", "dataType": "string", "value": links.file(skymap)})
    for title, fields in (("Classification", _CLASSES), ("Properties", _PROPERTIES)):
        found = {name: voevent[field] for name, field in fields.items() if voevent.get(field) is not None}
        if found:
            group = ET.SubElement(what, "Group", {"name": title, "type": title})
            for name, value in found.items():
                ET.SubElement(group, "Param", {"name": name, "dataType": "float", "value": repr(value)})


def _where_when(root: ET.Element, event: Record) -> None:
    data = ET.SubElement(ET.SubElement(root, "WhereWhen"), "ObsDataLocation")
    ET.SubElement(data, "ObservatoryLocation", {"id": "LIGO Virgo"})
    place = ET.SubElement(data, "ObservationLocation")
    ET.SubElement(place, "AstroCoordSystem", {"id": "UTC-FK5-GEO"})
    coords = ET.SubElement(place, "AstroCoords", {"coord_system_id": "UTC-FK5-GEO"})
    instant = ET.SubElement(ET.SubElement(coords, "Time", {"unit": "s"}), "TimeInstant")
    ET.SubElement(instant, "ISOTime").text = utc_of(float(event["gpstime"])).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _citations(root: ET.Element, voevent: Record, earlier: Sequence[Record]) -> None:
    if not earlier:
        return
    citations = ET.SubElement(root, "Citations")
    cite = "retraction" if voevent["voevent_type"] == "RE" else "supersedes"
    for record in earlier:
        ET.SubElement(citations, "EventIVORN", {"cite": cite}).text = record["ivorn"]
