"""Keeps heard messages in an archive, beside the objects that they are about; a restart doubles nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from gracetape.archive import Archive
from gracetape.archive.recorded import Recorded, add_recorded, add_texts
from gracetape.brokers import Gap, Heard
from gracetape.capture.sinks import gap_record, graceid_of, opened
from gracetape.shown import identity, say

#: A burst is gathered beside the database (up to 128 MiB, in pages of 4 KiB) before it is brought in, each page once.
_LATER = "PRAGMA wal_autocheckpoint = 32000"


class ArchiveSink:
    """Messages beside the objects that they are about, and where the broker's logs were left, in one transaction.

    What is about no object (commands, heartbeats, gaps) is kept under the empty id. `on_objects` is told of the objects that
    messages were about, once these are kept, and of how many messages.
    """

    def __init__(
        self, archive: Archive, source: str, on_objects: Callable[[set[str], int], object] = lambda names, count: None
    ) -> None:
        self._on_objects = on_objects
        whole = source if source.startswith("exec:") else source.partition("?")[0]
        self.archive, self._alive = archive, _heard_until(whole)
        # Where those before us wrote it: a command was cut at a question mark, and kept as it was, secrets and all.
        cut = source.partition("?")[0]
        self._older = {f"until {cut}", _heard_until(cut)} - {self._alive}
        known = (archive.heard(name) for name in (self._alive, *self._older))
        last = next((number for number in known if number is not None), None)
        self.since = datetime.fromtimestamp(last / 1e6, UTC) if last is not None else None

    def keep(self, batch: Sequence[Heard]) -> int:
        messages, left_off = [], dict[str, int]()
        for heard in batch:
            payload, text = opened(heard)
            messages.append((graceid_of(payload) or "", heard.arrived, heard.node, text))
            if heard.place is not None:
                left_off[heard.place.log] = heard.place.offset
        self.archive.connection.execute(_LATER)
        with self.archive.transaction() as tx:
            # By the ids under which the archive keeps the objects, or will.
            about = {message[0] for message in messages}
            owners = self.archive.owners(about)
            added = add_texts(tx, ((owners.get(uid, uid), came, node, text) for uid, came, node, text in messages))
            for log, offset in left_off.items():
                tx.set_heard(_left_off(log), offset)
        self._on_objects(about, len(messages))
        return added

    def gap(self, gap: Gap) -> None:
        say(f"gap: {gap}", error=True)
        with self.archive.transaction() as tx:
            add_recorded(tx, {"": [Recorded(gap.until, ", ".join(gap.nodes), gap_record(gap))]})

    def alive(self, moment: datetime) -> None:
        with self.archive.transaction() as tx:
            tx.set_heard(self._alive, int(moment.timestamp() * 1e6))
            for name in self._older:
                tx.forget_heard(name)
            self._older = set()

    def after(self, log: str) -> int | None:
        return self.archive.heard(_left_off(log))


def _heard_until(source: str) -> str:
    return f"until {identity(source)}"


def _left_off(log: str) -> str:
    return f"offset {log}"
