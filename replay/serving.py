"""A GraceDB over HTTP that follows a replay: it answers as of the last message, and may be written to on a branch."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from typing import Any

from gracetape.archive import Archive, Position
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.dummy import make_app, serve
from gracetape.dummy.server_settings import settings_of
from gracetape.errors import BadRequest
from gracetape.replay.branch import Branch
from gracetape.replay.player import Player

#: How soon (s) a thread that answers a request lets the one that plays go on: Python's own 5 ms would make messages late.
_SWITCH_S = 1e-4


@contextmanager
def following(player: Player, *, port: int = 0, branch: str | PathLike[str] | None = None) -> Iterator[str]:
    """Serve what a player plays as a GraceDB on loopback while the block runs; gives the API's URL.

    With `branch`, a path at which there is nothing yet, the server can be written to: what is written is kept in a new
    archive there, beside what the tapes tell of up to the player's position. Raises BadRequest for a player of nothing;
    ArchiveError if the port or the path can't be had.
    """
    if not player.queue.copies:
        raise BadRequest("nothing is played, so there is nothing that a GraceDB could follow")
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_SWITCH_S)
        app = _written(player, str(branch), stack) if branch is not None else _read_only(player, stack)
        yield stack.enter_context(serve(app, port=port)).url


def _written(player: Player, path: str, stack: ExitStack) -> Any:
    branch = Branch(player, path)
    stack.callback(branch.close)
    return make_app(branch.archive, now=branch.now, on_alert=branch.send_now, settings=settings_of(*branch.tapes))


def _read_only(player: Player, stack: ExitStack) -> Any:
    """One tape under its own ids and times is asked as of the player's position; else a passing branch is kept up to it."""
    copy = player.queue.copies[0]
    if len(player.queue.copies) == 1 and copy.plain and copy.selection.source is not None:
        source = copy.selection.source
        tape = source if isinstance(source, Archive) else stack.enter_context(Archive.open(str(source)))
        return make_app(tape, as_of=lambda: player.position or Position(0), timeline=copy.selection.timeline)
    path = stack.enter_context(HeldFolder(None, COPIED)).path / "played.tape"
    branch = Branch(player, path)
    stack.callback(branch.close)
    return make_app(stack.enter_context(Archive.open(path)), settings=settings_of(*branch.tapes))
