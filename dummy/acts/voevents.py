"""VOEvents: the record, and the file that it is sent out as."""

import re
from collections.abc import Mapping
from typing import Any

from gracetape.archive.alerts.notices.significance import is_significant
from gracetape.archive.alerts.notices.voevent_xml import Told, render
from gracetape.archive.blobs import spool_in
from gracetape.archive.voevent_types import VOEVENT_TYPES
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.refusals import refused
from gracetape.dummy.source import Record

#: Field of a request -> field of the record, for the numbers between 0 and 1.
PROBABILITIES = {
    "ProbHasNS": "prob_has_ns", "ProbHasRemnant": "prob_has_remnant", "BNS": "prob_bns", "NSBH": "prob_nsbh",
    "BBH": "prob_bbh", "Terrestrial": "prob_terrestrial", "HasMassGap": "prob_has_mass_gap",
}  # fmt: skip
_TAGS = ("em_follow",)
#: Types that need a sky map, and those that can have one.
_WITH_SKYMAP, _MAYBE_SKYMAP = ("IN", "UP"), ("PR", "EW")
_EVENT_ID = re.compile(r"[GEHMT]\d{1,18}")


def create(writer: Writer, subject: Subject, kind: str, given: Mapping[str, Any]) -> Record:
    """Make a VOEvent of type `kind` (of VOEVENT_TYPES). `given` holds the flags, the sky map and the probabilities.

    Problem (400) if a sky map is needed and not named, or is not among the files.
    """
    event, external = _described(writer, subject), None
    if subject.category == "event":
        _check_event(subject, kind, given)
    else:
        if event.get("gpstime") is None:
            raise refused("voevent_gpstime")
        _check_skymap(subject, kind, given)
        external = _external(writer, subject, given)
    n = writer.tx.next_n(subject.graceid, "voevent")
    name = f"{subject.graceid}-{n}-{VOEVENT_TYPES[kind].title}.xml"
    record = _record(writer, subject, kind, n, name, given)
    earlier = subject.view.records("voevent")
    page = subject.links.page()
    xml = render(Told(subject.record, event, record, earlier, external, page, subject.links.file), writer.now)
    blob = writer.tx.keep_blob(*spool_in(writer.tx.archive.blobs, iter([xml])))
    file = writer.tx.add_file(subject.graceid, name, blob)
    record |= {"file_version": file.version}
    record["links"] = {"self": subject.links.voevent(n), "file": subject.links.file(file.full_name)}
    subject.put("voevent", n, record)
    writer.record(subject, "voevent", file=file, tags=_TAGS)
    return record


def _described(writer: Writer, subject: Subject) -> Record:
    """The event that the VOEvent tells of: itself, or the superevent's preferred one."""
    if subject.category == "event":
        return subject.record
    event = writer.find(subject.record["preferred_event"])
    return event.record if event else subject.record.get("preferred_event_data") or {}


def _external(writer: Writer, subject: Subject, given: Mapping[str, Any]) -> Record | None:
    """The external event that a superevent coincides with, which its em_type names; Problem (400) where it names none."""
    if not given.get("raven_coinc"):
        return None
    graceid = subject.record.get("em_type")
    if graceid is None:
        raise refused("em_type_none", superevent=subject.shown_id)
    if not _EVENT_ID.fullmatch(str(graceid)):
        raise refused("em_type_invalid", superevent=subject.shown_id)
    event = writer.find(str(graceid))
    if event is None:
        raise refused("em_type_unknown", em_type=graceid)
    combined = given.get("combined_skymap_filename")
    if combined is not None and not _has_file(subject, str(combined)):
        raise refused("combined_no_file", name=combined)
    return event.record


def _check_skymap(subject: Subject, kind: str, given: Mapping[str, Any]) -> None:
    name = given.get("skymap_filename")
    if kind not in _WITH_SKYMAP and not (kind in _MAYBE_SKYMAP and name):
        return
    if not name:
        raise refused("voevent_skymap")
    if not given.get("skymap_type"):
        raise refused("voevent_skymap_type")
    if not _has_file(subject, str(name)):
        raise refused("voevent_no_file", name=name)


def _check_event(subject: Subject, kind: str, given: Mapping[str, Any]) -> None:
    """Problem (400) where no VOEvent can be made of an event."""
    name, skymap_type = given.get("skymap_filename"), given.get("skymap_type")
    if bool(name) != bool(skymap_type):
        raise refused("event_voevent_skymap")
    if not subject.record.get("gpstime"):
        raise refused("event_voevent_gpstime")
    if not subject.record.get("far"):
        raise refused("event_voevent_far")
    if kind in _WITH_SKYMAP and not name:
        raise refused("event_voevent_no_skymap")
    if kind in (*_WITH_SKYMAP, *_MAYBE_SKYMAP) and name and not _has_file(subject, str(name)):
        raise refused("event_voevent_no_file", name=name)


def _has_file(subject: Subject, name: str) -> bool:
    """Whether an object has a file `name`, or `name,version`."""
    plain, comma, version = name.rpartition(",")
    found = (
        subject.view.file(plain, int(version))
        if comma and version.isdecimal() and len(version) < 10
        else subject.view.file(name)
    )
    return found is not None


def _record(writer: Writer, subject: Subject, kind: str, n: int, name: str, given: Mapping[str, Any]) -> Record:
    said: Record = {
        "N": n, "issuer": writer.user, "ivorn": f"ivo://gwnet/LVC#{name.removesuffix('.xml')}", "filename": name,
        "file_version": 0, "voevent_type": kind, "created": writer.created, "skymap_type": given.get("skymap_type"),
        "skymap_filename": given.get("skymap_filename"), "internal": given["internal"],
        "open_alert": given["open_alert"], "hardware_inj": given["hardware_inj"],
        "coinc_comment": given["CoincComment"],
    }  # fmt: skip
    said |= {field: given.get(name) for name, field in PROBABILITIES.items()}
    if subject.category == "event":
        return {"links": {}} | said
    said |= {"raven_coinc": given["raven_coinc"], "combined_skymap_filename": given.get("combined_skymap_filename")}
    said["significant"] = given.get("Significant", is_significant(kind, subject.record.get("labels") or ()))
    first = ("voevent_type", "file_version", "ivorn", "created", "issuer", "filename", "N")
    return {name: said[name] for name in first} | {"links": {}} | {k: v for k, v in said.items() if k not in first}
