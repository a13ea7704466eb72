"""An object as it stood after some of its entries: the records folded up to there, and how sure they are."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from gracetape.archive.history import embedded
from gracetape.archive.history.intervals import Intervals, signoff_record
from gracetape.archive.history.rules import EXPOSED, Record
from gracetape.archive.history.steps import Steps
from gracetape.archive.history.uploads import Uploads
from gracetape.archive.view import FileEntry
from gracetape.errors import GracetapeError
from gracetape.times import record_time

#: Gives another object's record at the same moment: None where it was not there yet. KeyError where it is not known.
Lookup = Callable[[str], Record | None]
#: Gives the id that a superevent goes by at the same moment: its GW id once it is confirmed. KeyError as above.
Named = Callable[[str], str]

_PARAMETERS = ("t_start", "t_0", "t_end", "preferred_event", "em_type", "time_coinc_far", "space_coinc_far")


class Snapshot:
    """A `View` of an object at an index of its history. `doubts` fills as records are asked for: (certainty, reason)."""

    def __init__(
        self, steps: Steps, intervals: Intervals, uploads: Uploads, index: int, others: Lookup | None = None,
        named: Named | None = None,
    ) -> None:  # fmt: skip
        self.steps, self.intervals, self.uploads, self.index = steps, intervals, uploads, index
        self.graceid, self.category, self.service = steps.graceid, steps.category, steps.service
        self.doubts: list[tuple[str, str]] = []
        self._others, self._named = others, named
        self._record: Record | None = None
        self._whole = index >= len(steps.entries)

    # -- the object itself

    def record(self) -> Record:
        if self._record is None:
            final = self.steps.final
            self._record = self._then(self._event(final) if self.category == "event" else self._superevent(final))
        return self._record

    def _other(self, graceid: str) -> Record | None:
        if self._others is None:
            raise KeyError(graceid)
        return self._others(graceid)

    def _doubt(self, certainty: str, reason: str) -> None:
        if (certainty, reason) not in self.doubts:
            self.doubts.append((certainty, reason))

    def _labels(self, final: Any) -> Any:
        if not isinstance(final, dict):
            return self._names_of_labels(list(final))
        # Until early 2018 an event's labels were name -> address.
        base = f"{self.service}events/{self.graceid}/labels/"
        return {name: final.get(name, base + name) for name in self._names_of_labels(list(final))}

    def _names_of_labels(self, final: list[str]) -> list[str]:
        held = [name for name, _ in self.intervals.labels.at(self.index)]
        logged = self.intervals.labels.named
        unlogged = [name for name in final if name not in logged]
        if unlogged and not self._whole:
            self._doubt(
                "guessed", f"when {', '.join(unlogged)} was applied is not recorded: taken as just after creation"
            )
        if self.index > 1:  # `new` goes out before labels are applied
            held = unlogged + held
        return list(final) if set(held) == set(final) else held

    def _event(self, final: Record) -> Record:
        intervals = self.intervals
        record = dict(final)
        if "labels" in final:
            record["labels"] = self._labels(final["labels"])
        if "superevent" in final:
            record["superevent"] = self._superevent_of(final["superevent"])
        if any(self.index < at for at in intervals.replaced_at):
            record |= self._overwritten()
        if record.get("superevent_neighbours"):
            record["superevent_neighbours"] = self._neighbours(record["superevent_neighbours"])
        return record

    def _overwritten(self) -> Record:
        """What the file said that the event was made from then; later files overwrote it in the record."""
        known, unknown = self.uploads.at(self.index)
        if unknown:
            self._doubt("guessed", f"replaced later, and the file before does not tell: {', '.join(unknown)}")
        else:
            self._doubt("inferred", "replaced later: what the file before said is read from it again")
        return known

    def _superevent_of(self, final: str | None) -> str | None:
        """The superevent that an event is in, by the id that it goes by then."""
        name: str | None = next((value for _, value in self.intervals.superevent.at(self.index)), None)
        if name is None:
            return None
        try:
            if self._named is None:
                raise KeyError(name)
            return self._named(name)
        except KeyError:
            return final if self._whole and final else name

    def _neighbours(self, final: Any) -> Any:
        if not isinstance(final, dict):
            return final
        found = {}
        for superevent_id, known in final.items():
            try:
                then = self._other(superevent_id)
            except KeyError:
                found[superevent_id] = known
                if not self._whole:
                    self._doubt("inferred", f"neighbour {superevent_id} is shown as it was captured")
                continue
            if then is not None:
                found[superevent_id] = embedded.neighbour(then, known) if isinstance(known, dict) else known
        return found

    def _superevent(self, final: Record) -> Record:
        record, intervals = dict(final), self.intervals
        for name in _PARAMETERS:
            if name in final:
                record[name] = intervals.value(name, self.index, final[name])
        if final.get("gw_id"):
            confirmed = "gw_id" in intervals.values.named
            record["gw_id"] = intervals.value("gw_id", self.index, None if confirmed else final["gw_id"])
        members = {graceid for graceid, _ in intervals.members.at(self.index)}
        listed = {*final.get("gw_events", ()), *final.get("em_events", ())}
        for name, external in (("gw_events", False), ("em_events", True)):
            if name in final:
                known = set(final[name])
                here = [g for g in members if g in known or (g.startswith("E") == external and g not in listed)]
                rising = len(known) > 1 and list(final[name]) == sorted(final[name], key=embedded.number_of)
                record[name] = sorted(here, key=embedded.number_of, reverse=not rising)
        if "labels" in final:
            record["labels"] = self._labels(final["labels"])
        return self._preferred(record, final)

    def _preferred(self, record: Record, final: Record) -> Record:
        preferred = record.get("preferred_event")
        if isinstance(final.get("pipeline_preferred_events"), dict) and not self._whole:
            record["pipeline_preferred_events"] = self._chosen(record, final)
        try:
            if preferred is None or self._other(preferred) is None:
                raise KeyError(preferred)
        except KeyError:
            if preferred != final.get("preferred_event"):
                self._doubt("guessed", f"{preferred}, then the preferred event, is not in the archive")
                for name, unknown in (("far", None), ("preferred_event_data", {"graceid": preferred})):
                    if name in final:
                        record[name] = unknown
            elif not self._whole:
                self._doubt("inferred", f"the preferred event {preferred} is shown as it was captured")
        else:
            record = embedded.superevent(record, self._if_known)
        return record

    def _if_known(self, graceid: str) -> Record | None:
        try:
            return self._other(graceid)
        except KeyError:
            return None

    def _chosen(self, record: Record, final: Record) -> Record:
        """The preferred events by pipeline: of its own, an event that an update made the preferred one, while it is that."""
        known = final["pipeline_preferred_events"]
        updates = self.intervals.values.named.get("preferred_event", ())
        if not any(event.get("graceid") == final.get("preferred_event") for event in known.values()):
            updates = ()  # servers that do not count it, or nothing but its creation made it the preferred one
        held = {*record.get("gw_events", ()), *record.get("em_events", ())} - {span.value for span in updates}
        chosen = {pipeline: event for pipeline, event in known.items() if event.get("graceid") in held}
        now = [span.value for span in updates if span.first <= self.index][-1:]
        if now and isinstance(now[0], str) and (event := self._if_known(now[0])):
            chosen[str(event.get("pipeline"))] = embedded.basic(event)
        return chosen

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
        if kind in ("voevent", "emobservation"):
            came = bisect_right(intervals.first_of[kind], self.index)
            late = len(intervals.first_of[kind]) - came
            records = view.records(kind)
            return [self._then(record) for record in records[: len(records) - late]]
        if kind == "permission":
            if intervals.access.intervals:
                return self._permissions() if any(intervals.access.at(self.index)) else []
            return view.records(kind)  # nobody tells when they were granted
        return [self._then(record) for record in view.records(kind) if self._came(kind, record)]

    def _came(self, kind: str, record: Record) -> bool:
        """Whether a record was there: by the entry or step that brought it, else by its own time."""
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
            self._doubt("inferred", "the permissions, withdrawn later, are taken to be those that servers grant")
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
        return next((record for record in self.records(kind) if str(record.get("N")) == str(key)), None)

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
        came = {
            (record["filename"], record.get("file_version")): self.steps.index_by_n[record["N"]]
            for record in reversed(self.steps.view.records("log"))
            if record.get("filename")
        }
        return [file for file in files if came.get((file.name, file.version), 1) <= self.index]

    def file(self, name: str, version: int | None = None) -> FileEntry | None:
        """One version of a file (default: the newest one then), or None."""
        found = [f for f in self.files() if f.name == name and (version is None or f.version == version)]
        return max(found, key=lambda f: f.version, default=None)

    # -- ids

    def _then(self, record: Record) -> Record:
        """A record with the object's later id replaced in its links, before the superevent was confirmed."""
        later = self.steps.final.get("gw_id")
        confirmed = self.intervals.values.named.get("gw_id", ())
        if not later or not confirmed or confirmed[0].first <= self.index:
            return record
        linked: Record = relink(record, f"superevents/{later}/", f"superevents/{self.graceid}/")
        return linked


def in_order(final: list[str], logged: list[str], held: set[str]) -> list[str]:
    """Tags as the server lists them: in the final list's order if all are in it, else in the order in which they came."""
    if held <= set(final):
        return [tag for tag in final if tag in held]
    before = [tag for tag in final if tag not in logged]
    return [tag for tag in dict.fromkeys([*before, *logged]) if tag in held]


#: What no link is in. Of an event's record nearly all is numbers: passing them over makes this four times as fast.
_BARE = frozenset([int, float, bool, type(None)])


def relink(value: Any, old: str, new: str) -> Any:
    """A record with `old` replaced in its links, never in a comment."""
    if isinstance(value, dict):
        return {
            key: item if type(item) in _BARE or key == "comment" else relink(item, old, new)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [relink(item, old, new) for item in value]
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return value.replace(old, new)
    return value
