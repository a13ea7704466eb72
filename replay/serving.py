"""A GraceDB over HTTP that follows a replay: it answers as of the last message, and may be written to on a branch or a scratch."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from os import PathLike
from typing import Any

from gracetape.archive import Archive, Position
from gracetape.archive.held_folders import COPIED, SCRATCHED, HeldFolder
from gracetape.dummy import make_app, serve
from gracetape.dummy.server_settings import settings_of
from gracetape.errors import BadRequest
from gracetape.replay.branch import Branch
from gracetape.replay.player import Player
from gracetape.replay.selected import opened
from gracetape.switching import PLAYING_S, switching


@contextmanager
def following(
    player: Player, *, port: int = 0, branch: str | PathLike[str] | None = None, scratch: bool = False
) -> Iterator[str]:
    """Serve what a player plays as a GraceDB on loopback while the block runs; gives the API's URL.

    With `branch`, a path at which there is nothing yet, the server can be written to: what is written is kept in a new
    archive there, beside what the tapes tell of up to the player's position; with `scratch`, it is thrown away in the end.
    With neither, writes are refused (403). Raises BadRequest for a player of nothing;
    ArchiveError if the port or the path can't be had.
    """
    if not player.queue.copies:
        raise BadRequest("nothing is played, so there is nothing that a GraceDB could follow")
    with ExitStack() as stack:
        stack.enter_context(switching(PLAYING_S))
        if branch is not None:
            app = _written(player, str(branch), stack, {})
        else:
            app = on_scratch(player, stack) if scratch and not player.public else _read_only(player, stack)
        yield stack.enter_context(serve(app, port=port)).url


def _written(
    player: Player, path: str | PathLike[str], stack: ExitStack, options: Mapping[str, Any], **how: bool
) -> Any:
    branch = Branch(player, str(path), **how)
    stack.callback(branch.close)
    own = {"now": branch.now, "on_alert": branch.send_now, "settings": settings_of(*branch.tapes)}
    return make_app(branch.archive, **{**own, **options})


def on_scratch(player: Player, stack: ExitStack, **options: Any) -> Any:
    """An application that answers as of a player's position, and takes writes, which are thrown away when `stack` is closed.

    `options` are those of `make_app`; unless they say other things, writes have the replay's time, and their alerts go where
    its messages go.
    """
    path = stack.enter_context(HeldFolder(None, SCRATCHED)).path / "written.tape"
    if not _is_plain(player):
        return _written(player, path, stack, options, passing=True)
    late = stack.enter_context(ExitStack())  # what begins while it is served ends after that, too
    return UntilWritten(
        _read_only(player, stack), lambda: _written(player, path, late, options, passing=True, late=True)
    )


class UntilWritten:
    """An application that reads, and at the first request that may write becomes another one for good."""

    def __init__(self, reading: Any, begin: Callable[[], Any]) -> None:
        self._app, self._begin = reading, begin
        self._written, self._beginning = False, threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if not self._written and environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"):
            with self._beginning:
                if not self._written:
                    self._app, self._written = self._begin(), True
        return self._app(environ, start_response)


def _is_plain(player: Player) -> bool:
    """Whether one tape is played, under its own ids and times."""
    copy = player.queue.copies[0]
    return len(player.queue.copies) == 1 and copy.plain and copy.selection.source is not None


def _read_only(player: Player, stack: ExitStack) -> Any:
    """One tape under its own ids and times is asked as of the player's position; else a passing branch is kept up to it."""
    copy = player.queue.copies[0]
    source = copy.selection.source
    if source is not None and _is_plain(player):
        tape = opened(source, stack)
        public = True if player.public else None  # who hears what the public hears asks as the public does
        position = lambda: player.position or Position(0)  # noqa: E731
        return make_app(tape, as_of=position, timeline=copy.selection.timeline, as_public=public)
    path = stack.enter_context(HeldFolder(None, COPIED)).path / "played.tape"
    branch = Branch(player, path)
    stack.callback(branch.close)
    kept = stack.enter_context(Archive.open(path))
    return make_app(kept, settings=settings_of(*branch.tapes), as_public=True if player.public else None)
