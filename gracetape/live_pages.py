"""The page on which one sees what runs now: commands tell it of each alert here, and need not know the room that shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gracetape.errors import UsageError
from gracetape.terminal import say

if TYPE_CHECKING:
    from gracetape.alert_lines import AlertLine

#: The room that shows gives its page as an entry point of this group: called with what `live_page` takes, a context that gives a `Teller`.
ENTRY_POINTS = "gracetape.live_pages"
#: Is told each alert: its line, and what gives the message when somebody opens it.
Teller = Callable[["AlertLine", Callable[[], Any]], object]


class Mover(Protocol):
    """What a page moves: a replay."""

    def state(self) -> dict[str, Any]:
        """How it stands, in JSON."""

    def move(self, word: str, value: Any) -> None:
        """Do a thing by its name. BadRequest with a sentence if that cannot be done."""


@contextmanager
def live_page(
    port: int | None, what: str, archive: Any = None, mover: Mover | None = None, listener: Path | None = None
) -> Iterator[Teller | None]:
    """Serve a page on loopback while the block runs, and say where; gives what to tell it, None if none was asked for.

    `what` happens there, in a few words; `archive`: where its objects lie, open for reading. UsageError, ArchiveError as they are raised by servers.
    """
    if port is None:
        if listener is not None:
            raise UsageError("--listener shows a listener's queue on a page: add --page PORT")
        yield None
        return
    from importlib.metadata import entry_points  # which takes as long to load as all of a small command

    (entry,) = entry_points(group=ENTRY_POINTS)
    with entry.load()(port, what, archive, mover, listener) as (url, tell):
        say(f"it is shown at {url}", error=True)
        yield tell
