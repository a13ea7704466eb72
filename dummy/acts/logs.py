"""Writing log entries, with files and tags, and tagging entries that are there already."""

from collections.abc import Sequence

from gracetape.dummy.acts.labels import add_label, has_label
from gracetape.dummy.acts.tags import name_tags
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Upload
from gracetape.dummy.source import Record


def write_log(
    writer: Writer,
    subject: Subject,
    comment: str,
    *,
    files: Sequence[Upload] = (),
    tags: Sequence[str] = (),
    display_names: Sequence[str] = (),
    label: str | None = None,
) -> Record:
    """Write an entry for each file (one, if there are none), all with the same comment and tags; then apply a label.

    Returns the first entry's record.
    """
    name_tags(subject, tags, display_names)
    written = []
    for upload in files or (None,):
        file = None
        if upload is not None:
            blob = writer.tx.keep_blob(upload.spool, upload.blob)
            file = writer.tx.add_file(subject.graceid, upload.filename, blob)
        written.append(writer.record(subject, "log", comment=comment, file=file, tags=tags))
    if label and not has_label(subject, label):
        add_label(writer, subject, label)
    return written[0]
