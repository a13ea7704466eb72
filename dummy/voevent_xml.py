"""The VOEvent 2.0 document of an alert, in the parameters of LIGO/Virgo/KAGRA alerts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from gracetape.archive.voevent_types import VOEVENT_TYPES, VOEventType
from gracetape.dummy.links import Links
from gracetape.dummy.source import Record
from gracetape.times import utc_of

_VOE = "http://www.ivoa.net/xml/VOEvent/v2.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: Type -> what the document is; '' is for all others but retractions, which say nothing.
_REPORTS = {
    "EW": "Early report of a candidate gravitational wave event", "": "Report of a candidate gravitational wave event",
}  # fmt: skip
#: Parameter -> field of the VOEvent's record, what it says.
_CLASSES = {
    "BNS": ("prob_bns", "Probability of a binary neutron star merger"),
    "NSBH": ("prob_nsbh", "Probability of a merger of a neutron star and a black hole"),
    "BBH": ("prob_bbh", "Probability of a binary black hole merger"),
    "Terrestrial": ("prob_terrestrial", "Probability that the source is terrestrial: noise or a glitch"),
}
_PROPERTIES = {
    "HasNS": ("prob_has_ns", "Probability that an object of the binary is a neutron star"),
    "HasRemnant": ("prob_has_remnant", "Probability that mass was ejected outside the central object"),
    "HasMassGap": ("prob_has_mass_gap", "Probability that an object of the binary has 3 to 5 solar masses"),
}
_SITES = {
    "H1": "H1: LIGO Hanford 4 km gravitational wave detector",
    "L1": "L1: LIGO Livingston 4 km gravitational wave detector",
    "V1": "V1: Virgo 3 km gravitational wave detector",
    "K1": "K1: KAGRA 3 km gravitational wave detector",
}

ET.register_namespace("voe", _VOE)
ET.register_namespace("xsi", _XSI)


@dataclass(frozen=True)
class Told:
    """All that a document tells of: the object and its (preferred) event, the VOEvent's record and those before it, the external
    event that it coincides with, if any, and the object's addresses."""

    object: Record
    event: Record
    voevent: Record
    earlier: Sequence[Record]
    external: Record | None
    links: Links

    @property
    def type(self) -> VOEventType:
        return VOEVENT_TYPES[self.voevent["voevent_type"]]

    @property
    def retracts(self) -> bool:
        return self.type.code == "RE"


@dataclass(frozen=True)
class Param:
    """A parameter; its data type follows from the value's."""

    name: str
    value: str | int | float
    about: str
    ucd: str | None = None
    unit: str | None = None

    def element(self) -> ET.Element:
        kind = "string" if isinstance(self.value, str) else type(self.value).__name__
        shown = self.value if isinstance(self.value, str) else repr(self.value)
        said = {"name": self.name, "value": shown, "dataType": kind, "ucd": self.ucd, "unit": self.unit}
        element = ET.Element("Param", {key: value for key, value in said.items() if value is not None})
        ET.SubElement(element, "Description").text = self.about
        return element


def render(told: Told, now: datetime) -> bytes:
    """The document's bytes."""
    root = ET.Element(f"{{{_VOE}}}VOEvent", _attributes(told))
    if not told.retracts:
        ET.SubElement(root, "Description").text = _REPORTS.get(told.type.code, _REPORTS[""])
    _who(root, now)
    what = ET.SubElement(root, "What")
    what.extend(param.element() for param in _params(told))
    for name, params in _groups(told):
        group = ET.SubElement(what, "Group", {"name": name, "type": name})
        group.extend(param.element() for param in params)
    _where_when(root, told.event)
    if not told.retracts:
        _how(root, told)
    _citations(root, told)
    ET.indent(root, "    ")
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _attributes(told: Told) -> dict[str, str]:
    test = "Test" in (told.object.get("category"), told.event.get("group")) or told.event.get("search") == "MDC"
    return {
        "version": "2.0",
        "role": "test" if test else "observation",
        "ivorn": told.voevent["ivorn"],
        f"{{{_XSI}}}schemaLocation": f"{_VOE} http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd",
    }


def _who(root: ET.Element, now: datetime) -> None:
    who = ET.SubElement(root, "Who")
    ET.SubElement(who, "AuthorIVORN").text = "ivo://gwnet/LVC"
    ET.SubElement(who, "Date").text = now.strftime("%Y-%m-%dT%H:%M:%S")
    author = ET.SubElement(who, "Author")
    ET.SubElement(author, "contactName").text = "LIGO Scientific Collaboration, Virgo Collaboration, and KAGRA"


def _how(root: ET.Element, told: Told) -> None:
    how = ET.SubElement(root, "How")
    ET.SubElement(how, "Description").text = "Candidate gravitational wave event identified by low-latency analysis"
    instruments = (told.event.get("instruments") or "").split(",")
    for site, about in _SITES.items():
        if site in instruments:
            ET.SubElement(how, "Description").text = about
    if told.voevent["coinc_comment"]:
        ET.SubElement(how, "Description").text = "The candidate may have a gamma-ray burst as its counterpart"


def _params(told: Told) -> Iterator[Param]:
    voevent, kind = told.voevent, told.type
    graceid = told.object.get("superevent_id") or told.event["graceid"]
    yield Param("Packet_Type", kind.packet, f"Number of {kind.packet_name} among GCN's notice types")
    yield Param("internal", int(voevent["internal"]), "1 if it is for LIGO/Virgo/KAGRA members alone")
    yield Param("Pkt_Ser_Num", voevent["N"], "Running number of the alerts of this event")
    yield Param("GraceID", graceid, "Identifier in GraceDB", "meta.id")
    yield Param("AlertType", kind.title, "VOEvent alert type", "meta.version")
    yield Param("HardwareInj", int(voevent["hardware_inj"]), "1 if it is a hardware injection", "meta.number")
    yield Param("OpenAlert", int(voevent["open_alert"]), "1 if it is an open alert", "meta.number")
    page = told.links.detail().replace("/api/", "/", 1)
    yield Param("EventPage", page, "Page of the candidate", "meta.ref.url")
    if not told.retracts:
        yield from _of_event(told.event)


def _of_event(event: Record) -> Iterator[Param]:
    yield Param("Instruments", event.get("instruments") or "", "Detectors that the candidate was found in", "meta.code")
    if far := event.get("far"):
        yield Param("FAR", float(far), "Rate of candidates as strong or stronger", "arith.rate;stat.falsealarm", "Hz")
    for name in ("group", "pipeline", "search"):
        if event.get(name):
            yield Param(name.capitalize(), event[name], f"The {name} that found it", "meta.code")
    attributes = event.get("extra_attributes") or {}
    for table, field, name, about, ucd, unit in _MEASURED:
        if (value := (attributes.get(table) or {}).get(field)) is not None:
            yield Param(name, float(value), about, ucd, unit)


#: What events of bursts have besides: (table, field, parameter, what it says, ucd, unit).
_MEASURED = (
    ("MultiBurst", "central_freq", "CentralFreq", "Central frequency of the signal", "gw.frequency", "Hz"),
    ("MultiBurst", "duration", "Duration", "Duration of the signal", "time.duration", "s"),
    ("LalInferenceBurst", "frequency_mean", "frequency", "Mean frequency of the signal", "gw.frequency", "Hz"),
)


def _groups(told: Told) -> Iterator[tuple[str, list[Param]]]:
    if told.retracts:
        return
    if told.external is not None:
        yield "External Coincidence", list(_coincidence(told, told.external))
    if skymap := told.voevent.get("skymap_filename"):
        yield "GW_SKYMAP", [Param("skymap_fits", told.links.file(skymap), "Sky map, FITS", "meta.ref.url")]
    for name, fields in (("Classification", _CLASSES), ("Properties", _PROPERTIES)):
        yield name, list(_probabilities(told.voevent, fields))


def _probabilities(voevent: Record, fields: Mapping[str, tuple[str, str]]) -> Iterator[Param]:
    for name, (field, about) in fields.items():
        if voevent.get(field) is not None:
            yield Param(name, float(voevent[field]), about, "stat.probability")


def _coincidence(told: Told, external: Record) -> Iterator[Param]:
    grb = (external.get("extra_attributes") or {}).get("GRB") or {}
    for name, value, about, ucd in (
        ("External_GCN_Notice_Id", grb.get("trigger_id"), "Trigger id of the external event", "meta.id"),
        ("External_Ivorn", grb.get("ivorn"), "IVORN of the external event", "meta.id"),
        ("External_Observatory", external.get("pipeline"), "Who observed it", "meta.code"),
        ("External_Search", external.get("search"), "The search that found it", "meta.code"),
    ):
        if value:
            yield Param(name, value, about, ucd)
    if external.get("gpstime") is not None and told.object.get("t_0") is not None:
        apart = round(external["gpstime"] - float(told.object["t_0"]), 2)
        yield Param("Time_Difference", apart, "From the candidate to the external event", "meta.code", "s")
    for name, field in (
        ("Time_Coincidence_FAR", "time_coinc_far"),
        ("Time_Sky_Position_Coincidence_FAR", "space_coinc_far"),
    ):
        if told.object.get(field) is not None:
            about = "Rate of coincidences like this one"
            yield Param(name, float(told.object[field]), about, "arith.rate;stat.falsealarm", "Hz")
    if skymap := told.voevent.get("combined_skymap_filename"):
        yield Param("joint_skymap_fits", told.links.file(skymap), "Combined sky map, FITS", "meta.ref.url")


def _where_when(root: ET.Element, event: Record) -> None:
    data = ET.SubElement(ET.SubElement(root, "WhereWhen"), "ObsDataLocation")
    ET.SubElement(data, "ObservatoryLocation", {"id": "LIGO Virgo"})
    place = ET.SubElement(data, "ObservationLocation")
    ET.SubElement(place, "AstroCoordSystem", {"id": "UTC-FK5-GEO"})
    coords = ET.SubElement(place, "AstroCoords", {"coord_system_id": "UTC-FK5-GEO"})
    instant = ET.SubElement(ET.SubElement(coords, "Time", {"unit": "s"}), "TimeInstant")
    ET.SubElement(instant, "ISOTime").text = utc_of(float(event["gpstime"])).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _citations(root: ET.Element, told: Told) -> None:
    if not told.earlier:
        return
    citations = ET.SubElement(root, "Citations")
    for record in told.earlier:
        cite = "retraction" if told.retracts else "supersedes"
        ET.SubElement(citations, "EventIVORN", {"cite": cite}).text = record["ivorn"]
    ET.SubElement(citations, "Description").text = told.type.cited
