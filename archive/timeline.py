"""Several histories in one order, the moments in it, and the alerts that the server sent along it."""

import heapq
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gracetape.archive.alerts import Alert, announce
from gracetape.archive.blend import blended
from gracetape.archive.history import Entry, History, Lookup
from gracetape.archive.rules import Act, Record
from gracetape.archive.snapshot import Snapshot, in_order
from gracetape.errors import ArchiveError, GracetapeError

#: Tags that came with a log's own upload left their entries within about a second of it.
SAME_UPLOAD = timedelta(seconds=1)
#: Entries that one act left on a superevent and on its events are made within this time of each other.
_ONE_ACT = timedelta(seconds=30)


@dataclass(frozen=True, order=True)
class Position:
    """A moment of a timeline: that many of its steps have happened."""

    index: int


@dataclass(frozen=True)
class Step:
    """What happened at once: the entries of one act, as (graceid, index after it), in the order of their alerts."""

    created: datetime
    entries: tuple[tuple[str, int], ...]


class Timeline:
    """Histories merged by time, then N; what one act did to several objects is one step.

    `histories` by graceid; `steps` in order.
    """

    def __init__(self, histories: Sequence[History]) -> None:
        self.histories = {history.graceid: history for history in histories}
        self._named: dict[str, History] = {}
        for history in histories:
            for name in (history.graceid, history.final.get("gw_id")):
                if name:
                    self._named.setdefault(name, history)
        self.steps = _merge(self.histories)
        self._when: dict[str, list[int]] = defaultdict(list)  # graceid -> for each of its entries, the step
        for number, step in enumerate(self.steps, start=1):
            for graceid, _ in sorted(step.entries, key=lambda item: item[1]):
                self._when[graceid].append(number)
        self._cache: dict[tuple[str, int], Snapshot] = {}

    # -- moments

    @property
    def end(self) -> Position:
        """When everything has happened."""
        return Position(len(self.steps))

    def at(self, graceid: str, n: int) -> Position:
        """The moment just after log entry `n` of an object; ArchiveError if there is no such object or entry."""
        history = self._history(graceid)
        return Position(self._when[history.graceid][history.index_of(n) - 1])

    def at_time(self, time: datetime) -> Position:
        """The moment just after the last step made at or before a time (UTC)."""
        index = 0
        for number, step in enumerate(self.steps, start=1):
            if step.created <= time:
                index = number
        return Position(index)

    def _history(self, graceid: str) -> History:
        if graceid in self._named:
            return self._named[graceid]
        raise ArchiveError(f"{graceid} is not among the objects here: {', '.join([*self.histories][:20])}")

    def index_of(self, graceid: str, position: Position) -> int:
        """How many entries of an object have happened at a moment."""
        return bisect_right(self._when[graceid], position.index)

    def snapshot(self, graceid: str, position: Position) -> Snapshot | None:
        """An object as it was at a moment; None if it was not there yet, KeyError if the timeline does not know it."""
        if graceid not in self.histories:
            graceid = self.known(graceid).graceid
        index = self.index_of(graceid, position)
        if index == 0:
            return None
        history = self.histories[graceid]
        if index == len(history.entries) and position == self.end:
            return _Moment(self, position).at(history, index)
        key = (graceid, position.index)
        if key not in self._cache:
            if len(self._cache) > 256:
                self._cache.clear()
            moment = _Moment(self, position)
            self._cache[key] = moment.at(history, index, moment.record)
        return self._cache[key]

    def known(self, graceid: str) -> History:
        """The history of an object, by either of its ids; KeyError if the timeline does not know it."""
        try:
            return self._history(graceid)
        except GracetapeError:
            raise KeyError(graceid) from None

    # -- alerts

    def alerts(self) -> Iterator[Alert]:
        """What the server announced, in order; messages that were heard live in the place of rebuilt ones."""
        return blended(self.rebuilt(), {graceid: history.recorded for graceid, history in self.histories.items()})

    def rebuilt(self) -> Iterator[Alert]:
        """What the server announced, in order, as far as the records tell of it."""
        for number, step in enumerate(self.steps, start=1):
            for graceid, index in step.entries:
                yield from self._announced(graceid, index, Position(number))

    def _announced(self, graceid: str, index: int, position: Position) -> Iterator[Alert]:
        history = self.histories[graceid]
        entry = history.entries[index - 1]
        if not entry.act.rule.announces:
            return
        moment = _Moment(self, position)
        snapshot = moment.at(history, index, moment.record)
        for alert in announce(entry, snapshot, history.removed_at(index)):
            alert = replace(alert, position=position)
            for certainty, reason in snapshot.doubts:
                alert = alert.doubted(certainty, reason)
            if entry.n is None and index > 1:
                alert = alert.doubted("inferred", "no log entry tells of it: placed by its own time")
            yield _with_tags(alert, snapshot, entry) if alert.alert_type == "log" else alert


class _Moment:
    """What records say of other objects at one moment, each worked out once.

    An event names its neighbouring superevents, which name the event: so what is told inside of a record tells less.
    """

    def __init__(self, timeline: Timeline, position: Position) -> None:
        self._timeline, self._position = timeline, position
        self._told: dict[tuple[str, str], Record | None] = {}

    def at(self, history: History, index: int, others: Lookup | None = None) -> Snapshot:
        """An object at an index, the others named as they were at this moment."""
        return history.at(index, others, self._name)

    def record(self, graceid: str) -> Record | None:
        """Another object's record, for what an object's record says of others; None if it was not there yet."""
        event = self._timeline.known(graceid).category == "event"
        return self._once("event", graceid, self._superevent) if event else self._superevent(graceid)

    def _superevent(self, graceid: str) -> Record | None:
        """A superevent, its preferred event bare."""
        return self._once("superevent", graceid, self._bare)

    def _bare(self, graceid: str) -> Record | None:
        """An event's own record, its neighbours left as they were captured."""
        return self._once("bare", graceid, None)

    def _once(self, depth: str, graceid: str, others: Lookup | None) -> Record | None:
        key = depth, graceid
        if key not in self._told:
            history = self._timeline.known(graceid)
            index = self._timeline.index_of(history.graceid, self._position)
            self._told[key] = self.at(history, index, others).record() if index else None
        return self._told[key]

    def _name(self, graceid: str) -> str:
        history = self._timeline.known(graceid)
        return history.name_at(self._timeline.index_of(history.graceid, self._position))


def _with_tags(alert: Alert, snapshot: Snapshot, entry: Entry) -> Alert:
    """A log alert with the tags that came with the upload: the server tags first and announces then."""
    told = snapshot.history.spans.tags_of.get(entry.n, ()) if entry.n is not None else ()
    mine = [(tag, span) for tag, span in told if span.value is not None]
    if not mine:
        return alert
    near = {tag for tag, span in mine if span.value - entry.created <= SAME_UPLOAD}
    final = entry.record.get("tag_names") or []
    without_entry = set(final) - {tag for tag, _ in mine}
    tags = in_order(final, [tag for tag, _ in mine], near | without_entry)
    tagged = replace(alert, data=alert.data | {"tag_names": tags})
    return tagged.doubted("inferred", "tags put on within a second are taken to have come with the message")


# -- merging


def partners(act: Act, superevent: str) -> list[tuple[str, str, str]]:
    """The entries that an act on a superevent leaves on events, as (graceid, act, superevent)."""
    params = act.params
    match act.name:
        case "created":
            preferred = params.get("preferred_event")
            added = [(g, "added_to_superevent", superevent) for g in params.get("events", [])]
            return ([(preferred, "selected_as_preferred", superevent)] if preferred else []) + added
        case "updated":
            for name, old, new in params["changes"]:
                if name == "preferred_event":
                    return [(old, "removed_as_preferred", superevent), (new, "selected_as_preferred", superevent)]
        case "event_added":
            return [(params["graceid"], "added_to_superevent", superevent)]
        case "event_removed":
            return [(params["graceid"], "removed_from_superevent", superevent)]
    return []


def _steps(histories: dict[str, History]) -> list[Step]:
    """Every entry in a step, those of one act in one."""
    waiting: dict[tuple[str, str, str], deque[int]] = defaultdict(deque)
    kept_as = {str(h.final["gw_id"]): h.graceid for h in histories.values() if h.final.get("gw_id")}
    for history in histories.values():
        if history.category == "event":
            for i, entry in enumerate(history.entries, start=1):
                if superevent := entry.act.params.get("superevent"):
                    waiting[history.graceid, entry.act.name, kept_as.get(superevent, superevent)].append(i)
    steps, taken = [], set()
    for history in histories.values():
        if history.category == "event":
            continue
        for i, entry in enumerate(history.entries, start=1):
            mine: list[tuple[str, int]] = []
            for partner in partners(entry.act, history.graceid):
                graceid, queue = partner[0], waiting[partner]
                while queue and histories[graceid].entries[queue[0] - 1].created < entry.created - _ONE_ACT:
                    queue.popleft()
                if queue and histories[graceid].entries[queue[0] - 1].created <= entry.created + _ONE_ACT:
                    mine.append((graceid, queue.popleft()))
            taken.update(mine)
            own = (history.graceid, i)
            steps.append(Step(entry.created, (*mine, own) if entry.act.name == "updated" else (own, *mine)))
    for history in histories.values():
        if history.category == "event":
            for i, entry in enumerate(history.entries, start=1):
                if (history.graceid, i) not in taken:
                    steps.append(Step(entry.created, ((history.graceid, i),)))
    return steps


def _merge(histories: dict[str, History]) -> list[Step]:
    """The steps in order: each object's entries by index, and among what may come next the earliest."""
    steps = _steps(histories)
    step_of = {item: number for number, step in enumerate(steps) for item in step.entries}
    blockers = [0] * len(steps)
    after: dict[int, list[int]] = defaultdict(list)
    for graceid, history in histories.items():
        for i in range(2, len(history.entries) + 1):
            earlier, later = step_of[graceid, i - 1], step_of[graceid, i]
            if earlier != later:
                after[earlier].append(later)
                blockers[later] += 1

    def rank(number: int) -> tuple[datetime, int, datetime, str, int, int]:
        graceid, i = steps[number].entries[-1 if len(steps[number].entries) > 1 else 0]
        history = histories[graceid]
        born = history.entries[0].created
        return steps[number].created, history.category != "event", born, graceid, i, number

    ready = [rank(number) for number, count in enumerate(blockers) if count == 0]
    heapq.heapify(ready)
    ordered: list[Step] = []
    while ready:
        number = heapq.heappop(ready)[-1]
        ordered.append(steps[number])
        for later in after[number]:
            blockers[later] -= 1
            if blockers[later] == 0:
                heapq.heappush(ready, rank(later))
    if len(ordered) < len(steps):  # contradictory logs: no order keeps every act together
        loose = [Step(histories[g].entries[i - 1].created, ((g, i),)) for step in steps for g, i in step.entries]
        return sorted(loose, key=lambda s: (s.created, s.entries))
    return ordered
