"""From an archive and what was asked to a player that is ready to play."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import Any

from gracetape.archive import Archive, History, Ref, Timeline, history_of, parse_ref
from gracetape.archive.alerts.alert import FORMATS
from gracetape.clocks import Clock, ScaledClock, check_speed
from gracetape.errors import BadRequest, GracetapeError
from gracetape.replay.player import Player
from gracetape.replay.programme import Programme
from gracetape.replay.reel import Track
from gracetape.replay.selection import Wanted, mentions, only_one, select


@dataclass(frozen=True)
class Tape:
    """An archive (open, or its path), the objects of it that are meant (none: all), and seconds by which they come later."""

    archive: Archive | str | PathLike[str]
    refs: Sequence[str] = ()
    offset_s: float = 0.0


def play(
    archive: Archive | str | PathLike[str] | Sequence[Tape],
    *refs: str,
    speed: float = 1.0,
    cutoff: int | None = None,
    start: int | None = None,
    until: datetime | None = None,
    format: str = "modern",
    clock: Clock | None = None,
    certain_only: bool = False,
    spread: str = "as-recorded",
    rate: float | None = None,
    **programme: Any,
) -> Player:
    """A player of an archive's alerts: iterating it waits for each alert's moment and gives the alert.

    `refs` name objects as on the command line (`G1234`, `G1234@2`, `G1234:20`); without any, every object is played
    on one time line. Several archives are given as a list of `Tape`s. `speed`: times as fast as it happened; a `clock` of
    your own replaces it (`MaxClock()`: as fast as possible). `cutoff`: nothing that the server sent after log entry N of
    each named object (of the only superevent, or only object, if none is named); a superevent's cutoff is that of its
    events too. `start`: begin at log entry N. `until`: UTC. `spread`: when the messages of one second come (`as-recorded`,
    `burst`, `even`). `rate`: messages a second at most. The rest says how tapes and copies are put together: the fields of
    `Programme`. Raises BadRequest (a ValueError) for what cannot be asked, ArchiveError for what the archive lacks.
    """
    check_speed(speed)
    if format not in FORMATS:
        raise BadRequest(f"there is no message format {format!r}: use {', '.join(FORMATS)}")
    own_clock = clock if clock is not None else ScaledClock(speed)
    together = Programme(**programme)
    tapes = [Tape(archive, refs)] if isinstance(archive, Archive | str | PathLike) else list(archive)
    tracks: list[tuple[Track, float]] = []
    for tape in tapes:
        with _opened(tape.archive) as opened:
            track = _track(opened, tape.archive, tape.refs, cutoff, start, until, format, certain_only, spread)
        tracks.append((track, tape.offset_s))
    reel = together.reel(tracks)
    player = Player(reel, own_clock, format=format, timeline=tracks[0][0].timeline if tracks else None, rate=rate)
    player.stand()
    return player


@contextmanager
def _opened(archive: Archive | str | PathLike[str]) -> Iterator[Archive]:
    if isinstance(archive, Archive):
        yield archive
    else:
        with Archive.open(str(archive)) as tape:
            yield tape


def _track(
    archive: Archive,
    source: Archive | str | PathLike[str],
    names: Sequence[str],
    cutoff: int | None,
    start: int | None,
    until: datetime | None,
    format: str,
    certain_only: bool,
    spread: str,
) -> Track:
    refs = read_refs(archive, names)
    timeline = Timeline(list(histories_of(archive, refs).values()))
    wanted = Wanted(
        objects=list(refs) or None,
        cutoffs=cutoffs_of(timeline, refs, cutoff),
        cut_all=not refs,
        start=_start(timeline, refs, start),
        until=until,
        format=format,
        certain_only=certain_only,
    )
    return Track(select(timeline, wanted), timeline=timeline, source=source, spread=spread)


def read_refs(archive: Archive, names: Sequence[str]) -> dict[str, Ref]:
    """What each named object was asked for, by the id under which the archive keeps it."""
    refs: dict[str, Ref] = {}
    for name in names:
        try:
            ref = parse_ref(name)
        except GracetapeError as error:
            raise BadRequest(str(error)) from None
        graceid = archive.resolve(ref.graceid)
        if graceid in refs:
            raise BadRequest(f"{graceid} is named twice: an object is played once")
        refs[graceid] = ref
    return refs


def histories_of(archive: Archive, refs: Mapping[str, Ref]) -> dict[str, History]:
    """The named objects and whatever they are tied to (all, if none is named), so that each is shown as it stood."""
    known = archive.objects()
    waiting = list(refs) or known
    histories: dict[str, History] = {}
    while waiting:
        graceid = waiting.pop(0)
        if graceid in histories:
            continue
        version = refs[graceid].version if graceid in refs else None
        history = histories[graceid] = history_of(archive, f"{graceid}@{version}" if version else graceid)
        waiting += sorted(mentions(history) & set(known))
    return histories


def cutoffs_of(timeline: Timeline, refs: Mapping[str, Ref], cutoff: int | None) -> dict[str, int]:
    """The last log entry to be played, for each object that has one of its own."""
    if cutoff is not None and not refs:
        return {only_one(timeline.histories, f"--cutoff {cutoff}", lambda name: f"{name}:{cutoff}"): cutoff}
    own = {graceid: ref.cutoff if ref.cutoff is not None else cutoff for graceid, ref in refs.items()}
    return {graceid: n for graceid, n in own.items() if n is not None}


def _start(timeline: Timeline, refs: Mapping[str, Ref], start: int | None) -> tuple[str, int] | None:
    """The object and log entry to begin at."""
    if start is None:
        return None
    histories = {graceid: timeline.histories[graceid] for graceid in refs} or timeline.histories
    return only_one(histories, f"--start {start}", lambda name: f"{name} --start {start}"), start
