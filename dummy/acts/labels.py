"""Labels of events and superevents: applied, removed, and which the server refuses to take from a user."""

from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import Problem, invalid
from gracetape.dummy.server_settings import ServerSettings
from gracetape.dummy.source import Record


def has_label(subject: Subject, label: str) -> bool:
    return label in subject.record["labels"]


def check_applicable(settings: ServerSettings, subject: Subject, label: str) -> None:
    """Problem (400) if a user may not apply that label to the object as it stands."""
    if label in settings.protected:
        if subject.category == "event":
            raise Problem(
                400, f"The '{label}' label is managed as part of an automated process and cannot be applied manually"
            )
        raise invalid(f"The label '{label}' is managed by an automated process and cannot be manually added")
    if any(answer in subject.record["labels"] for answer in settings.requests.get(label, ())):
        said = f"The '{label}' label cannot be applied to request a signoff because a related signoff already exists."
        raise Problem(400, said) if subject.category == "event" else invalid(said)


def check_removable(settings: ServerSettings, subject: Subject, label: str) -> None:
    """Problem (400) if a user may not remove that label."""
    if label in settings.protected and subject.category == "event":
        raise Problem(
            400, f"The '{label}' label is managed as part of an automated process and cannot be removed manually"
        )
    if label in settings.protected:
        raise Problem(400, f"The label '{label}' is managed by an automated process and cannot be removed manually")


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
