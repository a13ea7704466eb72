"""Events: reserved, made from an uploaded file, and replaced by another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gracetape.archive.view import FileEntry
from gracetape.dummy.acts.labels import add_label, has_label
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Upload
from gracetape.dummy.links import HOME, Links
from gracetape.dummy.problems import Problem, Style
from gracetape.dummy.source import Record
from gracetape.pipelines import UploadedEvent
from gracetape.times import gps_of

_COUNTER = "event"


@dataclass(frozen=True)
class Kind:
    """What an event is said to be before its file is read."""

    group: str
    pipeline: str
    search: str | None = None
    offline: bool = False
    replay_id: str | None = None

    @property
    def prefix(self) -> str:
        """The letter that the event's id starts with."""
        if self.group == "Test":
            return "T"
        if self.pipeline == "HardwareInjection":
            return "H"
        if self.group == "External":
            return "E"
        return "M" if self.search == "MDC" else "G"


def reserve(writer: Writer, kind: Kind, content_id: str | None = None) -> Subject:
    """Give an event that is to come its id. Nothing is logged or announced before its file comes.

    `content_id` names the contents of that file, and is kept in a record of kind `reservation`.
    """
    graceid = _next_id(writer, kind.prefix)
    record: Record = {
        "submitter": writer.user, "created": writer.created, "group": kind.group, "graceid": graceid,
        "pipeline": kind.pipeline, "gpstime": None, "reporting_latency": None, "instruments": "", "nevents": None,
        "offline": kind.offline, "search": kind.search, "far": None, "far_is_upper_limit": False, "likelihood": None,
        "labels": [], "extra_attributes": {}, "superevent": None, "superevent_neighbours": {},
        "replay_id": kind.replay_id, "processing_status": "reserved",
        "links": Links(HOME, "event", graceid).all_of_event(),
    }  # fmt: skip
    subject = writer.new(graceid, record)
    if content_id:
        subject.put("reservation", "", {"content_id": content_id})
    return subject


def upload(
    writer: Writer, subject: Subject, file: Upload, uploaded: UploadedEvent, labels: Sequence[str],
    delivery: Mapping[str, str] | None = None,
) -> list[str]:  # fmt: skip
    """Give a reserved event its file: N=1, silent; then `new`, then one act per label. Returns warnings.

    Nothing is announced, nor any label applied, where the file could not be read. `delivery` (kafka_server, kafka_topic)
    says how the file came. Problem (400) if the event has its file already.
    """
    if subject.record.get("processing_status") != "reserved":
        raise Problem(400, f"Event {subject.graceid} has its file already: it is not reserved", Style.ERROR)
    subject.record["processing_status"] = "uploaded"
    _fill_in(writer, subject.record, uploaded)
    subject.save()
    if delivery:
        subject.put("reservation", "", (subject.view.one("reservation", "") or {}) | dict(delivery))
    if uploaded.failed:
        writer.record(subject, "uploaded", file=_keep(writer, subject, file), unread=True)
        if uploaded.reason:
            writer.record(subject, "unreadable", reason=uploaded.reason)
        return [*uploaded.warnings, uploaded.failed]
    writer.record(subject, "uploaded", file=_keep(writer, subject, file))
    warnings = list(uploaded.warnings)
    for label in labels:
        if has_label(subject, label):
            warnings.append(f"Event {subject.graceid} already labeled with '{label}'")
        else:
            add_label(writer, subject, label)
    return warnings


def create(
    writer: Writer, kind: Kind, file: Upload, uploaded: UploadedEvent, labels: Sequence[str]
) -> tuple[Subject, list[str]]:
    """Make an event of what its file says; the event and warnings."""
    subject = reserve(writer, kind)
    return subject, upload(writer, subject, file, uploaded, labels)


def replace(writer: Writer, subject: Subject, file: Upload, uploaded: UploadedEvent) -> None:
    """Give an event a new file: a further version, logged like the first, and announced as `update`."""
    before = subject.record.get("extra_attributes") or {}
    _fill_in(writer, subject.record, uploaded)
    for name in subject.record["extra_attributes"].keys() & before.keys() & {"GRB"}:
        now = subject.record["extra_attributes"][name]
        now |= {field: before[name].get(field) for field in _KEPT if now.get(field) is None}
    subject.save()
    writer.record(subject, "replaced", file=_keep(writer, subject, file))


def update_grb(writer: Writer, subject: Subject, changes: Mapping[str, Any]) -> bool:
    """Change parameters of an external event, announced as `update`; False if it had these values already."""
    extra = dict(subject.record["extra_attributes"])
    grb = dict(extra["GRB"])
    wanted = {_FIELDS.get(name, name): value for name, value in changes.items()}
    changed = {name: value for name, value in wanted.items() if grb.get(name) != value}
    if not changed:
        return False
    subject.record["extra_attributes"] = extra | {"GRB": grb | changed}
    subject.save()
    named = [(_NAMES.get(name, name), grb.get(name), value) for name, value in changed.items()]
    writer.record(subject, "grb_updated", changes=named)
    return True


#: What a file without it does not take from a gamma-ray burst.
_KEPT = ("T90", "designation", "redshift", "trigger_duration")
#: Name of a parameter in requests and in logs -> in records, and back.
_FIELDS = {"t90": "T90"}
_NAMES = {field: name for name, field in _FIELDS.items()}


def _fill_in(writer: Writer, record: Record, uploaded: UploadedEvent) -> None:
    """What the file says, in the record; the reporting latency is that of the first file."""
    record |= {
        "gpstime": None if uploaded.gpstime is None else round(uploaded.gpstime, 6),
        "instruments": uploaded.instruments, "nevents": uploaded.nevents, "far": uploaded.far,
        "likelihood": uploaded.likelihood, "extra_attributes": uploaded.extra_attributes,
    }  # fmt: skip
    if uploaded.gpstime is not None and record.get("reporting_latency") is None:
        record["reporting_latency"] = round(gps_of(writer.now) - uploaded.gpstime, 6)


def _keep(writer: Writer, subject: Subject, file: Upload) -> FileEntry:
    blob = writer.tx.keep_blob(file.spool, file.blob)
    return writer.tx.add_file(subject.graceid, file.filename, blob)


def _next_id(writer: Writer, prefix: str) -> str:
    """The next free id: one number for all prefixes, above every number that the archive has."""
    run = writer.tx.archive.connection.execute
    number = writer.tx.next_number(_COUNTER)
    taken = "SELECT 1 FROM names WHERE name IN (" + ", ".join("?" * 5) + ")"
    if run(taken, [f"{letter}{number}" for letter in "GTMEH"]).fetchone():
        query = "SELECT max(CAST(substr(object, 2) AS INTEGER)) FROM captures WHERE category = 'event'"
        number = writer.tx.next_number(_COUNTER, int(run(query).fetchone()[0]) + 1)
    return f"{prefix}{number}"
