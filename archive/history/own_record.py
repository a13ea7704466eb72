"""An object's own record as it stood after some of its entries, and how sure it is."""

from collections.abc import Callable
from typing import Any

from gracetape.archive.history import embedded
from gracetape.archive.history.intervals import Intervals
from gracetape.archive.history.rules import Record
from gracetape.archive.history.steps import Steps
from gracetape.archive.history.uploads import Uploads
from gracetape.archive.links import relinked

#: Gives another object's record at the same moment: None where it was not there yet. KeyError where it is not known.
Lookup = Callable[[str], Record | None]
#: Gives the id that a superevent goes by at the same moment: its GW id once it is confirmed. KeyError as above.
Named = Callable[[str], str]

_PARAMETERS = ("t_start", "t_0", "t_end", "preferred_event", "em_type", "time_coinc_far", "space_coinc_far")


class OwnRecord:
    """The record of the event or superevent at an index of its history. `doubts`: (certainty, reason)."""

    def __init__(
        self, steps: Steps, intervals: Intervals, uploads: Uploads, index: int, others: Lookup | None = None,
        named: Named | None = None,
    ) -> None:  # fmt: skip
        self.steps, self.intervals, self.uploads, self.index = steps, intervals, uploads, index
        self.graceid, self.category, self.service = steps.graceid, steps.category, steps.service
        self.doubts: list[tuple[str, str]] = []
        self._others, self._named = others, named
        self._record: Record | None = None
        self.whole = index >= len(steps.entries)

    def record(self) -> Record:
        """The record, put together when it is first asked for."""
        if self._record is None:
            final = self.steps.final
            self._record = self.then_linked(self._event(final) if self.category == "event" else self._superevent(final))
        return self._record

    def _other(self, graceid: str) -> Record | None:
        if self._others is None:
            raise KeyError(graceid)
        return self._others(graceid)

    def doubt(self, certainty: str, reason: str) -> None:
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
        told = self.intervals.labels.named
        untold = [name for name in final if name not in told]
        if untold and not self.whole:
            self.doubt("guessed", f"when {', '.join(untold)} was applied is not recorded: taken as just after creation")
        if self.index > 1:  # `new` goes out before labels are applied
            held = untold + held
        # The record's order is that of its own labels: one that was put on again later stands elsewhere in it.
        lasting = all(span.first <= self.index for span in self.intervals.labels.last_open().values())
        return list(final) if lasting and set(held) == set(final) else held

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
        told, untold = self.uploads.at(self.index)
        if untold:
            self.doubt("guessed", f"replaced later, and the file before does not tell: {', '.join(untold)}")
        else:
            self.doubt("inferred", "replaced later: what the file before said is read from it again")
        return told

    def _superevent_of(self, final: str | None) -> str | None:
        """The superevent that an event is in, by the id that it goes by then."""
        told: str | None = next((value for _, value in self.intervals.superevent.at(self.index)), None)
        if told is None:
            return None
        try:
            if self._named is None:
                raise KeyError(told)
            return self._named(told)
        except KeyError:
            return final if self.whole and final else told

    def _neighbours(self, final: Any) -> Any:
        if not isinstance(final, dict):
            return final
        found = {}
        for superevent_id, known in final.items():
            try:
                then = self._other(superevent_id)
            except KeyError:
                found[superevent_id] = known
                if not self.whole:
                    self.doubt("inferred", f"neighbour {superevent_id} is shown as it was captured")
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
            told = "gw_id" in intervals.values.named
            record["gw_id"] = intervals.value("gw_id", self.index, None if told else final["gw_id"])
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
        if isinstance(final.get("pipeline_preferred_events"), dict) and not self.whole:
            record["pipeline_preferred_events"] = self._chosen(record, final)
        try:
            if preferred is None or self._other(preferred) is None:
                raise KeyError(preferred)
        except KeyError:
            if preferred != final.get("preferred_event"):
                self.doubt("guessed", f"{preferred}, then the preferred event, is not in the archive")
                for name, unknown in (("far", None), ("preferred_event_data", {"graceid": preferred})):
                    if name in final:
                        record[name] = unknown
            elif not self.whole:
                self.doubt("inferred", f"the preferred event {preferred} is shown as it was captured")
        else:
            record = embedded.superevent(record, self._if_known)
        return record

    def _if_known(self, graceid: str) -> Record | None:
        try:
            return self._other(graceid)
        except KeyError:
            return None

    def _chosen(self, record: Record, final: Record) -> Record:
        """The preferred events by pipeline: those that entries tell of, and an event that an update made the preferred one, while
        it is that.
        """
        known = final["pipeline_preferred_events"]
        updates = self.intervals.values.named.get("preferred_event", ())
        if not any(event.get("graceid") == final.get("preferred_event") for event in known.values()):
            updates = ()  # servers that do not count it, or nothing but its creation made it the preferred one
        held = {*record.get("gw_events", ()), *record.get("em_events", ())} - {span.value for span in updates}
        logged = self.intervals.chosen
        chosen = {p: event for p, event in known.items() if event.get("graceid") in held and p not in logged.named}
        captured = {event.get("graceid"): event for event in known.values()}
        for pipeline in logged.named:
            span = logged.last(pipeline, self.index)
            if span is None or not span.holds(self.index) or not {span.value} & {*held, *captured}:
                continue
            later = [u.value for u in updates if span.first < u.first <= self.index]
            if pipeline not in map(self._pipeline_of, later):  # else the preferred event took its place
                known_so = captured.get(span.value) or embedded.basic(
                    self._if_known(span.value) or {"graceid": span.value}
                )
                chosen[pipeline] = known_so
        now = [span.value for span in updates if span.first <= self.index][-1:]
        if now and isinstance(now[0], str) and (event := self._if_known(now[0])):
            chosen[str(event.get("pipeline"))] = embedded.basic(event)
        return chosen

    def _pipeline_of(self, graceid: Any) -> Any:
        event = self._if_known(graceid) if isinstance(graceid, str) else None
        return event.get("pipeline") if event else None

    def then_linked(self, record: Record) -> Record:
        """A record with the object's later id replaced in its links, before the superevent was confirmed."""
        later = self.steps.final.get("gw_id")
        confirmed = self.intervals.values.named.get("gw_id", ())
        if not later or not confirmed or confirmed[0].first <= self.index:
            return record
        linked: Record = relink(record, f"superevents/{later}/", f"superevents/{self.graceid}/")
        return linked


def relink(value: Any, old: str, new: str) -> Any:
    """A record with `old` replaced in its links, never in a comment."""
    return relinked(value, lambda link: link.replace(old, new))
