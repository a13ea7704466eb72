"""What happened to one object, step by step: its log entries in order, and what they do not tell of where its own time puts it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from typing import Any

from gracetape.archive.history import rules
from gracetape.archive.history.rules import Act, Record
from gracetape.archive.kinds import KINDS, Kind, check_needed, listed_for
from gracetape.archive.view import View
from gracetape.errors import ArchiveError
from gracetape.times import record_time, shown_time


@dataclass(frozen=True, repr=False)
class Entry:
    """A step of a history: log entry N (None: nothing in the log tells of it), its time (UTC), record and act."""

    n: int | None
    created: datetime
    record: Record
    act: Act = field(compare=False)

    def __repr__(self) -> str:
        entry = "no log entry" if self.n is None else f"log {self.n}"
        return f"<Entry {self.act.name}, {entry}, {shown_time(self.created)} UTC>"

    @classmethod
    def of(cls, category: str, record: Record) -> "Entry":
        """The entry that a log record of an event or superevent makes."""
        return cls(record["N"], record_time(record["created"]), record, rules.read(category, record))

    @classmethod
    def unlogged(cls, category: str, act: str, record: Record, **params: Any) -> "Entry":
        """A step that no log entry tells of, at its record's own time."""
        rule = rules.rule_of(category, act)
        return cls(None, record_time(record["created"]), record, Act(act, params, rule))


class Steps:
    """An object's steps in order, from a view of all that is known of it.

    `entries` holds every log entry by N, and steps without one (a label that no log names, …) where their times put them.
    An *index* counts entries: at index i the first i have happened. Index 0 is before the object was there.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.graceid, self.category, self.service = view.graceid, view.category, view.service
        self.final = view.record()
        if not self.final:
            raise ArchiveError(f"{view.graceid}: the object's own record is missing, so its history cannot be told")
        check_needed([self.final], "object", view.graceid)
        logs = view.records("log")
        check_needed(logs, "log", view.graceid)
        logs = sorted(logs, key=lambda record: int(record["N"]))
        self.entries = list(_plausible(self.category, [Entry.of(self.category, record) for record in logs]))
        self._add_creation()
        self._add_unlogged()

    def _add_creation(self) -> None:
        if self.final.get("processing_status") == "reserved":
            return  # its file is yet to come, and `new` with it
        act = "uploaded" if self.category == "event" else "created"
        if not any(entry.act.name == act for entry in self.entries[:1]):
            self.entries.insert(0, Entry.unlogged(self.category, act, self.final))

    def _add_unlogged(self) -> None:
        """Put labels, VOEvents and other records that no log entry tells of where their own times say."""
        logged, files = _logged(self.entries), {_file_of(entry.record) for entry in self.entries}
        missing: list[Entry] = []
        for kind in listed_for(self.category):
            if kind.act:
                records = self.view.records(kind.name)
                check_needed(records, kind.name, self.graceid)
                if kind.told_by == "file":
                    records = [record for record in records if _file_of(record) not in files]
                missing += [self._unlogged(kind, record) for record in _not_logged(kind, records, logged[kind.name])]
        self.entries = _placed(self.entries, missing)

    def _unlogged(self, kind: Kind, record: Record) -> Entry:
        named = {"n" if kind.numbered else "label": record[kind.named or ""]}
        return Entry.unlogged(self.category, kind.act, record, **named)

    @property
    def last_n(self) -> int:
        """The N of the last log entry (0: there are none)."""
        return max((entry.n for entry in self.entries if entry.n is not None), default=0)

    @cached_property
    def index_by_n(self) -> dict[int, int]:
        """The index just after each log entry, by its N."""
        return {entry.n: i + 1 for i, entry in enumerate(self.entries) if entry.n is not None}

    def index_of(self, n: int) -> int:
        """The index just after log entry `n`; ArchiveError if there is no such entry."""
        if n not in self.index_by_n:
            raise ArchiveError(f"{self.graceid} has no log entry {n}: its log goes from 1 to {self.last_n}")
        return self.index_by_n[n]

    def index_at(self, time: datetime) -> int:
        """The index just after the last entry made at or before a time (UTC)."""
        index = 0
        for i, entry in enumerate(self.entries):
            if entry.created > time:
                break
            index = i + 1
        return index


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


def _file_of(record: Record) -> tuple[Any, Any] | None:
    """The version of a file that a record names; None if it names none."""
    return (record["filename"], record.get("file_version")) if record.get("filename") else None


def _logged(entries: list[Entry]) -> dict[str, set[Any]]:
    """What the log tells of, by kind of record: names, the numbers of entries, or the versions of files."""
    logged: dict[str, set[Any]] = defaultdict(set)
    for entry in entries:
        for row in entry.act.rule.causes:
            told_by = KINDS[row.kind].told_by if row.kind else ""
            if told_by == "text" and row.when(entry.act.params):
                logged[row.kind or ""].add(row.key(entry.act.params))
            elif told_by == "order":
                logged[row.kind or ""].add(entry.n)
    return logged


def _not_logged(kind: Kind, records: list[Record], logged: set[Any]) -> list[Record]:
    """The records of a kind that no log entry tells of, and that say when they were made."""
    if kind.told_by == "order":  # the first ones are older than the entries
        records = records[: max(0, len(records) - len(logged))]
    elif kind.told_by == "text":
        records = [record for record in records if record[kind.named or ""] not in logged]
    return [r for r in records if r.get("created") is not None and r.get(kind.named or "") is not None]


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
            entry = replace(entry, act=rules.written(category))
        elif act.name == "uploaded":
            if uploaded:
                entry = replace(entry, act=rules.act("event", "replaced"))
            elif i:
                entry = replace(entry, act=rules.act("event", "upload_logged"))
            uploaded = True
        for row in entry.act.rule.causes:
            if row.kind == "label" and row.when(entry.act.params):
                change = labels.add if row.alert_type == "label_added" else labels.discard
                change(row.key(entry.act.params))
        if entry.act.name == "signoff_created" and entry.act.params.get("removed"):
            labels.discard(entry.act.params["removed"])
        labels.difference_update(entry.act.params.get("replaces", ()))
        yield entry
