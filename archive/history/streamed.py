"""The time line of a whole archive, made as it is walked along: histories open when they begin and are let go after their last entry.

What one act did to several objects is one step, so objects that acts tie to one another are opened together: a *group*, whose steps
are put in order by themselves. Groups are merged by what ranks their steps, which is also what numbers a moment here: a number
made of the step's time and object, that can be told of any step without looking at what lies before it.
"""

import heapq
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from threading import RLock
from weakref import WeakValueDictionary

from gracetape.archive import spans
from gracetape.archive.history.history import History
from gracetape.archive.history.ordering import Rank, Step, ranked_steps, ties
from gracetape.archive.history.snapshot import Snapshot
from gracetape.archive.history.timeline import Part, Position, Timeline, timeline_of
from gracetape.archive.recorded import recorded_of
from gracetape.archive.spans import Span, ticks
from gracetape.archive.store import Archive
from gracetape.archive.view import StoredView
from gracetape.errors import ArchiveError
from gracetape.topics import is_public

_ID, _BITS = 32, {"category": 1, "born": 64, "id": 256, "entry": 32, "place": 24}
#: What follows a step's time in the number of its moment.
_REST = sum(_BITS.values())
#: Of archives with this many objects at most all histories are held, whatever becomes of the archive meanwhile.
HELD = 16
#: How many groups that are not walked along are kept, in case they are asked for again.
_RECENT = 32
#: Before a step of one object another one's may come that was made a little later (in what `spans` counts).
_MARGIN = 60_000_000
_CAPTURED = "SELECT object FROM captures WHERE completed IS NOT NULL"


def _number(rank: Rank) -> int:
    created, superevent, born, graceid, entry = rank
    number = ticks(created) << _BITS["category"] | superevent
    number = number << _BITS["born"] | ticks(born)
    number = number << _BITS["id"] | int.from_bytes(graceid.encode()[:_ID].ljust(_ID, b"\0"))
    return (number << _BITS["entry"] | entry) << _BITS["place"]


@dataclass(eq=False)
class _Group:
    """Objects that acts tie to one another: their steps in order, the moment just after each, and by object those of its entries."""

    histories: dict[str, History]
    steps: list[Step] = field(default_factory=list, init=False)
    moments: list[int] = field(default_factory=list, init=False)
    whens: dict[str, list[int]] = field(default_factory=dict, init=False)
    snapshots: dict[tuple[str, int], Snapshot] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.whens = {graceid: [] for graceid in self.histories}
        latest = 0
        for place, (rank, step) in enumerate(ranked_steps(self.histories)):
            latest = max(latest, _number(rank))  # what comes after something later comes just after it
            self.steps.append(step)
            self.moments.append(latest + place)
            for graceid, _ in sorted(step.entries, key=lambda item: item[1]):
                self.whens[graceid].append(latest + place)

    def walk(self) -> list[tuple[Position, Step]]:
        return [(Position(moment), step) for moment, step in zip(self.moments, self.steps, strict=True)]


class _Stored(Mapping[str, History]):
    """The histories of an archive by graceid, opened when they are asked for."""

    def __init__(self, timeline: "StreamedTimeline") -> None:
        self._timeline = timeline

    def __getitem__(self, graceid: str) -> History:
        return self._timeline.group_of(graceid).histories[graceid]

    def __contains__(self, graceid: object) -> bool:
        return isinstance(graceid, str) and self._timeline.newest(graceid) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._timeline.archive.objects())

    def __len__(self) -> int:
        query = "SELECT count(DISTINCT object) FROM captures WHERE completed IS NOT NULL"
        return int(self._timeline.archive.connection.execute(query).fetchone()[0])


class StreamedTimeline(Timeline):
    """As `Timeline`, over all objects of an archive that stays open, of which it holds those that are on their way.

    Captures that come to the archive later are none of it. `opened` counts the histories that it holds.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.histories = _Stored(self)
        (self._newest,) = archive.connection.execute("SELECT max(id) FROM captures").fetchone()
        self._groups: WeakValueDictionary[str, _Group] = WeakValueDictionary()
        self._recent: deque[_Group] = deque(maxlen=_RECENT)
        self._lock = RLock()
        self._arrivals = self._first_arrivals()

    def __repr__(self) -> str:
        return f"<Timeline of {len(self.histories)} objects, {self.opened} of them opened>"

    @property
    def opened(self) -> int:
        """How many histories are held."""
        return len(self._groups)

    def _first_arrivals(self) -> dict[str, int]:
        query = f"SELECT object, min(arrived) FROM alerts WHERE object IN ({_CAPTURED}) GROUP BY object"
        found = self.archive.connection.execute(query).fetchall()
        try:
            return {str(graceid): ticks(datetime.fromisoformat(arrived)) for graceid, arrived in found}
        except (ValueError, TypeError):  # which is no time, or one without a zone
            raise ArchiveError(
                f"{self.archive.path}: when a recorded message arrived is no time: `gracetape archive verify` tells which"
            ) from None

    def has_more_than(self, count: int) -> bool:
        return self.archive.holds_more_than(count)

    @property
    def categories(self) -> Mapping[str, str]:
        query = "SELECT object, category FROM captures WHERE completed IS NOT NULL AND id <= ? GROUP BY object ORDER BY min(id)"
        return dict(self.archive.connection.execute(query, (self._newest,)).fetchall())

    @cached_property
    def heard(self) -> bool:
        return self._heard_of(public=False)

    @cached_property
    def heard_by_public(self) -> bool:
        return self._heard_of(public=True)

    def _heard_of(self, *, public: bool) -> bool:
        query = (
            f"SELECT DISTINCT node FROM alerts WHERE object IN ({_CAPTURED})"  # ends with the first one that is found
        )
        return any(is_public(node) == public for (node,) in self.archive.connection.execute(query))

    def place_of(self, graceid: str) -> int:
        query = "SELECT min(id) FROM captures WHERE object = ? AND completed IS NOT NULL"
        return int(self.archive.connection.execute(query, (graceid,)).fetchone()[0])

    # -- what is held

    def newest(self, graceid: str) -> str | None:
        """What names the capture of an object that is told of here; None if there is none."""
        query = (
            "SELECT version FROM captures WHERE object = ? AND completed IS NOT NULL AND id <= ? "
            "ORDER BY version DESC LIMIT 1"
        )
        row = self.archive.connection.execute(query, (graceid, self._newest)).fetchone()
        return f"{graceid}@{row[0]}" if row is not None else None

    def group_of(self, graceid: str) -> _Group:
        """An object and what acts tie to it; KeyError if it is not there."""
        with self._lock:
            group = self._groups.get(graceid)
            if group is None:
                group = self._opened(graceid)
                self._groups.update(dict.fromkeys(group.histories, group))
                self._recent.append(group)
            return group

    def _opened(self, first: str) -> _Group:
        read: dict[str, History | None] = {}
        named: dict[str, set[str]] = {}

        def names(graceid: str) -> set[str]:
            """The objects that an object, read now, says to have acts in common with."""
            if graceid not in read:
                history = read[graceid] = self._read(graceid)
                found = ties(history) if history is not None else ()
                named[graceid] = {self.archive.owner(name) or name for name in found}
            return named[graceid]

        waiting, group = [first], dict[str, History]()
        with self.archive.reading():
            while waiting:
                graceid = waiting.pop()
                others = names(graceid)
                if graceid not in group and (history := read[graceid]) is not None:
                    group[graceid] = history
                    # What one of two says alone is no act of both; a group is the same from whichever of its objects it is opened.
                    waiting += (other for other in sorted(others) if graceid in names(other))
            if not group:
                raise KeyError(first)
            return _Group({name: group[name] for name in sorted(group, key=self.place_of)})

    def _read(self, graceid: str) -> History | None:
        if (ref := self.newest(graceid)) is None:
            return None
        heard = recorded_of(self.archive, graceid) if graceid in self._arrivals else ()
        return History(StoredView(self.archive, self.archive.capture(ref)), heard)

    @cached_property
    def _untold(self) -> list[Span]:
        """The objects of which nobody knows when they begin, as if they did at the beginning of all."""
        return [Span(graceid, 0, 0) for graceid in spans.untold(self.archive.connection)]

    def _begin_of(self, span: Span) -> int:
        return min(span.begins, self._arrivals.get(span.object, span.begins))

    def spans(self, since: int = 0) -> Iterator[Span]:
        """When each object begins, the first one first; those that end before `since` are left out."""
        connection = self.archive.connection
        yield from self._untold
        found = spans.in_order(connection, since)
        if self._arrivals:  # what was heard of an object may have been heard before it was made
            whole = [span._replace(begins=self._begin_of(span)) for span in found]
            found = iter(sorted(whole, key=lambda span: span.begins))
        yield from found

    def under_way(self, position: Position) -> tuple[int, set[str]]:
        """A time (as `spans` counts) before which all has happened to what ends before it; and the objects of which that is not so at a
        moment, though they may be there: those that end later, what acts tie to them, and what was captured since this was made.
        """
        at = position.index >> _REST
        settled = at - _MARGIN
        query = "SELECT DISTINCT object FROM captures WHERE id > ?"
        later = [str(row[0]) for row in self.archive.connection.execute(query, (self._newest,)).fetchall()]
        coming = takewhile(lambda span: span.begins <= at, self.spans(settled))
        found = set[str]()
        for graceid in (*later, *(span.object for span in coming)):
            if graceid not in found:
                with suppress(KeyError):  # it is no object of this time line
                    found.update(self.group_of(graceid).histories)
        found.update(later)
        return settled, found

    # -- along the line

    def walk(self, after: Position | None = None, until: Position | None = None) -> Iterator[tuple[Position, Step]]:
        begin = after.index if after else 0
        coming = _Coming(self, begin >> _REST)
        open_groups: list[tuple[int, int, _Group]] = []
        while True:
            while coming.begins is not None and (not open_groups or coming.begins <= open_groups[0][0] >> _REST):
                group = coming.take()
                place = bisect_right(group.moments, begin) if group is not None else 0
                if group is not None and place < len(group.moments):
                    heapq.heappush(open_groups, (group.moments[place], place, group))
            if not open_groups:
                return
            moment, place, group = open_groups[0]
            if until is not None and moment > until.index:
                return
            if place + 1 < len(group.moments):
                heapq.heapreplace(open_groups, (group.moments[place + 1], place + 1, group))
            else:
                heapq.heappop(open_groups)
            yield Position(moment), group.steps[place]

    def parts(self, until: Position | None = None) -> Iterator[Part]:
        coming = _Coming(self)
        while (begins := coming.begins) is not None and (until is None or begins <= until.index >> _REST):
            if (group := coming.take()) is not None:
                yield Part(spans.moment(begins), [*group.histories], group.walk())

    # -- positions

    @cached_property
    def end(self) -> Position:
        return Position(self._last())

    def at_time(self, time: datetime) -> Position:
        until = ticks(time)
        last = self._last(until)
        for span in takewhile(lambda span: span.begins <= until, self.spans(until)):
            last = max(last, self._last_of(span.object, until))
        return Position(last)

    def _last(self, until: int | None = None) -> int:
        """The last moment of the objects that end by some time."""
        last = 0
        for span in spans.from_the_end(self.archive.connection, until):
            if span.ends < last >> _REST:
                break
            last = max(last, self._last_of(span.object, until))
        return last

    def _last_of(self, graceid: str, until: int | None) -> int:
        try:
            group = self.group_of(graceid)
        except KeyError:  # it is no object of this time line
            return 0
        steps = zip(group.moments, group.steps, strict=True)
        return max((moment for moment, step in steps if until is None or ticks(step.created) <= until), default=0)

    def _whens(self, graceid: str) -> Sequence[int]:
        return self.group_of(graceid).whens[graceid]

    def _named_as(self, name: str) -> History | None:
        graceid = self.archive.owner(name)
        return self.histories[graceid] if graceid is not None and graceid in self.histories else None

    def _kept_snapshots(self, graceid: str) -> dict[tuple[str, int], Snapshot]:
        return self.group_of(graceid).snapshots


def is_streamed(archive: Archive) -> bool:
    """Whether the histories of an archive are opened as they come up. One that is written to here is read before that begins."""
    return archive.read_only and archive.holds_more_than(HELD)


def whole_timeline(archive: Archive) -> Timeline:
    """All objects of an archive that stays open on one time line: held whole if they are few, else opened as they come up."""
    return StreamedTimeline(archive) if is_streamed(archive) else timeline_of(archive)


class _Coming:
    """The groups that a walk is yet to open, and the time (as `spans` counts) before which the next one has nothing to tell."""

    def __init__(self, timeline: StreamedTimeline, since: int = 0) -> None:
        self._timeline, self._spans = timeline, timeline.spans(since)
        self._known: set[str] = set()
        self._next = next(self._spans, None)

    @property
    def begins(self) -> int | None:
        return self._next.begins if self._next is not None else None

    def take(self) -> _Group | None:
        """The next one; None if it has been opened, or is not there."""
        span, self._next = self._next, next(self._spans, None)
        if span is None or span.object in self._known:
            self._known.discard(span.object if span else "")
            return None
        try:
            group = self._timeline.group_of(span.object)
        except KeyError:  # it has no whole capture, or none that was there from the beginning
            return None
        self._known.update(group.histories.keys() - {span.object})
        return group
