"""Labels of events and superevents: applied, removed, and which the server refuses to take from a user."""

from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.refusals import refused
from gracetape.dummy.server_settings import ServerSettings
from gracetape.dummy.source import Record


def has_label(subject: Subject, label: str) -> bool:
    return label in subject.record["labels"]


def check_applicable(settings: ServerSettings, subject: Subject, label: str) -> None:
    """Problem (400) if a user may not apply that label to the object as it stands."""
    on_event = subject.category == "event"
    if label in settings.protected:
        raise refused("event_label_managed" if on_event else "label_managed", label=label)
    if any(answer in subject.record["labels"] for answer in settings.requests.get(label, ())):
        raise refused("event_signed_off" if on_event else "signed_off", label=label)


def check_removable(settings: ServerSettings, subject: Subject, label: str) -> None:
    """Problem (400) if a user may not remove that label."""
    if label in settings.protected:
        raise refused("event_label_kept" if subject.category == "event" else "label_kept", label=label)


def put_on(writer: Writer, subject: Subject, label: str) -> Record:
    """Put a label on, without a word in the log."""
    record: Record = {"name": label, "creator": writer.user, "created": writer.created}
    where = {"self": subject.links.label(label)}
    record = record | where if subject.category == "event" else where | {
        "name": label, "created": writer.created, "creator": writer.user
    }  # fmt: skip
    subject.put("label", label, record)
    subject.record["labels"] = [*subject.record["labels"], label]
    subject.save()
    return record


def take_off(writer: Writer, subject: Subject, label: str) -> Record:
    """Take a label off, without a word in the log; returns the record that it had."""
    record = subject.view.one("label", label) or {"name": label}
    writer.tx.delete(subject.graceid, "label", label)
    subject.record["labels"] = [name for name in subject.record["labels"] if name != label]
    subject.save()
    return record


def add_label(writer: Writer, subject: Subject, label: str) -> Record:
    """Apply a label that the object does not have; logged, and announced as `label_added`."""
    record = put_on(writer, subject, label)
    writer.record(subject, "label_added", label=label)
    return record


def remove_label(writer: Writer, subject: Subject, label: str) -> None:
    """Remove a label that the object has; logged, and announced as `label_removed`."""
    gone = take_off(writer, subject, label)
    writer.record(subject, "label_removed", gone={("label", label): gone}, label=label)
