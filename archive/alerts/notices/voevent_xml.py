"""The VOEvent 2.0 document of an alert, element by element as the server writes it (texts of descriptions too: readers show them).

Facts: gracedb-server, annotations/voevent_utils.py; the examples of the public alerts user guide (docs/credits.md). Where those two
differ, the guide's, which are the later ones, are followed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from gracetape.archive.history.rules import Record
from gracetape.archive.voevent_types import VOEVENT_TYPES, VOEventType
from gracetape.times import utc_of

_VOE = "http://www.ivoa.net/xml/VOEvent/v2.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: What the document is, by type; '' is for all others but retractions, which say nothing.
_REPORTS = {
    "EW": "Early warning report of a candidate gravitational wave event",
    "": "Report of a candidate gravitational wave event",
}
_AUTHORS = "LIGO Scientific Collaboration, Virgo Collaboration, and KAGRA Collaboration"
#: Parameter -> field of the VOEvent's record, what it says.
_CLASSES = {
    "BNS": (
        "prob_bns",
        "Probability that the source is a binary neutron star merger (both objects lighter than 3 solar masses)",
    ),
    "NSBH": (
        "prob_nsbh",
        "Probability that the source is a neutron star-black hole merger (secondary lighter than 3 solar masses)",
    ),
    "BBH": (
        "prob_bbh",
        "Probability that the source is a binary black hole merger (both objects heavier than 3 solar masses)",
    ),
    "Terrestrial": (
        "prob_terrestrial",
        "Probability that the source is terrestrial (i.e., a background noise fluctuation or a glitch)",
    ),
}
_PROPERTIES = {
    "HasNS": (
        "prob_has_ns",
        "Probability that at least one object in the binary has a mass that is less than 3 solar masses",
    ),
    "HasRemnant": (
        "prob_has_remnant",
        "Probability that a nonzero mass was ejected outside the central remnant object",
    ),
    "HasMassGap": (
        "prob_has_mass_gap",
        "Probability that at least one object in the binary has a mass between 3 and 5 solar masses",
    ),
}
#: Group -> what it says.
_GROUPS = {
    "External Coincidence": "Properties of joint coincidence found by RAVEN",
    "Classification": (
        "Source classification: binary neutron star (BNS), neutron star-black hole (NSBH), binary black hole (BBH), or "
        "terrestrial (noise)"
    ),
    "Properties": (
        "Qualitative properties of the source, conditioned on the assumption that the signal is an astrophysical compact "
        "binary merger"
    ),
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
    event that it coincides with, if any, the address of the object's page, and what gives that of a file.
    """

    object: Record
    event: Record
    voevent: Record
    earlier: Sequence[Record]
    external: Record | None
    page: str
    file_at: Callable[[str], str]

    @property
    def type(self) -> VOEventType:
        return VOEVENT_TYPES[self.voevent["voevent_type"]]

    @property
    def retracts(self) -> bool:
        return self.type.code == "RE"

    @property
    def role(self) -> str:
        """`test` for what is no observation: test and mock events."""
        mock = self.event.get("search") == "MDC" or self.object.get("category") in ("Test", "MDC")
        return "test" if mock or self.event.get("group") == "Test" else "observation"


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
    _who(root, now)
    what = ET.SubElement(root, "What")
    what.extend(param.element() for param in _params(told))
    for name, params in _groups(told):
        group = ET.SubElement(what, "Group", {"name": name, "type": name})
        group.extend(param.element() for param in params)
        if name in _GROUPS:
            ET.SubElement(group, "Description").text = _GROUPS[name]
    _where_when(root, told.event)
    if not told.retracts:
        ET.SubElement(root, "Description").text = _REPORTS.get(told.type.code, _REPORTS[""])
        _how(root, told)
    _citations(root, told)
    ET.indent(root, "  ")
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _attributes(told: Told) -> dict[str, str]:
    return {
        "version": "2.0",
        "role": told.role,
        "ivorn": told.voevent["ivorn"],
        f"{{{_XSI}}}schemaLocation": f"{_VOE} http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd",
    }


def _who(root: ET.Element, now: datetime) -> None:
    who = ET.SubElement(root, "Who")
    ET.SubElement(who, "Date").text = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    ET.SubElement(ET.SubElement(who, "Author"), "contactName").text = _AUTHORS


def _how(root: ET.Element, told: Told) -> None:
    how = ET.SubElement(root, "How")
    ET.SubElement(how, "Description").text = "Candidate gravitational wave event identified by low-latency analysis"
    instruments = (told.event.get("instruments") or "").split(",")
    for site, about in _SITES.items():
        if site in instruments:
            ET.SubElement(how, "Description").text = about
    if told.voevent.get("coinc_comment"):
        said = "A gravitational wave trigger identified a possible counterpart GRB"
        ET.SubElement(how, "Description").text = said


def _params(told: Told) -> Iterator[Param]:
    voevent, kind = told.voevent, told.type
    graceid = told.object.get("gw_id") or told.object.get("superevent_id") or told.event["graceid"]
    number = (
        f"The Notice Type number is assigned/used within GCN, eg type={kind.packet} is an {kind.packet_name} notice"
    )
    yield Param("Packet_Type", kind.packet, number)
    members = "Indicates whether this event should be distributed to LSC/Virgo/KAGRA members only"
    yield Param("internal", int(bool(voevent.get("internal"))), members)
    serial = "A number that increments by 1 each time a new revision is issued for this event"
    yield Param("Pkt_Ser_Num", voevent["N"], serial)
    yield Param("GraceID", graceid, "Identifier in GraceDB", "meta.id")
    yield Param("AlertType", kind.title, "VOEvent alert type", "meta.version")
    injected = "Indicates that this event is a hardware injection if 1, no if 0"
    yield Param("HardwareInj", int(bool(voevent.get("hardware_inj"))), injected, "meta.number")
    opened = "Indicates that this event is an open alert if 1, no if 0"
    yield Param("OpenAlert", int(bool(voevent.get("open_alert"))), opened, "meta.number")
    yield Param("EventPage", told.page, "Web page for evolving status of this GW candidate", "meta.ref.url")
    if not told.retracts:
        yield from _of_event(told)


#: Field of the event -> what the parameter of that name says.
_FOUND_BY = {
    "group": "Data analysis working group",
    "pipeline": "Low-latency data analysis pipeline",
    "search": "Specific low-latency search",
}


def _of_event(told: Told) -> Iterator[Param]:
    event = told.event
    found = "List of instruments used in analysis to identify this event"
    yield Param("Instruments", event.get("instruments") or "", found, "meta.code")
    if far := event.get("far"):
        rate = "False alarm rate for GW candidates with this strength or greater"
        yield Param("FAR", float(far), rate, "arith.rate;stat.falsealarm", "Hz")
    if told.voevent.get("significant") is not None:
        strong = "Indicates that this event is a significant alert if 1, no if 0"
        yield Param("Significant", int(told.voevent["significant"]), strong, "meta.number")
    for name, about in _FOUND_BY.items():
        if event.get(name):
            yield Param(name.capitalize(), event[name], about, "meta.code")
    attributes = event.get("extra_attributes") or {}
    for table, field, name, about, ucd, unit in _MEASURED:
        if (value := (attributes.get(table) or {}).get(field)) is not None:
            yield Param(name, float(value), about, ucd, unit)


#: What events of bursts have besides: (table, field, parameter, what it says, ucd, unit).
_MEASURED = (
    ("MultiBurst", "central_freq", "CentralFreq", "Central frequency of GW burst signal", "gw.frequency", "Hz"),
    ("MultiBurst", "duration", "Duration", "Measured duration of GW burst signal", "time.duration", "s"),
    ("LalInferenceBurst", "frequency_mean", "frequency", "Mean frequency of GW burst signal", "gw.frequency", "Hz"),
)


def _groups(told: Told) -> Iterator[tuple[str, list[Param]]]:
    if told.retracts:
        return
    if told.external is not None:
        yield "External Coincidence", list(_coincidence(told, told.external))
    if skymap := told.voevent.get("skymap_filename"):
        yield "GW_SKYMAP", [Param("skymap_fits", told.file_at(skymap), "Sky Map FITS", "meta.ref.url")]
    for name, fields in (("Classification", _CLASSES), ("Properties", _PROPERTIES)):
        yield name, list(_probabilities(told.voevent, fields))


def _probabilities(voevent: Record, fields: Mapping[str, tuple[str, str]]) -> Iterator[Param]:
    for name, (field, about) in fields.items():
        if voevent.get(field) is not None:
            yield Param(name, float(voevent[field]), about, "stat.probability")


def _coincidence(told: Told, external: Record) -> Iterator[Param]:
    grb = (external.get("extra_attributes") or {}).get("GRB") or {}
    for name, value, about, ucd in (
        ("External_GCN_Notice_Id", grb.get("trigger_id"), "GCN trigger ID of external event", "meta.id"),
        ("External_Ivorn", grb.get("ivorn"), "IVORN of external event", "meta.id"),
        ("External_Observatory", external.get("pipeline"), "External Observatory", "meta.code"),
        ("External_Search", external.get("search"), "External astrophysical search", "meta.code"),
    ):
        if value:
            yield Param(name, str(value), about, ucd)
    if external.get("gpstime") is not None and told.object.get("t_0") is not None:
        apart = round(float(external["gpstime"]) - float(told.object["t_0"]), 2)
        about = "Time difference between GW candidate and external event, centered on the GW candidate"
        yield Param("Time_Difference", apart, about, "meta.code")
    for name, field, using in (
        ("Time_Coincidence_FAR", "time_coinc_far", "timing"),
        ("Time_Sky_Position_Coincidence_FAR", "space_coinc_far", "timing and sky position"),
    ):
        if told.object.get(field):
            about = f"Estimated coincidence false alarm rate in Hz using {using}"
            yield Param(name, float(told.object[field]), about, "arith.rate;stat.falsealarm", "Hz")
    if skymap := told.voevent.get("combined_skymap_filename"):
        yield Param("joint_skymap_fits", told.file_at(skymap), "Combined GW-External Sky Map FITS", "meta.ref.url")


def _where_when(root: ET.Element, event: Record) -> None:
    data = ET.SubElement(ET.SubElement(root, "WhereWhen"), "ObsDataLocation")
    ET.SubElement(data, "ObservatoryLocation", {"id": "LIGO Virgo KAGRA"})
    place = ET.SubElement(data, "ObservationLocation")
    ET.SubElement(place, "AstroCoordSystem", {"id": "UTC-FK5-GEO"})
    coords = ET.SubElement(place, "AstroCoords", {"coord_system_id": "UTC-FK5-GEO"})
    instant = ET.SubElement(ET.SubElement(coords, "Time", {"unit": "s"}), "TimeInstant")
    ET.SubElement(instant, "ISOTime").text = utc_of(float(event["gpstime"])).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _citations(root: ET.Element, told: Told) -> None:
    """All earlier documents, the newest first, in the words that the client's own tests ask of a server."""
    if not told.earlier:
        return
    citations = ET.SubElement(root, "Citations")
    for record in sorted(told.earlier, key=lambda earlier: -int(earlier["N"])):
        cite = "retraction" if told.type.code == "RE" else "supersedes"
        ET.SubElement(citations, "EventIVORN", {"cite": cite}).text = record["ivorn"]
    ET.SubElement(citations, "Description").text = told.type.cited
