"""Several tapes and copies on one time line: where each begins, under which ids it plays, and at what time it seems to be."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from replay.errors import BadRequest
from replay.reel import Change, Lane, Reel, Track, unchanged

if TYPE_CHECKING:
    from archive import Alert
    from replay.rename import Renaming

ALIGNMENTS = ("as-recorded", "start")


@dataclass(frozen=True)
class Programme:
    """How tracks are put together.

    `align`: `as-recorded` keeps the time between tracks, `start` lets all begin at once. `copies` of everything begin
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
        if self.laps is not None and self.laps < 1:
            raise BadRequest(f"it must be played once or more, not {self.laps} times")

    def reel(self, tracks: Sequence[tuple[Track, float]]) -> Reel:
        """Tracks, each with its own offset (s), as one reel."""
        tracks = [(track, offset_s) for track, offset_s in tracks if len(track)]
        if not tracks:
            return Reel([])
        born = min(track.born for track, _ in tracks)
        starts = [offset_s + self._since(born, track) for track, offset_s in tracks]
        parts = [(track, start - min(starts)) for (track, _), start in zip(tracks, starts, strict=True)]
        longest_s = max(start + track.duration_s for track, start in parts)
        period_s = longest_s + (self.copies - 1) * self.every_s + self.gap_s
        naming = self._naming([track for track, _ in parts])
        lanes: list[Lane] = []
        for copy in range(self.copies):
            for track, start in parts:
                start_s = start + copy * self.every_s
                lanes.append(Lane(track, start_s, self._changes(track, start_s, copy, naming, period_s)))
        return Reel(lanes, laps=self.laps, gap_s=self.gap_s)

    def _since(self, born: datetime, track: Track) -> float:
        return (track.born - born).total_seconds() if self.align == "as-recorded" else 0.0

    def _naming(self, tracks: Sequence[Track]) -> "Callable[[int], Renaming] | None":
        if not self.names:
            return None
        from replay.rename import Names, ids_of

        timelines = {id(track.timeline): track.timeline for track in tracks if track.timeline is not None}
        ids = dict.fromkeys(graceid for timeline in timelines.values() for graceid in ids_of(timeline))
        return Names(self.names).copies(list(ids), self.copies)

    def _changes(
        self, track: Track, start_s: float, copy: int, naming: "Callable[[int], Renaming] | None", period_s: float
    ) -> Callable[[int], Change]:
        """What each lap makes of the alerts of one copy of a track."""

        def of_lap(lap: int) -> Change:
            steps: list[Change] = []
            if naming is not None:  # first, since it remembers the parts of recorded alerts
                steps.append(naming(lap * self.copies + copy).alert)
            if self.retime is not None:
                from replay.retime import Retiming

                then = self.retime + timedelta(seconds=start_s + lap * period_s)
                steps.append(Retiming.between(track.born, then).alert)
            return _one_after_another(steps)

        return of_lap


def _one_after_another(steps: Sequence[Change]) -> Change:
    def change(alert: "Alert") -> "Alert":
        for step in steps:
            alert = step(alert)
        return alert

    return change if steps else unchanged
