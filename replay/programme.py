"""Several tapes and copies on one time line: where each begins, under which ids it plays, and at what time it seems to be."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gracetape.errors import BadRequest
from gracetape.replay.change import UNCHANGED, Change
from gracetape.replay.reel import Lane, Reel, Track

if TYPE_CHECKING:
    from gracetape.replay.rename import Renaming
    from gracetape.replay.retime import Retiming

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
        namings = self._namings([track for track, _ in parts])
        lanes: list[Lane] = []
        for copy in range(self.copies):
            for (track, start), naming in zip(parts, namings, strict=True):
                start_s = start + copy * self.every_s
                lanes.append(Lane(track, start_s, self._changes(track, start_s, copy, naming, period_s)))
        return Reel(lanes, laps=self.laps, gap_s=self.gap_s)

    def _since(self, born: datetime, track: Track) -> float:
        return (track.born - born).total_seconds() if self.align == "as-recorded" else 0.0

    def _namings(self, tracks: Sequence[Track]) -> "Sequence[Callable[[int], Renaming] | None]":
        """What names each track's copies; tracks of one archive share their names, and those of several share none."""
        if not self.names:
            return [None] * len(tracks)
        from gracetape.replay.rename import Names, ids_of

        archives: dict[str, dict[str, None]] = defaultdict(dict)
        for track in tracks:
            if track.timeline is not None:
                archives[track.origin].update(dict.fromkeys(ids_of(track.timeline)))
        namings = dict(
            zip(archives, Names(self.names).copies(*map(list, archives.values()), count=self.copies), strict=True)
        )
        return [namings.get(track.origin) for track in tracks]

    def _changes(
        self, track: Track, start_s: float, copy: int, naming: "Callable[[int], Renaming] | None", period_s: float
    ) -> Callable[[int], Change]:
        """What each lap makes of the alerts of one copy of a track."""

        def of_lap(lap: int) -> Change:
            then = None if self.retime is None else self.retime + timedelta(seconds=start_s + lap * period_s)
            if naming is None and then is None:
                return UNCHANGED
            return Change(naming(lap * self.copies + copy) if naming else None, _timing(track, then))

        return of_lap


def _timing(track: Track, then: datetime | None) -> "Retiming | None":
    if then is None:
        return None
    from gracetape.replay.retime import Retiming

    return Retiming.between(track.born, then)
