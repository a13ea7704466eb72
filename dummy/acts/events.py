"""Events: made from an uploaded file, and replaced by another one."""

from collections.abc import Mapping, Sequence
from typing import Any

from archive import rules
from archive.rules import Act
from dummy.acts.labels import add_label, has_label
from dummy.acts.writer import Subject, Writer
from dummy.dateids import gps_of
from dummy.forms import Upload
from dummy.links import HOME, Links
from dummy.source import Record
from dummy.uploads import UploadedEvent

_COUNTER = "event"


def prefix_of(group: str, pipeline: str, search: str | None) -> str:
    """The letter that an event's id starts with."""
    if group == "Test":
        return "T"
    if pipeline == "HardwareInjection":
        return "H"
    if group == "External":
        return "E"
    return "M" if search == "MDC" else "G"


def create(
    writer: Writer, group: str, pipeline: str, search: str | None, upload: Upload, told: UploadedEvent,
    labels: Sequence[str], *, offline: bool = False, replay_id: str | None = None,
) -> Subject:  # fmt: skip
    """Make an event of what its file told. The file's entry is N=1, silent; then `new`, then one act per label."""
    graceid = _next_id(writer, prefix_of(group, pipeline, search))
    record: Record = {
        "submitter": writer.user, "created": writer.created, "group": group, "graceid": graceid, "pipeline": pipeline,
        "gpstime": None, "reporting_latency": None, "instruments": "", "nevents": None, "offline": offline,
        "search": search, "far": None, "far_is_upper_limit": False, "likelihood": None, "labels": [],
        "extra_attributes": {}, "superevent": None, "superevent_neighbours": {}, "replay_id": replay_id,
        "processing_status": "uploaded", "links": Links(HOME, "event", graceid).all_of_event(),
    }  # fmt: skip
    _fill_in(writer, record, told)
    subject = writer.new(graceid, record)
    log = _log_file(writer, subject, upload, told)
    writer.announce(subject, log)
    for label in labels:
        if not has_label(subject, label):
            add_label(writer, subject, label)
    return subject


def replace(writer: Writer, subject: Subject, upload: Upload, told: UploadedEvent) -> None:
    """Give an event a new file: a further version, logged like the first, and announced as `update`."""
    _fill_in(writer, subject.record, told)
    subject.save()
    log = _log_file(writer, subject, upload, told)
    writer.announce(subject, log, act=Act("replaced", {}, rules.REPLACED))


def update_grb(subject: Subject, changes: Mapping[str, Any]) -> bool:
    """Change parameters of an external event; False if it had these values already."""
    extra = dict(subject.record["extra_attributes"])
    grb = dict(extra["GRB"])
    wanted = {("T90" if name == "t90" else name): value for name, value in changes.items()}
    if all(grb.get(name) == value for name, value in wanted.items()):
        return False
    subject.record["extra_attributes"] = extra | {"GRB": grb | wanted}
    subject.save()
    return True


def _fill_in(writer: Writer, record: Record, told: UploadedEvent) -> None:
    """What the file told, in the record; the reporting latency is that of the first file."""
    record |= {
        "gpstime": None if told.gpstime is None else round(told.gpstime, 6),
        "instruments": told.instruments, "nevents": told.nevents, "far": told.far,
        "likelihood": told.likelihood, "extra_attributes": told.extra_attributes,
    }  # fmt: skip
    if told.gpstime is not None and record.get("reporting_latency") is None:
        record["reporting_latency"] = round(gps_of(writer.now) - told.gpstime, 6)


def _log_file(writer: Writer, subject: Subject, upload: Upload, told: UploadedEvent) -> Record:
    blob = writer.tx.keep_blob(upload.spool, upload.blob)
    file = writer.tx.add_file(subject.graceid, upload.filename, blob)
    return writer.log(subject, writer.text(subject, "uploaded"), file=file)


def _next_id(writer: Writer, prefix: str) -> str:
    """The next free id: one number for all prefixes, above every number that the archive has."""
    run = writer.tx.archive.connection.execute
    number = writer.tx.next_number(_COUNTER)
    taken = "SELECT 1 FROM names WHERE name IN (" + ", ".join("?" * 5) + ")"
    if run(taken, [f"{letter}{number}" for letter in "GTMEH"]).fetchone():
        query = "SELECT max(CAST(substr(object, 2) AS INTEGER)) FROM captures WHERE category = 'event'"
        number = writer.tx.next_number(_COUNTER, int(run(query).fetchone()[0]) + 1)
    return f"{prefix}{number}"
