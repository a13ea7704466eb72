"""Who else may see a superevent: exposed to LV-EM observers and the public, or hidden from them."""

from gracetape.archive.history.rules import EXPOSED
from gracetape.dummy.acts.writer import Subject, Writer


def expose(writer: Writer, subject: Subject) -> None:
    """Grant access; nothing happens if it is granted already."""
    if subject.view.count("permission"):
        return
    for n, record in enumerate(EXPOSED, start=1):
        subject.put("permission", n, record)
    writer.record(subject, "exposed")


def hide(writer: Writer, subject: Subject) -> None:
    """Withdraw access; nothing happens if there is none."""
    count = subject.view.count("permission")
    if not count:
        return
    for n in range(1, count + 1):
        writer.tx.delete(subject.graceid, "permission", n)
    writer.record(subject, "hidden")
