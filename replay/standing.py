"""A GraceDB that stands at one moment of each of some tapes, and may be written to on a scratch: nothing of them happens any more."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from gracetape.archive import Archive, Position, Timeline
from gracetape.archive.held_folders import SCRATCHED, HeldFolder
from gracetape.clocks import VirtualClock
from gracetape.dummy import make_app
from gracetape.dummy.server_settings import settings_of
from gracetape.replay.branch import Branch
from gracetape.replay.copies import Copy
from gracetape.replay.message_queue import MessageQueue
from gracetape.replay.player import Player
from gracetape.replay.selection import Selection
from gracetape.replay.serving import UntilWritten


def standing(tapes: Sequence[tuple[Archive, Timeline, Position]], stack: ExitStack, **options: Any) -> Any:
    """An application that answers as of a moment of each tape; writes are numbered from there, and gone when `stack` is closed.

    `options` are those of `make_app`. The server's clock goes on from the latest of the moments, unless `now` is another.
    """
    options = {"now": _clock([_created(timeline, position) for _, timeline, position in tapes]), **options}
    late = stack.enter_context(ExitStack())

    def begin() -> Any:
        path = late.enter_context(HeldFolder(None, SCRATCHED)).path / "written.tape"
        queue = MessageQueue([])  # which keeps no copy that has nothing to send
        queue.copies = [Copy(Selection([], timeline=timeline, source=tape)) for tape, timeline, _ in tapes]
        branch = Branch(Player(queue, VirtualClock()), path, passing=True, late=True)
        late.callback(branch.close)
        for number, (_, _, position) in enumerate(tapes):
            branch.reach(number, position)
        branch.archive.reserved.clear()  # what came later on the tapes will not come
        return make_app(branch.archive, **{"settings": settings_of(*branch.tapes), **options})

    if len(tapes) != 1:
        return begin()
    ((tape, timeline, position),) = tapes
    return UntilWritten(make_app(tape, as_of=lambda: position, timeline=timeline, **options), begin)


def _created(timeline: Timeline, position: Position) -> datetime:
    return timeline.steps[position.index - 1].created if position.index else datetime.now(UTC)


def _clock(moments: Sequence[datetime]) -> Any:
    begun, moment = time.monotonic(), max(moments)
    return lambda: moment + timedelta(seconds=time.monotonic() - begun)
