"""Copies of what was selected from tapes: where each begins, under which ids it plays, and at what time it seems to be."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from gracetape.errors import BadRequest
from gracetape.replay.rename import Names, Renaming, ids_of
from gracetape.replay.retime import Retiming
from gracetape.replay.rewrite import UNCHANGED, Rewrite
from gracetape.replay.selection import Selection
from gracetape.times import LAST, iso_time

ALIGNMENTS = ("as-recorded", "start")


@dataclass
class Copy:
    """A selection played once, beginning `start_s` seconds after the queue; `rewrite_of` gives what each lap makes of its alerts."""

    selection: Selection
    start_s: float = 0.0
    rewrite_of: Callable[[int], Rewrite] = field(default=lambda lap: UNCHANGED)

    def __repr__(self) -> str:
        return f"<Copy of {len(self.selection)} alerts from {self.start_s:g} s on>"

    @property
    def plain(self) -> bool:
        """Whether its alerts are sent as they were recorded."""
        return self.rewrite_of(0) is UNCHANGED


@dataclass(frozen=True)
class Arrangement:
    """How selections are put together.

    `align`: `as-recorded` keeps the time between them, `start` lets all begin at once. `copies` of everything begin
    `every_s` seconds after one another; `names` are templates for new ids. `retime`: the time (UTC) that the first message
    is to have (None: that which it had). `laps`: how often it is played (None: for ever), `gap_s` seconds between.
    """

    align: str = "as-recorded"
    copies: int = 1
    every_s: float = 0.0
    names: Sequence[str] = ()
    retime: datetime | None = None
    laps: int | None = 1
    gap_s: float = 1.0

    def __post_init__(self) -> None:
        if self.align not in ALIGNMENTS:
            raise BadRequest(f"tracks can be aligned {' or '.join(ALIGNMENTS)}, not {self.align!r}")
        if self.copies < 1:
            raise BadRequest(f"there must be 1 copy or more, not {self.copies}")
        if self.copies > 1 and not self.names:
            raise BadRequest("copies need ids of their own: give a template such as --as T{n}")
        if not (math.isfinite(self.every_s) and self.every_s >= 0):
            raise BadRequest(f"copies begin 0 or more seconds after one another, not {self.every_s:g}")
        if not (math.isfinite(self.gap_s) and self.gap_s >= 0):
            raise BadRequest(f"0 or more seconds pass between laps, not {self.gap_s:g}")
        if self.laps is not None and self.laps < 1:
            raise BadRequest(f"it must be played once or more, not {self.laps} times")
        if self.retime is not None:  # what is asked for alone says so much, whatever is played
            laps = 2 if self.laps is None else self.laps
            _later(self.retime, (self.copies - 1) * self.every_s + (laps - 1) * self.gap_s)

    def copies_of(self, selections: Sequence[tuple[Selection, float]]) -> list[Copy]:
        """The copies of some selections, each of which has its own offset (s)."""
        selections = [(selection, offset_s) for selection, offset_s in selections if selection]
        if not selections:
            return []
        born = min(selection.born for selection, _ in selections)
        starts = [offset_s + self._since(born, selection) for selection, offset_s in selections]
        parts = [(selection, start - min(starts)) for (selection, _), start in zip(selections, starts, strict=True)]
        period = cache(lambda: self._period_s(parts))
        namings = self._namings([selection for selection, _ in parts])
        copies: list[Copy] = []
        for number in range(self.copies):
            for (selection, start), naming in zip(parts, namings, strict=True):
                start_s = start + number * self.every_s
                copies.append(Copy(selection, start_s, self._rewrites(selection, start_s, number, naming, period)))
        return copies

    def _period_s(self, parts: Sequence[tuple[Selection, float]]) -> float:
        """From the beginning of one lap to that of the next."""
        longest_s = max(start + selection.duration_s for selection, start in parts)
        return longest_s + (self.copies - 1) * self.every_s + self.gap_s

    def _since(self, born: datetime, selection: Selection) -> float:
        return (selection.born - born).total_seconds() if self.align == "as-recorded" else 0.0

    def _namings(self, selections: Sequence[Selection]) -> Sequence[Callable[[int], Renaming] | None]:
        """What names each selection's copies; selections of one archive share their names, and those of several share none."""
        if not self.names:
            return [None] * len(selections)
        archives: dict[str, dict[str, None]] = defaultdict(dict)
        for selection in selections:
            if selection.timeline is not None:
                archives[selection.origin].update(dict.fromkeys(ids_of(selection.timeline)))
        namings = dict(
            zip(archives, Names(self.names).copies(*map(list, archives.values()), count=self.copies), strict=True)
        )
        return [namings.get(selection.origin) for selection in selections]

    def _rewrites(
        self,
        selection: Selection,
        start_s: float,
        number: int,
        naming: Callable[[int], Renaming] | None,
        period: Callable[[], float],
    ) -> Callable[[int], Rewrite]:
        """What each lap makes of the alerts of one copy of a selection."""

        def of_lap(lap: int) -> Rewrite:
            since_s = start_s + (lap * period() if lap else 0.0)
            then = None if self.retime is None else _later(self.retime, since_s)
            if naming is None and then is None:
                return UNCHANGED
            return Rewrite(
                naming(lap * self.copies + number) if naming is not None else None,
                Retiming.between(selection.born, then) if then is not None else None,
            )

        return of_lap


def _later(moment: datetime, seconds: float) -> datetime:
    """A moment some seconds after another; BadRequest beyond the years that times are written for."""
    try:
        if (found := moment + timedelta(seconds=seconds)) < LAST:
            return found
    except OverflowError:
        pass
    raise BadRequest(
        f"what comes {seconds:g} s after {iso_time(moment)} is too late to be written as a time: let it begin before"
    )
