"""An object as it stood after some of its entries: the records folded up to there, and how sure they are."""

from collections.abc import Iterator
from typing import Any

from gracetape.archive.history.intervals import Intervals, signoff_record
from gracetape.archive.history.own_record import Lookup as Lookup, Named as Named, OwnRecord, relink as relink
from gracetape.archive.history.rules import EXPOSED, MADE, Record
from gracetape.archive.history.steps import Steps
from gracetape.archive.history.uploads import Uploads
from gracetape.archive.kinds import KINDS
from gracetape.archive.view import FileEntry
from gracetape.errors import GracetapeError
from gracetape.times import record_time


def _told_by(kind: str) -> str:
    """What of the log tells of records of a kind; nothing is known of those of later versions."""
    return KINDS[kind].told_by if kind in KINDS else ""


class Snapshot:
    """A `View` of an object at an index of its history. `doubts` fills as records are asked for: (certainty, reason)."""

    def __init__(
        self, steps: Steps, intervals: Intervals, uploads: Uploads, index: int, others: Lookup | None = None,
        named: Named | None = None,
    ) -> None:  # fmt: skip
        self.steps, self.intervals, self.index = steps, intervals, index
        self.graceid, self.category, self.service = steps.graceid, steps.category, steps.service
        self._own = OwnRecord(steps, intervals, uploads, index, others, named)
        self._then, self._whole, self.doubts = self._own.then_linked, self._own.whole, self._own.doubts

    def __repr__(self) -> str:
        return f"<Snapshot of {self.graceid} after {self.index} of {len(self.steps.entries)} entries>"

    def record(self) -> Record:
        return self._own.record()

    # -- lists

    def records(self, kind: str) -> list[Record]:
        view, intervals = self.steps.view, self.intervals
        if self.index == 0:
            return []
        if self._whole:
            return view.records(kind)
        if kind == "log":
            return [self._log(record) for record in view.records("log") if self._past(record)]
        if kind == "label":
            held = dict(intervals.labels.at(self.index))
            return [self._then(held[name]) for name in sorted(held) if held[name] is not None]
        if kind == "signoff":
            return [self._signoff(key, value) for key, value in sorted(dict(intervals.signoffs.at(self.index)).items())]
        if _told_by(kind) == "order":
            records = view.records(kind)
            there = max(0, len(records) - intervals.still_to_come(kind, self.index))
            return [self._then(record) for record in records[:there]]
        if kind == "permission":
            if intervals.access.intervals:
                return self._permissions() if any(intervals.access.at(self.index)) else []
            return view.records(kind)  # nobody tells when they were granted
        return [self._then(record) for record in view.records(kind) if self._came(kind, record)]

    def _came(self, kind: str, record: Record) -> bool:
        """Whether a record was there: by the entry or step that brought it, else by its own time."""
        if self.index == 0:
            return False
        if _told_by(kind) == "order":
            return not self.intervals.later_than(kind, record.get("N"), self.index)
        at = self.intervals.came.get(kind, {}).get(record.get("N", -1))
        if at is not None:
            return at <= self.index
        try:
            return record_time(record["created"]) <= self.steps.entries[self.index - 1].created
        except (KeyError, TypeError, GracetapeError):  # it does not say
            return False

    def _permissions(self) -> list[Record]:
        """What was granted: as captured, or what servers grant, where it was withdrawn again."""
        known = self.steps.view.records("permission")
        if not known:
            self._own.doubt("inferred", "the permissions, withdrawn later, are taken to be those that servers grant")
        return known or [dict(record) for record in EXPOSED]

    def one(self, kind: str, key: str | int) -> Record | None:
        if self._whole and self.index:
            known = self.steps.view.one(kind, key)
            if known is not None or kind not in ("label", "signoff"):  # of these, the log may tell more
                return known
        if kind == "log":
            record = self.steps.view.one("log", key)
            return self._log(record) if record is not None and self._past(record) else None
        if kind == "label":
            record = dict(self.intervals.labels.at(self.index)).get(key)
            return self._then(record) if record else None
        if kind == "signoff":
            held = dict(self.intervals.signoffs.at(self.index))
            return self._signoff(str(key), held[key]) if key in held else None
        if kind == "object":
            return self.record()
        if kind == "permission":  # these have no names
            return None
        record = self.steps.view.one(kind, key)
        return self._then(record) if record is not None and self._came(kind, record) else None

    def count(self, kind: str) -> int:
        return len(self.records(kind))

    def _past(self, record: Record) -> bool:
        return self.steps.index_by_n.get(record["N"], 0) <= self.index

    def _log(self, record: Record) -> Record:
        """A log record with the tags that it had: those with a tagging entry so far, and those that no entry tells of."""
        now = record.get("tag_names")
        if not now and record["N"] not in self.intervals.tags_of:
            return self._then(record)
        return self._then(record | {"tag_names": self.tags_of(record, self.index)})

    def tags_of(self, record: Record, index: int) -> list[str]:
        """The tags of a log record at an index, in the order in which it has or had them."""
        mine = self.intervals.tags_of.get(record["N"], ())
        logged = {tag for tag, _ in mine}
        final = record.get("tag_names") or []
        held = {tag for tag, span in mine if span.holds(index)} | {tag for tag in final if tag not in logged}
        return in_order(final, [tag for tag, _ in mine], held)

    def _signoff(self, key: str, value: Record) -> Record:
        if "signoff_type" in value:
            return self._then(value)
        last = self.intervals.signoffs.last_open().get(key)
        if last is not None and last.value:
            return self._then(last.value | value)
        return self._then(signoff_record(self.steps, key, value))

    # -- files

    def files(self) -> list[FileEntry]:
        if self.index == 0:
            return []
        files = self.steps.view.files()
        if self._whole:
            return files
        came = {(name, version): index for name, version, index in self.files_came()}
        return [file for file in files if came.get((file.name, file.version), 1) <= self.index]

    def files_came(self) -> Iterator[tuple[str, Any, int]]:
        """(name, version, index just after the entry that brought it) of each file that the whole log tells of."""
        came: set[tuple[str, Any]] = set()
        for entry in self.steps.entries:
            name, version = entry.record.get("filename"), entry.record.get("file_version")
            if entry.n is None or not name:
                continue
            while entry.act.name in MADE and isinstance(version, int) and (name, version) in came:
                version += 1  # of what they make servers write 0 each time
            if (name, version) not in came:
                came.add((name, version))
                yield name, version, self.steps.index_by_n[entry.n]

    def file(self, name: str, version: int | None = None) -> FileEntry | None:
        """One version of a file (default: the newest one then), or None."""
        found = [f for f in self.files() if f.name == name and (version is None or f.version == version)]
        return max(found, key=lambda f: f.version, default=None)


def in_order(final: list[str], logged: list[str], held: set[str]) -> list[str]:
    """Tags as the server lists them: in the final list's order if all are in it, else in the order in which they came."""
    if held <= set(final):
        return [tag for tag in final if tag in held]
    before = [tag for tag in final if tag not in logged]
    return [tag for tag in dict.fromkeys([*before, *logged]) if tag in held]
