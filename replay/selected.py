"""The alerts of a tape that are played: a list of them, each held once, with their seconds since the first."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from os import PathLike, fspath

from gracetape.archive import Alert, Archive, Position, Timeline
from gracetape.replay.spread import offsets

#: The wanted alerts after a moment of a timeline (None: all).
Along = Callable[[Position | None], Iterator[Alert]]


def opened(archive: Archive | str | PathLike[str], stack: ExitStack) -> Archive:
    """An archive that is open, or the one at a path, which is closed with the stack."""
    return archive if isinstance(archive, Archive) else stack.enter_context(Archive.open(fspath(archive)))


class Selection:
    """The alerts of a tape that are played, in order, each held once, with their seconds since `born` (UTC).

    `timeline` is the one that they lie on, `source` the archive that it is of (open, or its path); `end`, if what comes after
    it on the time line will never be. `others`: how many messages each other format has that the one that was asked for lacks.
    """

    def __init__(
        self,
        alerts: Sequence[Alert],
        *,
        timeline: Timeline | None = None,
        source: Archive | str | PathLike[str] | None = None,
        end: Position | None = None,
        spread: str = "as-recorded",
        others: Mapping[str, int] | None = None,
    ) -> None:
        self._alerts = alerts
        self.others = others or {}
        self.timeline, self.source, self.end = timeline, source, end
        born, self._offsets = offsets([alert.created for alert in alerts], spread)
        self.born = born if born is not None else datetime(1980, 1, 6, tzinfo=UTC)

    def __repr__(self) -> str:
        if not self.counted:
            return "<Selection of many alerts>"
        return f"<Selection of {len(self)} alerts, {self.duration_s:.0f} s>"

    @property
    def alerts(self) -> Sequence[Alert]:
        """All of them."""
        return self._alerts

    @property
    def offsets(self) -> list[float]:
        """The seconds of each."""
        return self._offsets

    @property
    def origin(self) -> str:
        """The path of the archive, for telling selections from one of those from another."""
        return str(getattr(self.source, "path", self.source))

    def left_out(self) -> str:
        """What to say of messages that another format has; '' if there is nothing to say."""
        if not self.others:
            return ""
        form, count = max(self.others.items(), key=lambda item: item[1])
        messages = "1 message is" if count == 1 else f"{count} messages are"
        return f"{messages} of another form: --format {form} plays {'it' if count == 1 else 'them'}"

    @property
    def duration_s(self) -> float:
        """Seconds from the beginning to the last message."""
        return self.offsets[-1] if self.offsets else 0.0

    @property
    def messages(self) -> int:
        """How many messages the alerts are: one per node."""
        return sum(len(alert.nodes) for alert in self.alerts)

    @property
    def counted(self) -> bool:
        """Whether it costs nothing to say how many alerts and messages there are, and how long they take."""
        return True

    def index_after(self, position: Position) -> int:
        """The first alert that tells of something at or after a moment of the timeline."""
        return next((i for i, a in enumerate(self.alerts) if a.position is None or a.position >= position), len(self))

    def offset_at(self, index: int) -> float | None:
        """The seconds of the alert at an index; None after the last one."""
        return self._offsets[index] if index < len(self._offsets) else None

    def alert_at(self, index: int) -> Alert:
        """The alert at an index that there is."""
        return self._alerts[index]

    def some(self, count: int) -> Sequence[Alert]:
        """About so many of them, from all over, to reckon with."""
        return self._alerts[:: max(1, len(self) // max(1, count))]

    def look_ahead(self, index: int) -> None:
        """Make ready what comes after an alert, where that takes time."""

    def places_from(self, index: int) -> Iterator[int]:
        """The indexes of the alerts from one on."""
        while self.offset_at(index) is not None:
            yield index
            index += 1

    def index_at(self, offset_s: float, *, beyond: bool = False) -> int:
        """The first alert at or after (`beyond`: after) some seconds."""
        return bisect_right(self._offsets, offset_s) if beyond else bisect_left(self._offsets, offset_s)

    def anew(self) -> "Selection":
        """The same for somebody else, who may stand at another place of it."""
        return self

    def __len__(self) -> int:
        return len(self._alerts)

    def __bool__(self) -> bool:
        return self.offset_at(0) is not None
