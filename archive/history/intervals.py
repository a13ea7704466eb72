"""From which entry to which each label, tag, signoff, member and value of a history held."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gracetape.archive.history import rules
from gracetape.archive.history.rules import Record
from gracetape.archive.history.steps import Entry, Steps
from gracetape.archive.kinds import LISTED, listed_for

#: The kind of record that each step without a log entry is about.
_KIND_OF_ACT = {kind.act: kind.name for kind in LISTED if kind.act}
#: The kind of record that each act brings whose entries only their order tells apart.
_IN_ORDER = {kind.act: kind.name for kind in LISTED if kind.told_by == "order"}


@dataclass
class Interval:
    """Something that held at the indices from `first` up to, not including, `last` (None: to the end)."""

    first: int
    last: int | None
    value: Any

    def holds(self, index: int) -> bool:
        return self.first <= index and (self.last is None or index < self.last)


class Track:
    """The spans of things by name, in the order in which they began.

    What is asked of it takes no time for what lies elsewhere in a long history: histories are walked from entry to entry.
    """

    def __init__(self) -> None:
        self.intervals: list[tuple[Any, Interval]] = []
        self.named: dict[Any, list[Interval]] = defaultdict(list)  # the spans of each name, in order
        self._open: dict[Any, Interval] = {}
        self._at: tuple[int, int, list[tuple[Any, Interval]]] = (0, 0, [])

    def begin(self, name: Any, index: int, value: Any = None) -> None:
        if name in self._open:
            self.end(name, index)
        span = self._open[name] = Interval(index, None, value)
        self.intervals.append((name, span))
        self.named[name].append(span)

    def end(self, name: Any, index: int) -> bool:
        """Close the open span of a name; False if there is none."""
        span = self._open.pop(name, None)
        if span is None:
            return False
        span.last = index
        return True

    def assume(self, name: Any, last: int | None, value: Any = None) -> None:
        """A span from the beginning, for what no entry began."""
        span = Interval(1, last, value)
        self.intervals.insert(0, (name, span))
        self.named[name].insert(0, span)
        if last is None:
            self._open[name] = span

    def at(self, index: int) -> list[tuple[Any, Any]]:
        """(name, value) of what holds at an index."""
        at, seen, held = self._at
        if index < at:
            seen, held = 0, []
        held = [item for item in held if item[1].holds(index)]
        while seen < len(self.intervals) and self.intervals[seen][1].first <= index:
            if self.intervals[seen][1].holds(index):
                held.append(self.intervals[seen])
            seen += 1
        self._at = index, seen, held
        return [(name, span.value) for name, span in held]

    def last_open(self) -> Mapping[Any, Interval]:
        return self._open

    @cached_property
    def ended(self) -> Mapping[int, Sequence[tuple[Any, Interval]]]:
        """What ended at each index; ask once all are there."""
        found = defaultdict(list)
        for name, span in self.intervals:
            if span.last is not None:
                found[span.last].append((name, span))
        return dict(found)

    def last(self, name: Any, index: int) -> Interval | None:
        """The last span of a name that had begun at an index, over or not."""
        spans = self.named.get(name, ())
        at = bisect_right(spans, index, key=lambda span: span.first)
        return spans[at - 1] if at else None


class Intervals:
    """All tracks of one history, filled by one walk over its entries."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.labels, self.tags, self.signoffs, self.members = Track(), Track(), Track(), Track()
        self.superevent, self.values, self.access, self.chosen = Track(), Track(), Track(), Track()
        self.first_of: dict[str, list[int]] = defaultdict(list)  # kind -> indices at which its records came
        self.came: dict[str, dict[int, int]] = defaultdict(dict)  # kind -> N -> index at which that record came
        self._from_last: dict[
            str, dict[Any, int]
        ] = {}  # kind -> N -> place of that record, counted from the last one (1)
        self._brings = self._records_by_file(steps)
        self.replaced_at: list[int] = []
        self.initial: dict[str, Any] = {}
        for i, entry in enumerate(steps.entries, start=1):
            self._walk(i, entry)
        self._assume_what_no_entry_told()

    @staticmethod
    def _records_by_file(steps: Steps) -> dict[tuple[Any, Any], list[tuple[str, int]]]:
        """(kind, N) of the records that come with a file, by its name and version."""
        found = defaultdict(list)
        for kind in listed_for(steps.category):
            for record in steps.view.records(kind.name) if kind.told_by == "file" else ():
                if record.get("filename") and record.get("N") is not None:
                    found[record["filename"], record.get("file_version")].append((kind.name, record["N"]))
        return dict(found)

    # -- one walk

    def _walk(self, i: int, entry: Entry) -> None:
        act, params = entry.act.name, entry.act.params
        for kind, n in self._brings.get((entry.record.get("filename"), entry.record.get("file_version")), ()):
            self.came[kind].setdefault(n, i)
        if entry.n is None and (kind_name := _KIND_OF_ACT.get(act)) and "n" in params:
            self.came[kind_name][params["n"]] = i
        if act in _IN_ORDER:
            self.first_of[_IN_ORDER[act]].append(i)
        match act:
            case "created":
                self.initial |= {k: params[k] for k in ("t_start", "t_0", "t_end", "preferred_event") if k in params}
                for graceid in [params.get("preferred_event"), *reversed(params.get("events", []))]:
                    if rules.is_event(graceid):
                        self.members.begin(graceid, i)
            case "updated":
                for name, old, new in params["changes"]:
                    self.initial.setdefault(name, old)
                    self.values.begin(name, i, new)
                    if name == "preferred_event" and rules.is_event(new) and new not in self.members.last_open():
                        self.members.begin(new, i)
            case "event_added":
                if params["graceid"] not in self.members.last_open():
                    self.members.begin(params["graceid"], i)
            case "pipeline_preferred":
                self.chosen.begin(params["pipeline"], i, params["graceid"])
            case "pipeline_unpreferred":
                if not self.chosen.end(params["pipeline"], i):
                    self.chosen.assume(params["pipeline"], i, params["graceid"])
            case "event_removed":
                if not self.members.end(params["graceid"], i):
                    self.members.assume(params["graceid"], i)
                for pipeline in [p for p, span in self.chosen.last_open().items() if span.value == params["graceid"]]:
                    self.chosen.end(pipeline, i)
            case "confirmed":
                self.values.begin("gw_id", i, params["new"])
            case "tagged":
                self.tags.begin((params["n"], params["tag"]), i, entry.created)
            case "untagged":
                if not self.tags.end((params["n"], params["tag"]), i):
                    self.tags.assume((params["n"], params["tag"]), i)
            case "added_to_superevent" | "selected_as_preferred":
                self.superevent.begin("superevent", i, params["superevent"])
            case "removed_from_superevent":
                self.superevent.end("superevent", i)
            case "exposed":
                self.access.begin("exposed", i)
            case "hidden":
                if not self.access.end("exposed", i):
                    self.access.assume("exposed", i)
            case "replaced":
                self.replaced_at.append(i)
            case "signoff_created" | "signoff_updated" | "signoff_deleted":
                self._signoff(i, entry)
            case "label_added":
                self._label(i, entry, params["label"])
            case "label_removed":
                self.labels.end(params["label"], i)

    def _label(self, i: int, entry: Entry, name: str) -> None:
        if entry.n is None:
            self.labels.begin(name, i, entry.record)
            return
        self.labels.begin(name, i, self._label_record(i, entry, name))

    def _label_record(self, i: int, entry: Entry, name: str) -> Record:
        """The record of a label, as far as the entry that applied it tells."""
        steps, log = self.steps, entry.record
        kind = "events" if steps.category == "event" else "superevents"
        graceid = self.value("gw_id", i, None) or steps.graceid
        link = f"{steps.service}{kind}/{graceid}/labels/{name}" + ("/" if kind == "superevents" else "")
        creator = username(log.get("issuer"))
        if kind == "superevents":
            return {"self": link, "name": name, "created": log["created"], "creator": creator}
        return {"name": name, "creator": creator, "created": log["created"], "self": link}

    def _signoff(self, i: int, entry: Entry) -> None:
        params, key = entry.act.params, entry.act.params["key"]
        gone = {params.get("removed"), *params.get("replaces", ())}
        if entry.act.name == "signoff_deleted":
            gone |= set(rules.signoff_labels(key)[1:])
        for label in gone - {None}:
            self.labels.end(label, i)
        if params.get("applied"):
            self._label(i, entry, params["applied"])
        if entry.act.name == "signoff_deleted":
            self.signoffs.end(key, i)
            return
        before = self.signoffs.last_open().get(key)
        value = dict(before.value) if before else {}
        value |= {"submitter": value.get("submitter", username(entry.record.get("issuer")))}
        status = params.get("new_status") or params.get("status")
        comment = params.get("new") if entry.act.name == "signoff_updated" else params.get("comment")
        value |= {k: v for k, v in (("status", status), ("comment", comment)) if v is not None}
        self.signoffs.begin(key, i, value)

    # -- what the records know and no entry told

    def _assume_what_no_entry_told(self) -> None:
        view, final = self.steps.view, self.steps.final
        for record in view.records("label"):
            span = self.labels.last_open().get(record["name"])
            if span is not None:
                span.value = record
        for record in view.records("signoff"):
            key = rules.signoff_key(record.get("signoff_type") or "", record.get("instrument"))
            span = self.signoffs.last_open().get(key)
            if span is None:
                self.signoffs.assume(key, None, record)
            else:
                span.value = record
        for graceid in [*final.get("gw_events", []), *final.get("em_events", [])]:
            if graceid not in self.members.last_open():
                self.members.assume(graceid, None)
        if (whole := final.get("superevent")) and not self.superevent.intervals:
            self.superevent.assume("superevent", None, whole)

    def later_than(self, kind: str, n: Any, index: int) -> bool:
        """Whether record N of a kind that entries bring in order came after an index: the last entries brought the last records."""
        if kind not in self._from_last:
            records = self.steps.view.records(kind)
            self._from_last[kind] = {record.get("N"): len(records) - place for place, record in enumerate(records)}
        return self._from_last[kind].get(n, 0) <= self.still_to_come(kind, index)

    def still_to_come(self, kind: str, index: int) -> int:
        """How many records of such a kind entries brought after an index."""
        brought = self.first_of[kind]
        return len(brought) - bisect_right(brought, index)

    def removed_at(self, index: int) -> dict[tuple[str, str], Record]:
        """The records of labels and signoffs that ended at an index, by (kind, key)."""
        found = {}
        for kind, track in (("label", self.labels), ("signoff", self.signoffs)):
            for name, span in track.ended.get(index, ()):
                if span.value is not None:
                    found[kind, name] = span.value if kind == "label" else signoff_record(self.steps, name, span.value)
        return found

    def value(self, name: str, index: int, final: Any) -> Any:
        """A parameter of the object at an index: the last change up to it, else what it was made with, else the record's."""
        change = self.values.last(name, index)
        return change.value if change else self.initial.get(name, final)

    @cached_property
    def tags_of(self) -> Mapping[int, Sequence[tuple[str, Interval]]]:
        """The tags of each log entry that an entry tells of."""
        found = defaultdict(list)
        for (n, tag), span in self.tags.intervals:
            found[n].append((tag, span))
        return dict(found)


def username(issuer: Any) -> Any:
    """Who wrote a log entry: old servers gave `{username, display_name}`."""
    return issuer.get("username") if isinstance(issuer, dict) else issuer


def signoff_record(steps: Steps, key: str, value: Record) -> Record:
    """The record of a signoff, from what the log entries tell of it, where it is not that of the recording."""
    if "signoff_type" in value:
        return value
    kind, instrument = ("OP", key[2:]) if key.startswith("OP") else ("ADV", "")
    record = {"signoff_type": kind, "instrument": instrument, "status": value.get("status")}
    record |= {"submitter": value.get("submitter"), "comment": value.get("comment")}
    if steps.category == "event":
        return record
    return {"self": f"{steps.service}superevents/{steps.graceid}/signoffs/{key}/", **record}
