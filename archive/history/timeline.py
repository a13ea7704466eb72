"""Several histories on one time line: the positions on it, and every object as it was at any of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gracetape.archive.history.history import History, history_of
from gracetape.archive.history.ordering import Step, ordered_steps
from gracetape.archive.history.rules import Record
from gracetape.archive.history.snapshot import Lookup, Snapshot
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.topics import is_public


@dataclass(frozen=True, order=True)
class Position:
    """How far a timeline has come: that many of its steps have happened."""

    index: int


@dataclass(frozen=True)
class Part:
    """Objects, and their steps in order, each with the moment just after it; `begins`: nothing is told of them before."""

    begins: datetime
    objects: Sequence[str]
    steps: Sequence[tuple[Position, Step]] = field(repr=False)


class Timeline:
    """Histories merged by time, then N; what one act did to several objects is one step.

    `histories` by graceid; `steps` in order. All of them are held: `StreamedTimeline` opens those of an archive as they come up.
    """

    histories: Mapping[str, History]

    def __init__(self, histories: Sequence[History]) -> None:
        self.histories = {history.graceid: history for history in histories}
        self._named: dict[str, History] = {}
        for history in histories:
            for name in (history.graceid, history.final.get("gw_id")):
                if name:
                    self._named.setdefault(name, history)
        self._places = {graceid: place for place, graceid in enumerate(self.histories)}
        self.steps = ordered_steps(self.histories)
        self._when: dict[str, list[int]] = defaultdict(list)  # graceid -> for each of its entries, the step
        for number, step in enumerate(self.steps, start=1):
            for graceid, _ in sorted(step.entries, key=lambda item: item[1]):
                self._when[graceid].append(number)
        self._cache: dict[tuple[str, int], Snapshot] = {}

    def __repr__(self) -> str:
        return f"<Timeline of {len(self.histories)} objects, {len(self.steps)} steps>"

    # -- positions

    def has_more_than(self, count: int) -> bool:
        """Whether there are more objects than that."""
        return len(self.histories) > count

    @property
    def categories(self) -> Mapping[str, str]:
        """`superevent` or `event` of each object."""
        return {graceid: history.category for graceid, history in self.histories.items()}

    @property
    def heard(self) -> bool:
        """Whether any message to GraceDB's own listeners was heard live."""
        return self._heard_of(public=False)

    @property
    def heard_by_public(self) -> bool:
        """Whether any message to the public was heard live."""
        return self._heard_of(public=True)

    def _heard_of(self, *, public: bool) -> bool:
        messages = (message for history in self.histories.values() for message in history.recorded)
        return any(is_public(message.node) == public for message in messages)

    def place_of(self, graceid: str) -> int:
        """A number by which an object of the time line comes before or after the others of it."""
        return self._places[graceid]

    def walk(self, after: Position | None = None, until: Position | None = None) -> Iterator[tuple[Position, Step]]:
        """The steps in order, each with the moment just after it; those after one moment, up to another one."""
        begin = after.index if after else 0
        for number, step in enumerate(self.steps[begin : until.index if until else None], start=begin + 1):
            yield Position(number), step

    def parts(self, until: Position | None = None) -> Iterator["Part"]:
        """What lies on it in parts that no act ties to one another, by the moments before which nothing of them comes.

        Those may be lacking of which nothing comes up to a moment `until`.
        """
        yield Part(datetime.min.replace(tzinfo=UTC), [*self.histories], list(self.walk()))

    @property
    def end(self) -> Position:
        """When everything has happened."""
        return Position(len(self.steps))

    def at(self, graceid: str, n: int) -> Position:
        """Just after log entry `n` of an object; ArchiveError if there is no such object or entry."""
        history = self._history(graceid)
        return Position(self._whens(history.graceid)[history.index_of(n) - 1])

    def entry_positions(self, graceid: str) -> list[Position]:
        """The moment just after each entry of an object, in order."""
        return [Position(number) for number in self._whens(graceid)]

    def at_time(self, time: datetime) -> Position:
        """Just after the last step made at or before a time (UTC)."""
        index = 0
        for number, step in enumerate(self.steps, start=1):
            if step.created <= time:
                index = number
        return Position(index)

    def just_before(self, graceid: str, index: int) -> Position:
        """The moment just before an entry of an object, which is the one before `index`."""
        return Position(self._whens(graceid)[index - 1] - 1)

    def others_at(self, position: Position) -> "Others":
        """What records say of other objects at a position."""
        return Others(self, position)

    def _whens(self, graceid: str) -> Sequence[int]:
        """Of each entry of an object, the moment just after it."""
        return self._when[graceid]

    def _named_as(self, name: str) -> History | None:
        """The history of an object, by any of its ids."""
        return self._named.get(name)

    def _kept_snapshots(self, graceid: str) -> dict[tuple[str, int], Snapshot]:
        """Snapshots of an object, and of others, that were made."""
        return self._cache

    def _history(self, graceid: str) -> History:
        if (history := self._named_as(graceid)) is not None:
            return history
        raise ArchiveError(f"{graceid} is not among the objects here: {', '.join([*self.histories][:20])}")

    def index_of(self, graceid: str, position: Position) -> int:
        """How many entries of an object have happened at a position."""
        return bisect_right(self._whens(graceid), position.index)

    def snapshot(self, graceid: str, position: Position) -> Snapshot | None:
        """An object as it was at a position; None if it was not there yet, KeyError if the timeline does not know it."""
        if graceid not in self.histories:
            graceid = self.known(graceid).graceid
        index = self.index_of(graceid, position)
        if index == 0:
            return None
        history = self.histories[graceid]
        if index == len(history.entries) and position >= self.end:
            return Others(self, position).snapshot(history, index)
        key = (graceid, position.index)
        kept = self._kept_snapshots(graceid)
        if key not in kept:
            if len(kept) > 256:
                kept.clear()
            others = Others(self, position)
            kept[key] = others.snapshot(history, index, others.record)
        return kept[key]

    def known(self, graceid: str) -> History:
        """The history of an object, by either of its ids; KeyError if the timeline does not know it."""
        try:
            return self._history(graceid)
        except GracetapeError:
            raise KeyError(graceid) from None


class Others:
    """What records say of other objects at one position, each worked out once.

    An event names its neighbouring superevents, which name the event: so what stands inside of a record says less.
    """

    def __init__(self, timeline: Timeline, position: Position) -> None:
        self._timeline, self._position = timeline, position
        self._records: dict[tuple[str, str], Record | None] = {}

    def snapshot(self, history: History, index: int, others: Lookup | None = None) -> Snapshot:
        """An object at an index, the others named as they were at this position."""
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
        if key not in self._records:
            history = self._timeline.known(graceid)
            index = self._timeline.index_of(history.graceid, self._position)
            self._records[key] = self.snapshot(history, index, others).record() if index else None
        return self._records[key]

    def _name(self, graceid: str) -> str:
        history = self._timeline.known(graceid)
        return history.name_at(self._timeline.index_of(history.graceid, self._position))


def timeline_of(archive: Archive, refs: Sequence[str] | None = None) -> Timeline:
    """The histories of some objects of an archive (default: all) on one time line."""
    with archive.reading():
        return Timeline([history_of(archive, ref) for ref in (refs if refs is not None else archive.objects())])
