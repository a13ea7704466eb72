"""Signoffs of operators and advocates, and the labels that they move."""

from typing import Any

from gracetape.archive.history.rules import signoff_key, signoff_labels
from gracetape.dummy.acts.labels import put_on, take_off
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.server_settings import SIGNOFF_TYPES
from gracetape.dummy.source import Record

_TYPES = {code: name.capitalize() for code, name in SIGNOFF_TYPES.items()}
_TAGS = ("em_follow",)


def create(writer: Writer, subject: Subject, kind: str, instrument: str, status: str, comment: str) -> Record:
    """Sign an object off. `kind` is OP (with an instrument) or ADV (without), `status` OK or NO.

    Problem (400) unless the label that asks for it is there.
    """
    if kind == "OP" and not instrument:
        raise refused("signoff_unplaced")
    if kind == "ADV" and instrument:
        raise refused("signoff_placed")
    key = signoff_key(kind, instrument)
    request, ok, no = signoff_labels(key)
    if subject.view.one("signoff", key) is not None:
        raise refused("signoff_there", kind=kind, whose=instrument or "advocate", superevent=subject.shown_id)
    if request not in subject.record["labels"]:
        raise refused("signoff_unasked", kind=kind, superevent=subject.shown_id, label=request)
    record: Record = {
        "self": subject.links.signoff(key), "signoff_type": kind, "instrument": instrument, "status": status,
        "submitter": writer.user, "comment": comment,
    }  # fmt: skip
    if subject.category == "event":
        record = {name: record[name] for name in ("submitter", "instrument", "status", "comment", "signoff_type")}
    subject.put("signoff", key, record)
    take_off(writer, subject, request)
    applied = ok if status == "OK" else no
    if applied not in subject.record["labels"]:
        put_on(writer, subject, applied)
    done: dict[str, Any] = {"status": status, "comment": comment, "removed": request, "applied": applied}
    writer.record(subject, "signoff_created", tags=_TAGS, **_who(record), **done)
    return record


def update(writer: Writer, subject: Subject, key: str, status: str | None, comment: str | None) -> Record:
    """Change a signoff's status or comment (None: as it is). Problem (400) if that changes nothing."""
    record = dict(subject.view.one("signoff", key) or {})
    old_status, old_comment = record["status"], record["comment"]
    new_status = old_status if status is None else status
    new_comment = old_comment if comment is None else comment
    if (new_status, new_comment) == (old_status, old_comment):
        raise refused("signoff_unchanged")
    record |= {"status": new_status, "comment": new_comment}
    subject.put("signoff", key, record)
    done: dict[str, Any] = {}
    gone: dict[tuple[str, str], Record] = {}
    if new_status != old_status:
        _, ok, no = signoff_labels(key)
        applied, removed = (ok, no) if new_status == "OK" else (no, ok)
        if removed in subject.record["labels"]:
            gone["label", removed] = take_off(writer, subject, removed)
            done["removed"] = removed
        if applied not in subject.record["labels"]:
            put_on(writer, subject, applied)
        done |= {"old_status": old_status, "new_status": new_status, "applied": applied}
    if new_comment != old_comment:
        done |= {"old": old_comment, "new": new_comment}
    writer.record(subject, "signoff_updated", tags=_TAGS, gone=gone, **_who(record), **done)
    return record


def delete(writer: Writer, subject: Subject, key: str) -> None:
    """Delete a signoff: its label goes, and the one that asked for it comes back."""
    record = subject.view.one("signoff", key)
    if record is None:
        raise not_found()
    request, ok, no = signoff_labels(key)
    status_label = ok if record["status"] == "OK" else no
    writer.tx.delete(subject.graceid, "signoff", key)
    gone: dict[tuple[str, str], Record] = {("signoff", key): record}
    if status_label in subject.record["labels"]:
        gone["label", status_label] = take_off(writer, subject, status_label)
    if request not in subject.record["labels"]:
        put_on(writer, subject, request)
    moved: dict[str, Any] = {"removed": status_label, "applied": request}
    writer.record(subject, "signoff_deleted", tags=_TAGS, gone=gone, **_who(record), **moved)


def _who(record: Record) -> dict[str, Any]:
    return {"signoff_type": _TYPES[record["signoff_type"]], "instrument": record["instrument"] or None}
