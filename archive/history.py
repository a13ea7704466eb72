"""The history of one object: its log entries in order, the acts they tell of, and from when to when each thing held."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from typing import Any

from gracetape.archive import rules, shapes
from gracetape.archive.recorded import Recorded
from gracetape.archive.rules import Act, Record
from gracetape.archive.snapshot import Lookup, Named, Snapshot, relink
from gracetape.archive.spans import Spans
from gracetape.archive.uploads import Uploads
from gracetape.archive.view import View
from gracetape.errors import ArchiveError
from gracetape.times import record_time

__all__ = ["Entry", "History", "Lookup", "Snapshot"]


@dataclass(frozen=True)
class Entry:
    """A step of a history: log entry N (None: nothing in the log tells of it), its time (UTC), record and act."""

    n: int | None
    created: datetime
    record: Record
    act: Act = field(compare=False)

    @classmethod
    def of(cls, category: str, record: Record) -> "Entry":
        """The entry that a log record of an event or superevent makes."""
        return cls(record["N"], record_time(record["created"]), record, rules.read(category, record))

    @classmethod
    def unlogged(cls, category: str, act: str, record: Record, **params: Any) -> "Entry":
        """A step that no log entry tells of, at its record's own time."""
        rule = rules.rule_of(category, act)
        return cls(None, record_time(record["created"]), record, Act(act, params, rule))


class History:
    """An object's steps in order, from a view of all that is known of it.

    `entries` holds every log entry by N, and steps without one (a label that no log names, …) where their times put them.
    `recorded` are the messages that were heard about the object live.
    An *index* counts entries: at index i the first i have happened. Index 0 is before the object was there.
    """

    def __init__(self, view: View, recorded: Sequence[Recorded] = ()) -> None:
        self.view, self.recorded = view, recorded
        self.graceid, self.category, self.service = view.graceid, view.category, view.service
        self.final = view.record()
        if not self.final:
            raise ArchiveError(f"{view.graceid}: the object's own record is missing, so its history cannot be told")
        shapes.needed([self.final], "object", view.graceid)
        logs = view.records("log")
        shapes.needed(logs, "log", view.graceid)
        logs = sorted(logs, key=lambda record: int(record["N"]))
        self.entries = list(_plausible(self.category, [Entry.of(self.category, record) for record in logs]))
        self._add_creation()
        self._add_unlogged()
        self.spans = Spans(self)
        self.uploads = Uploads(self)
        self._hush_unread()

    def _hush_unread(self) -> None:
        """A file that could not be read was not announced; where it could, `Could not read data` is somebody's words."""
        if self.uploads.unread:
            first = self.entries[0]
            self.entries[0] = replace(first, act=Act("uploaded", {}, rules.UPLOADED_UNREAD))
        else:
            for i, entry in enumerate(self.entries):
                if entry.act.name == "unreadable":
                    self.entries[i] = replace(entry, act=Act("log", {}, rules.WRITTEN[self.category]))

    def _add_creation(self) -> None:
        if self.final.get("processing_status") == "reserved":
            return  # its file is yet to come, and `new` with it
        act = "uploaded" if self.category == "event" else "created"
        if not any(entry.act.name == act for entry in self.entries[:1]):
            self.entries.insert(0, Entry.unlogged(self.category, act, self.final))

    def _add_unlogged(self) -> None:
        """Put labels, VOEvents and observations that no log entry tells of where their own times say."""
        told = _told(self.entries)
        missing: list[Entry] = []
        labels = self.view.records("label")
        shapes.needed(labels, "label", self.graceid)
        for record in labels:
            if record["name"] not in told["label"]:
                missing.append(Entry.unlogged(self.category, "label_added", record, label=record["name"]))
        for kind in ("voevent", "emobservation"):
            records = self.view.records(kind)
            shapes.needed(records, kind, self.graceid)
            for record in records[: max(0, len(records) - len(told[kind]))] if told[kind] else records:
                missing.append(Entry.unlogged(self.category, kind, record, n=record["N"]))
        self.entries = _placed(self.entries, missing)

    @property
    def last_n(self) -> int:
        """The N of the last log entry (0: there are none)."""
        return max((entry.n for entry in self.entries if entry.n is not None), default=0)

    @cached_property
    def _index(self) -> dict[int, int]:
        return {entry.n: i + 1 for i, entry in enumerate(self.entries) if entry.n is not None}

    def index_of(self, n: int) -> int:
        """The index just after log entry `n`; ArchiveError if there is no such entry."""
        if n not in self._index:
            raise ArchiveError(f"{self.graceid} has no log entry {n}: its log goes from 1 to {self.last_n}")
        return self._index[n]

    def index_at(self, time: datetime) -> int:
        """The index just after the last entry made at or before a time (UTC)."""
        index = 0
        for i, entry in enumerate(self.entries):
            if entry.created > time:
                break
            index = i + 1
        return index

    def as_of(self, *, n: int | None = None, time: datetime | None = None, others: Lookup | None = None) -> Snapshot:
        """The object just after log entry `n`, or at `time` (UTC). `others` gives other objects' records at that moment."""
        if (n is None) == (time is None):
            raise ValueError("say either n or time")
        if time is not None:
            return self.at(self.index_at(time), others)
        return self.at(self.index_of(n or 0), others)

    def at(self, index: int, others: Lookup | None = None, named: Named | None = None) -> Snapshot:
        """The object when its first `index` entries have happened; `others` and `named` tell of other objects then."""
        return Snapshot(self, index, others, named)

    def name_at(self, index: int) -> str:
        """The id that the object goes by: a superevent's GW id once it is confirmed."""
        name: str = self.spans.value("gw_id", index, None) or self.graceid
        return name

    def removed_at(self, index: int) -> Mapping[tuple[str, str], Record]:
        """The records that the entry just before `index` took away, by (kind, key)."""
        found, name = self.spans.removed_at(index), self.name_at(index)
        if name == self.graceid:
            return found
        old, new = f"superevents/{self.graceid}/", f"superevents/{name}/"
        return {which: relink(record, old, new) for which, record in found.items()}


def _placed(entries: list[Entry], steps: list[Entry]) -> list[Entry]:
    """Entries with further steps among them, each before the first entry that is later (never before the very first)."""
    latest = list(accumulate((entry.created for entry in entries[1:]), max))
    before: dict[int, list[Entry]] = defaultdict(list)
    for step in steps:
        before[min(1 + bisect_right(latest, step.created), len(entries))].append(step)
    placed: list[Entry] = []
    for i in range(len(entries) + 1):
        placed += sorted(before.get(i, ()), key=lambda step: step.created)
        placed += entries[i : i + 1]
    return placed


def _told(entries: list[Entry]) -> dict[str, set[Any]]:
    """Which labels, and how many VOEvents and observations, the log tells of."""
    told: dict[str, set[Any]] = {"label": set(), "voevent": set(), "emobservation": set()}
    for entry in entries:
        for row in entry.act.rule.announces:
            if row.kind == "label" and row.when(entry.act.params):
                told["label"].add(row.key(entry.act.params))
            elif row.kind in ("voevent", "emobservation"):
                told[row.kind].add(entry.n)
    return told


def _plausible(category: str, entries: list[Entry]) -> Iterator[Entry]:
    """The entries, those whose text only looks like the server's taken as what somebody wrote.

    Anybody can write `Added label: X` into a log. It can't be the server's if X was there already, and so on.
    """
    labels: set[str] = set()
    uploaded = False
    for i, entry in enumerate(entries):
        act, params = entry.act, entry.act.params
        wrong = (
            (act.name == "label_added" and params["label"] in labels)
            or (act.name == "label_removed" and params["label"] not in labels)
            or (act.name in ("tagged", "untagged") and not 0 < params["n"] < (entry.n or 0))
            or (act.name == "created" and i > 0)
            or (act.name == "unreadable" and not (uploaded and i == 1))
        )
        if wrong:
            entry = Entry(entry.n, entry.created, entry.record, Act("log", {}, rules.WRITTEN[category]))
        elif act.name == "uploaded":
            if uploaded:
                entry = Entry(entry.n, entry.created, entry.record, Act("replaced", {}, rules.REPLACED))
            elif i:
                entry = Entry(entry.n, entry.created, entry.record, Act("upload_logged", {}, rules.UPLOADED_LATE))
            uploaded = True
        for row in entry.act.rule.announces:
            if row.kind == "label" and row.when(entry.act.params):
                change = labels.add if row.alert_type == "label_added" else labels.discard
                change(row.key(entry.act.params))
        if entry.act.name == "signoff_created" and entry.act.params.get("removed"):
            labels.discard(entry.act.params["removed"])
        labels.difference_update(entry.act.params.get("replaces", ()))
        yield entry
