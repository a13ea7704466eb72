"""A GraceDB over HTTP that follows a replay: it answers as of the last message, and may be written to on a branch."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike

from archive import Archive, Position
from dummy import make_app, serve
from replay.branch import Branch, timeline_of
from replay.player import Player


@contextmanager
def following(
    player: Player, archive: Archive | str | PathLike[str], *, port: int = 0, branch: str | PathLike[str] | None = None
) -> Iterator[str]:
    """Serve a player's archive on loopback while the block runs; gives the API's URL.

    With `branch`, a path at which there is nothing yet, the server can be written to: what is written is kept in a new
    archive there, beside what the tape tells of up to the player's position. Raises BadRequest for a player of more than
    one archive, or under other ids and times; ArchiveError if the port or the path can't be had.
    """
    timeline = timeline_of(player)
    with ExitStack() as stack:
        tape = archive if isinstance(archive, Archive) else stack.enter_context(Archive.open(str(archive)))
        if branch is None:
            app = make_app(tape, as_of=lambda: player.position or Position(0), timeline=timeline)
        else:
            written = Branch(player, tape, str(branch))
            stack.callback(written.close)
            app = make_app(written.archive, now=written.now, on_alert=written.announce)
        yield stack.enter_context(serve(app, port=port)).url
