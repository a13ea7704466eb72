"""The VOEvent that went out at a moment: the file that the archive keeps of it, or one written from the records; and what one says."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from xml.etree.ElementTree import ParseError, fromstring

from gracetape.archive.alerts.notices.moments import Moment
from gracetape.archive.alerts.notices.notice import Notice
from gracetape.archive.alerts.notices.probabilities import CLASSIFICATION, PROPERTIES
from gracetape.archive.alerts.notices.voevent_xml import Told, render
from gracetape.archive.history.rules import Record
from gracetape.bounded_xml import check_xml
from gracetape.errors import GracetapeError
from gracetape.times import gps_of, parse_time

#: Parameter of a document -> field of the event's record.
_OF_EVENT = {
    "Instruments": "instruments", "FAR": "far", "Group": "group", "Pipeline": "pipeline", "Search": "search",
}  # fmt: skip

#: The same of a burst -> what a notice calls it.
_OF_BURST = {"Duration": "duration", "frequency": "central_frequency", "CentralFreq": "central_frequency"}


def params_of(document: bytes | None) -> dict[str, str]:
    """The parameters of a VOEvent by name, those inside groups too; `ISOTime` is the event's. Nothing where it is no such document."""
    if document is None:
        return {}
    try:
        check_xml(document)
        root = fromstring(document)
    except (ValueError, ParseError):
        return {}
    found = {str(p.get("name")): str(p.get("value")) for p in root.iter("Param") if p.get("name") and p.get("value")}
    if time := root.findtext(".//ISOTime"):
        found["ISOTime"] = time.strip()
    return found


def event_of(params: dict[str, str]) -> Record:
    """What a document's parameters say of the event, as its record would: for what the records at hand do not tell."""
    said: Record = {field: params[name] for name, field in _OF_EVENT.items() if name in params}
    try:
        said["far"] = float(said["far"])
    except (KeyError, ValueError):
        said.pop("far", None)
    for name, field in _OF_BURST.items():
        try:
            said[field] = float(params[name])
        except (KeyError, ValueError):
            continue
    try:
        time = params["ISOTime"]
        said["gpstime"] = gps_of(parse_time(time if time.endswith("Z") else f"{time}Z"))
    except (KeyError, GracetapeError):
        pass
    return said


def voevent_said(record: Record | None, params: dict[str, str]) -> Record | None:
    """A VOEvent's record with what its document alone tells; the document's word where there is no record, None where neither is."""
    if record is None and "AlertType" not in params:
        return None
    said: Record = {}
    for name, field in (CLASSIFICATION | PROPERTIES).items():
        try:
            said[field] = float(params[name])
        except (KeyError, ValueError):
            continue
    for name, field in (("skymap_fits", "skymap_filename"), ("joint_skymap_fits", "combined_skymap_filename")):
        if name in params:
            said[field] = params[name].rpartition("/")[2]
    if "Significant" in params:
        said["significant"] = params["Significant"] == "1"
    if "External_GCN_Notice_Id" in params or "External_Observatory" in params:
        said["raven_coinc"] = True
    return said | {name: value for name, value in (record or {}).items() if value is not None}


def written(
    moment: Moment,
    number: int,
    notice: Notice,
    record: Record,
    event: Record,
    external: Record | None,
    earlier: Sequence[Record],
) -> bytes | None:
    """The document of a moment whose file is not at hand; None if the records do not tell enough (no time of the event).

    `number` is its place among the superevent's alerts, `earlier` are those before it.
    """
    told = moment.voevent or {}
    graceid = str(notice.message["superevent_id"])
    title = f"{graceid}-{number}-{moment.type.title}"
    significant = (notice.message["event"] or {}).get("significant")
    said = {
        "N": number,
        "ivorn": f"ivo://gwnet/LVC#{title}",
        "internal": False,
        "open_alert": True,
        "significant": significant,
    }
    said |= {"skymap_filename": notice.skymap or None} | _probabilities(notice)
    said |= {name: value for name, value in told.items() if value is not None} | {"voevent_type": moment.type.code}
    if event.get("gpstime") is None:
        event = event | {"gpstime": record.get("t_0")}
    page = next(iter(notice.message["urls"].values()), "")
    if event["gpstime"] is None:
        return None
    links = record.get("links") or {}
    files = str(links.get("files") or str(links.get("self") or "").rstrip("/") + "/files/")
    when: datetime = moment.entry.created
    told_of = Told(record, event, said, earlier, external, page, lambda name: files + quote(str(name), safe=","))
    try:
        return render(told_of, when)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError):  # records of strangers hold anything
        return None


def _probabilities(notice: Notice) -> Record:
    event = notice.message["event"] or {}
    found = {field: event.get("classification", {}).get(name) for name, field in CLASSIFICATION.items()}
    return found | {field: event.get("properties", {}).get(name) for name, field in PROPERTIES.items()}
