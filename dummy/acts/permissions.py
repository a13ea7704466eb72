"""Who else may see a superevent: exposed to LV-EM observers and the public, or hidden from them."""

from dummy.acts.writer import Subject, Writer
from dummy.source import Record

#: What exposing grants, as (group, permission).
GRANTED = (("lvem_observers", "annotate"), ("lvem_observers", "view"), ("public_users", "view"))


def _records() -> list[Record]:
    return [{"group": group, "permission": f"{what}_superevent"} for group, what in GRANTED]


def expose(writer: Writer, subject: Subject) -> None:
    """Grant access; nothing happens if it is granted already."""
    if subject.view.count("permission"):
        return
    for n, record in enumerate(_records(), start=1):
        subject.put("permission", n, record)
    log = writer.log(subject, "Exposed to LV-EM observers and the general public.")
    writer.announce_unlogged(subject, "exposed", _records(), log["N"])


def hide(writer: Writer, subject: Subject) -> None:
    """Withdraw access; nothing happens if there is none."""
    count = subject.view.count("permission")
    if not count:
        return
    for n in range(1, count + 1):
        writer.tx.delete(subject.graceid, "permission", n)
    log = writer.log(subject, "Hidden from LV-EM observers and the general public.")
    writer.announce_unlogged(subject, "hidden", [], log["N"])
