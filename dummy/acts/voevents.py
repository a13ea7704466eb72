"""VOEvents: the record, and the file that it is sent out as."""

from collections.abc import Mapping
from typing import Any

from gracetape.archive.blobs import spool_in
from gracetape.archive.voevent_types import VOEVENT_TYPES
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import invalid
from gracetape.dummy.source import Record
from gracetape.dummy.voevent_xml import Told, render

#: Field of a request -> field of the record, for the numbers between 0 and 1.
PROBABILITIES = {
    "ProbHasNS": "prob_has_ns", "ProbHasRemnant": "prob_has_remnant", "BNS": "prob_bns", "NSBH": "prob_nsbh",
    "BBH": "prob_bbh", "Terrestrial": "prob_terrestrial", "HasMassGap": "prob_has_mass_gap",
}  # fmt: skip
_TAGS = ("em_follow",)


def create(writer: Writer, subject: Subject, kind: str, given: Mapping[str, Any]) -> Record:
    """Make a VOEvent of type `kind` (of VOEVENT_TYPES). `given` holds the flags, the sky map and the probabilities.

    Problem (400) if a sky map is needed and not named, or is not among the files.
    """
    event = _described(writer, subject)
    if event.get("gpstime") is None:
        raise invalid("Cannot build a VOEvent because preferred event does not have a gpstime.")
    _check_skymap(subject, kind, given)
    n = writer.tx.next_n(subject.graceid, "voevent")
    name = f"{subject.graceid}-{n}-{VOEVENT_TYPES[kind].title}.xml"
    record = _record(writer, subject, kind, n, name, given)
    earlier, external = subject.view.records("voevent"), _external(writer, subject, given)
    xml = render(Told(subject.record, event, record, earlier, external, subject.links), writer.now)
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
    """The external event that a superevent coincides with, which its em_type names."""
    graceid = subject.record.get("em_type") if given.get("raven_coinc") else None
    event = writer.find(str(graceid)) if graceid else None
    return event.record if event else None


def _check_skymap(subject: Subject, kind: str, given: Mapping[str, Any]) -> None:
    name = given.get("skymap_filename")
    if kind not in ("IN", "UP") and not (kind in ("PR", "EW") and name):
        return
    if not name:
        raise invalid("Skymap filename is required for initial and update VOEvents.")
    if not given.get("skymap_type"):
        raise invalid("Skymap type is required for VOEvents that include a skymap.")
    plain, comma, version = str(name).rpartition(",")
    found = subject.view.file(plain, int(version)) if comma and version.isdecimal() else subject.view.file(str(name))
    if found is None:
        raise invalid(f"Skymap file {name} not found for this superevent.")


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
    first = ("voevent_type", "file_version", "ivorn", "created", "issuer", "filename", "N")
    return {name: said[name] for name in first} | {"links": {}} | {k: v for k, v in said.items() if k not in first}
