"""Tags of log entries: put on, taken off, and their names for display."""

from collections.abc import Sequence

from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.source import Record


def name_tags(subject: Subject, tags: Sequence[str], display_names: Sequence[str]) -> None:
    """Keep names for display (records of kind `tag`) of tags that have none yet; later ones change nothing."""
    if len(display_names) != len(tags):
        return
    for tag, name in zip(tags, display_names, strict=True):
        if name and subject.view.one("tag", tag) is None:
            subject.put("tag", tag, {"name": tag, "displayName": name})


def add_tag(writer: Writer, subject: Subject, record: Record, tag: str) -> None:
    """Put a tag on a log entry; a silent entry tells of it."""
    subject.put("log", record["N"], record | {"tag_names": [*record["tag_names"], tag]})
    writer.record(subject, "tagged", n=record["N"], tag=tag)


def remove_tag(writer: Writer, subject: Subject, record: Record, tag: str) -> None:
    """Take a tag off a log entry; a silent entry tells of it."""
    subject.put("log", record["N"], record | {"tag_names": [name for name in record["tag_names"] if name != tag]})
    writer.record(subject, "untagged", n=record["N"], tag=tag)
