"""From an archive and what was asked to a player that is ready to play."""

import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from weakref import finalize

from gracetape.archive import Archive, History, Timeline, history_of
from gracetape.archive.alerts.heard import heard_messages
from gracetape.archive.alerts.message_file import MessageFile, read_messages
from gracetape.archive.history.streamed import StreamedTimeline, is_streamed
from gracetape.archive.inside import SQLITE
from gracetape.archive.recorded import OnlyHeard, Recorded, only_heard
from gracetape.clocks import Clock, check_speed, clock_for
from gracetape.errors import ArchiveError, BadRequest, GracetapeError, UsageError
from gracetape.ids import Ref, parse_ref
from gracetape.message_lines import holds_messages
from gracetape.progress import progress
from gracetape.replay.copies import Arrangement
from gracetape.replay.message_queue import MessageQueue
from gracetape.replay.only_heard import MANY_HEARD, HeardAlong
from gracetape.replay.player import Player
from gracetape.replay.selected import opened
from gracetape.replay.selection import Selection, Wanted, mentions, select


@dataclass(frozen=True)
class Tape:
    """An archive (open, or its path), the objects of it that are meant (none: all), and seconds by which they come later."""

    archive: Archive | str | PathLike[str]
    refs: Sequence[str] = ()
    offset_s: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.offset_s):
            raise BadRequest(f"a tape comes a number of seconds later, not {self.offset_s:g}")


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
    align: str = "as-recorded",
    copies: int = 1,
    every_s: float = 0.0,
    names: Sequence[str] = (),
    retime: datetime | None = None,
    laps: int | None = 1,
    gap_s: float = 1.0,
) -> Player:
    """A player of an archive's alerts: iterating it waits for each alert's moment and gives the alert.

    `refs` name objects as on the command line (`G1234`, `G1234@2`, `G1234:20`); without any, every object is played
    on one time line. Several archives are given as a list of `Tape`s. `speed`: times as fast as it happened; a `clock` of
    your own replaces it (`MaxClock()`: as fast as possible). `cutoff`: nothing that the server sent after log entry N of
    each named object (of the only superevent, or only object, if none is named); a superevent's cutoff is that of its
    events too. `start`: begin at log entry N. `until`: UTC. `spread`: when the messages of one second come (`as-recorded`,
    `burst`, `even`). `rate`: messages a second at most.

    `align`: `as-recorded` keeps the time between tapes, `start` lets all begin at once. `copies` of everything begin
    `every_s` seconds after one another; `names` are templates for new ids. `retime`: the time (UTC) that the first message
    is to have. `laps`: how often it is played (None: for ever), `gap_s` seconds between. Raises BadRequest (a ValueError)
    for what cannot be asked, ArchiveError for what the archive lacks.
    """
    check_speed(speed)
    return prepare(
        [Tape(archive, refs)] if isinstance(archive, Archive | str | PathLike) else archive,
        Wanted(cutoff, start, until, format, certain_only, spread),
        Arrangement(align, copies, every_s, names, retime, laps, gap_s),
        clock if clock is not None else clock_for(speed),
        rate,
    )


def prepare(
    tapes: Sequence[Tape], wanted: Wanted, arrangement: Arrangement, clock: Clock, rate: float | None = None
) -> Player:
    """A player of what is wanted of some tapes, put together as arranged."""
    selections: list[tuple[Selection, float]] = []
    remarks: list[str] = []
    for tape in tapes:
        if is_message_file(tape.archive):
            path = Path(str(tape.archive))
            held = read_messages(path, lambda uid: uid, untimed=True)
            remarks += _untimed(path, held)
            selections.append((_of_file(path, held.messages, tape.refs, wanted), tape.offset_s))
            continue
        with ExitStack() as stack:
            archive = opened(tape.archive, stack)
            heard_alone = only_heard(archive)
            only = {one.object for one in heard_alone}
            refs = read_refs(archive, tape.refs, only)
            heard: Mapping[str, Sequence[Recorded]]
            if refs or arrangement.names or not (is_streamed(archive) or _much(archive, heard_alone)):
                told = {graceid: ref for graceid, ref in refs.items() if graceid not in only}
                timeline = Timeline(list(histories_of(archive, told).values()) if told or not refs else [])
                names = (one.object for one in heard_alone if one.object in refs or not refs)
                heard = heard_messages(archive, names)
            else:
                timeline, heard = StreamedTimeline(archive), HeardAlong(archive, heard_alone)
                if archive is not tape.archive:
                    finalize(timeline, stack.pop_all().close)
            selections.append((select(timeline, refs, wanted, tape.archive, heard), tape.offset_s))
    queue = MessageQueue(arrangement.copies_of(selections), laps=arrangement.laps, gap_s=arrangement.gap_s)
    timeline_of_first = selections[0][0].timeline if selections else None
    player = Player(queue, clock, format=wanted.format, timeline=timeline_of_first, rate=rate)
    player.left_out = [sentence for selection, _ in selections if (sentence := selection.left_out())]
    player.remarks = remarks
    player.stand()
    return player


def _much(archive: Archive, heard: Sequence[OnlyHeard]) -> bool:
    """Whether the messages about objects that were never captured are so many that they are read as they come up."""
    return archive.read_only and sum(one.messages for one in heard) > MANY_HEARD


def is_message_file(path: object) -> bool:
    """Whether a path is that of a file of messages."""
    if not isinstance(path, str | PathLike):
        return False
    try:
        if not Path(path).is_file():
            return False
        with Path(path).open("rb") as stream:
            begin = stream.read(16)
    except (OSError, ValueError):  # what an archive says of such a path
        return False
    if begin.startswith(SQLITE):
        return False
    if Path(path).suffix != ".tape":  # whatever it holds: what is wrong with it is told line by line
        return True
    try:
        return holds_messages(Path(path))
    except UsageError:  # a file of something else
        return False


def _untimed(path: Path, held: MessageFile) -> list[str]:
    """A sentence about messages of which nothing tells when they came, if there are some."""
    if not held.untimed:
        return []
    whole = sum(map(len, held.messages.values()))
    many = f"{held.untimed} of {whole} messages" if whole > 1 else "its message"
    return [f"{path}: nothing tells when {many} came: each comes at once after the one on the line above it"]


def _of_file(path: Path, messages: Mapping[str, list[Recorded]], names: Sequence[str], wanted: Wanted) -> Selection:
    """What is wanted of a file of messages, our own or anybody's (a payload a line)."""
    if not messages:
        raise ArchiveError(f"{path} is empty: there is no message in it")
    refs = {ref.graceid: ref for ref in map(_ref, names)}
    if missing := sorted(refs.keys() - messages.keys()):
        raise BadRequest(f"{path} has no message about {', '.join(missing)}")
    heard = {graceid: found for graceid, found in messages.items() if graceid in refs or not refs}
    return select(Timeline([]), refs, wanted, None, heard)


def _ref(name: str) -> Ref:
    try:
        return parse_ref(name)
    except GracetapeError as error:
        raise BadRequest(str(error)) from None


def read_refs(archive: Archive, names: Sequence[str], heard: Collection[str] = ()) -> dict[str, Ref]:
    """What each named object was asked for, by the id under which the archive keeps it; `heard`: objects that were only heard."""
    refs: dict[str, Ref] = {}
    for name in names:
        ref = _ref(name)
        graceid = ref.graceid if ref.graceid in heard else archive.resolve(ref.graceid)
        if graceid in refs:
            raise BadRequest(f"{graceid} is named twice: an object is played once")
        refs[graceid] = ref
    return refs


def histories_of(archive: Archive, refs: Mapping[str, Ref]) -> dict[str, History]:
    """The named objects and whatever they are tied to (all, if none is named), so that each is shown as it stood."""
    known = archive.objects()
    waiting = list(refs) or known
    histories: dict[str, History] = {}
    with progress("reading histories", len(waiting), "objects") as done:
        while waiting:
            graceid = waiting.pop(0)
            if graceid in histories:
                continue
            version = refs[graceid].version if graceid in refs else None
            history = histories[graceid] = history_of(archive, f"{graceid}@{version}" if version else graceid)
            waiting += sorted(mentions(history) & set(known))
            done.done, done.total = len(histories), max(done.total or 0, len(histories))
    return histories
