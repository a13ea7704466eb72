"""The history of one object: what happened to it step by step, and how it was at each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from gracetape.archive.history import rules
from gracetape.archive.history.intervals import Intervals
from gracetape.archive.history.rules import Record
from gracetape.archive.history.snapshot import Lookup, Named, Snapshot, relink
from gracetape.archive.history.steps import Steps
from gracetape.archive.history.uploads import Uploads
from gracetape.archive.recorded import Recorded, recorded_of
from gracetape.archive.store import Archive
from gracetape.archive.view import View
from gracetape.errors import UsageError
from gracetape.plain_text import plain
from gracetape.tables import html_table
from gracetape.times import as_utc, shown_time


class History(Steps):
    """An object's steps, how long each label, tag, member and value held, and the object as it was after any of them.

    `recorded` are the messages that were heard about the object live.
    """

    def __init__(self, view: View, recorded: Sequence[Recorded] = ()) -> None:
        super().__init__(view)
        self.recorded = recorded
        self.intervals, self.uploads = Intervals(self), Uploads(self)
        self._hush_unread()

    def __repr__(self) -> str:
        heard = f", {len(self.recorded)} messages heard" if self.recorded else ""
        return f"<History of {self.graceid}: {len(self.entries)} entries{heard}>"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        rows = ((e.n, shown_time(e.created), e.act.name, plain(e.record.get("comment") or "")) for e in self.entries)
        return html_table(("N", "created (UTC)", "act", "comment"), rows)

    def _hush_unread(self) -> None:
        """A file that could not be read was not announced; where it could, `Could not read data` is somebody's words."""
        if self.uploads.unread:
            first = self.entries[0]
            self.entries[0] = replace(first, act=rules.act("event", "uploaded", unread=True))
        else:
            for i, entry in enumerate(self.entries):
                if entry.act.name == "unreadable":
                    self.entries[i] = replace(entry, act=rules.written(self.category))

    @cached_property
    def made_until(self) -> Mapping[int, int]:
        """Of each upload that the server made files of: the index just after it -> that just after the last entry of those."""
        found: dict[int, int] = {}
        upload = 0
        for index, entry in enumerate(self.entries, start=1):
            if entry.act.name in rules.MADE and upload:
                found[upload] = index
            elif entry.act.name not in rules.MADE:
                upload = index if entry.act.name in ("uploaded", "replaced") else 0
        return found

    @cached_property
    def upload_of(self) -> Mapping[int, int]:
        """Of the last entry of files that the server made of an upload: the index just after it -> that just after the upload."""
        return {last: first for first, last in self.made_until.items()}

    def whole_act(self, n: int) -> int:
        """The last log entry that the server made along with entry `n`, whose alerts go out after it."""
        index = self.index_of(n)
        last = next((last for first, last in self.made_until.items() if first <= index <= last), index)
        return self.entries[last - 1].n or n

    def as_of(self, *, n: int | None = None, time: datetime | None = None, others: Lookup | None = None) -> Snapshot:
        """The object just after log entry `n`, or at `time` (UTC). `others` gives other objects' records at that moment."""
        if (n is None) == (time is None):
            raise UsageError("as of which moment? say either n or time")
        if time is not None:
            return self.at(self.index_at(as_utc(time)), others)
        return self.at(self.index_of(n or 0), others)

    def at(self, index: int, others: Lookup | None = None, named: Named | None = None) -> Snapshot:
        """The object when its first `index` entries have happened; `others` and `named` tell of other objects then."""
        return Snapshot(self, self.intervals, self.uploads, index, others, named)

    def name_at(self, index: int) -> str:
        """The id that the object goes by: a superevent's GW id once it is confirmed."""
        name: str = self.intervals.value("gw_id", index, None) or self.graceid
        return name

    def removed_at(self, index: int) -> Mapping[tuple[str, str], Record]:
        """The records that the entry just before `index` took away, by (kind, key)."""
        found, name = self.intervals.removed_at(index), self.name_at(index)
        if name == self.graceid:
            return found
        old, new = f"superevents/{self.graceid}/", f"superevents/{name}/"
        return {which: relink(record, old, new) for which, record in found.items()}


def history_of(archive: Archive, ref: str) -> History:
    """The history of an object in an archive (`G1234`: its newest capture, `G1234@2`: that one); NotFound if it is not there."""
    with archive.reading():
        view = archive.view(ref)
        return History(view, recorded_of(archive, view.graceid))
