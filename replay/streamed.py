"""A selection whose alerts are made when they are asked for and forgotten soon after: what is played of a whole archive."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from os import PathLike

from gracetape.archive import Alert, Archive, Position, Timeline
from gracetape.errors import GracetapeError
from gracetape.progress import progress
from gracetape.replay.selected import Along, Selection
from gracetape.replay.spread import born_of, spread_out

#: How many alerts that were asked for are kept, and how far apart the places are from which others are made again.
_KEPT, _APART = 256, 128
#: How many are made while there is time until the next one.
_AHEAD = 32
#: In how many objects alerts are counted when somebody only wants to say how many there are.
_SOON_COUNTED = 100


@dataclass(frozen=True)
class _Mark:
    """A place from which alerts can be made again: the alerts of the steps after `after`."""

    index: int
    offset_s: float
    after: Position | None


@dataclass(frozen=True)
class _Count:
    alerts: int
    messages: int
    duration_s: float


class StreamedSelection(Selection):
    """As `Selection`, made of what gives its alerts from any moment of a timeline on.

    It stands somewhere and goes on from there; going back makes alerts again, from a mark on the way, or from the beginning if `along`
    cannot give them `from_anywhere` more cheaply. How many there are in all is found out at the end, or by making all of them once,
    when somebody asks. `many`: that would take long, though the timeline has few objects.
    """

    timeline: Timeline

    def __init__(
        self,
        along: Along,
        *,
        timeline: Timeline,
        source: Archive | str | PathLike[str] | None = None,
        spread: str = "as-recorded",
        from_anywhere: bool = True,
        many: bool = False,
    ) -> None:
        self._along, self._spread, self._from_anywhere = along, spread, from_anywhere
        self.timeline, self.source, self.end = timeline, source, None
        self.others = {}
        first = next(along(None), None)
        start = first.created if first is not None else datetime(1980, 1, 6, tzinfo=UTC)
        self.born = born_of(start, spread)
        self._marks = [_Mark(0, 0.0, None)]
        self._counted_to = self._messages_so_far = 0
        self._begin(self._marks[0])
        self._long = many or timeline.has_more_than(_SOON_COUNTED)

    def anew(self) -> "StreamedSelection":
        return StreamedSelection(
            self._along,
            timeline=self.timeline,
            source=self.source,
            spread=self._spread,
            from_anywhere=self._from_anywhere,
            many=self._long,
        )

    # -- how much there is

    @cached_property
    def _count(self) -> _Count:
        alerts, messages, last = 0, 0, 0.0
        with progress("counting messages", unit="alerts") as done:
            for offset_s, alert in self._timed(None):
                alerts, messages, last = alerts + 1, messages + len(alert.nodes), offset_s
                done.done = alerts
        return _Count(alerts, messages, last)

    @property
    def counted(self) -> bool:
        return "_count" in self.__dict__ or not self._long

    @property
    def alerts(self) -> Sequence[Alert]:
        return list(self._along(None))

    @property
    def offsets(self) -> list[float]:
        return [offset_s for offset_s, _ in self._timed(None)]

    @property
    def duration_s(self) -> float:
        return self._count.duration_s

    @property
    def messages(self) -> int:
        return self._count.messages

    def __len__(self) -> int:
        return self._count.alerts

    # -- where it stands

    def _timed(self, after: Position | None) -> Iterator[tuple[float, Alert]]:
        return spread_out(self._along(after), lambda alert: alert.created, self.born, self._spread)

    def _begin(self, mark: _Mark) -> None:
        """Stand before the alert at a mark."""
        self._first, self._window = mark.index, deque[tuple[float, Alert]](maxlen=_KEPT)
        self._source, self._last, self._over = self._timed(mark.after), mark, False

    def _mark_at(self, index: int) -> _Mark:
        """The last place before the alert at an index from which alerts can be made again."""
        return self._marks[bisect_right(self._marks, index, key=lambda mark: mark.index) - 1]

    def _holds(self, index: int) -> bool:
        """Let the alert at an index be among those that are held; False if there is none such."""
        if index < self._first:
            self._begin(self._mark_at(index))
        while index >= self._first + len(self._window):
            if not self._goes_on():
                return False
        return True

    def _goes_on(self) -> bool:
        """Make one more alert; False if there is none."""
        try:
            following = next(self._source, None)
        except BaseException:  # whoever asks once more is told of it once more: what broke off is not the end
            self._begin(self._mark_at(self._first))
            raise
        here = self._first + len(self._window)
        if following is None:
            self._over = True
            if self._counted_to == here:
                self.__dict__["_count"] = _Count(
                    here, self._messages_so_far, self._window[-1][0] if self._window else 0.0
                )
            return False
        if self._counted_to == here:
            self._counted_to, self._messages_so_far = here + 1, self._messages_so_far + len(following[1].nodes)
        self._mark(here, following)
        self._first += len(self._window) == _KEPT
        self._window.append(following)
        return True

    def _mark(self, here: int, following: tuple[float, Alert]) -> None:
        """Remember a place where a step and a second begin, if it is far from the last one."""
        if not self._window or here < self._marks[-1].index + _APART or not self._from_anywhere:
            return
        before_s, before = self._window[-1]
        if before.position != following[1].position and before_s // 1 < following[0] // 1:
            self._marks.append(_Mark(here, following[0], before.position))

    def look_ahead(self, index: int) -> None:
        """Make some alerts after one before anybody asks for them: what is wrong with one of them is told when it is asked for."""
        with suppress(GracetapeError, sqlite3.Error):
            self._holds(index + _AHEAD)

    def offset_at(self, index: int) -> float | None:
        return self._window[index - self._first][0] if self._holds(index) else None

    def alert_at(self, index: int) -> Alert:
        if not self._holds(index):
            raise IndexError(index)
        return self._window[index - self._first][1]

    def some(self, count: int) -> Sequence[Alert]:
        """The first ones, which are kept."""
        return [self.alert_at(index) for index in range(min(count, _KEPT)) if self._holds(index)]

    def index_at(self, offset_s: float, *, beyond: bool = False) -> int:
        if self._first and (not self._window or self._window[0][0] >= offset_s):
            self._begin(self._marks[max(0, bisect_left(self._marks, offset_s, key=lambda mark: mark.offset_s) - 1)])
        while not self._window or self._window[-1][0] < offset_s or (beyond and self._window[-1][0] == offset_s):
            if not self._goes_on():
                return self._first + len(self._window)
        bisect = bisect_right if beyond else bisect_left
        return self._first + bisect([offset for offset, _ in self._window], offset_s)

    def index_after(self, position: Position) -> int:
        index = 0
        while self._holds(index) and (place := self.alert_at(index).position) is not None and place < position:
            index += 1
        return index
