"""From a wanted tape to the path of one: found, fetched, or recorded as the mode says."""

from pathlib import Path

from gracetape.testing.places import TestPlace
from gracetape.testing.settings import Settings
from gracetape.testing.tape_session import TapeSession
from gracetape.testing.wanted import EMPTY, WantedTape


def session_over(
    wanted: list[WantedTape], place: TestPlace, settings: Settings, *, playing: bool = False
) -> TapeSession:
    """A session over the tapes that a test wants. UsageError or ArchiveError with one sentence if there is none."""
    paths = [tape_of(want, place, settings) for want in wanted if want.name != EMPTY]
    cutoffs = [want.cutoff for want in wanted if want.name != EMPTY] or [None]
    options = {name: value for want in reversed(wanted) for name, value in want.options.items()}
    return TapeSession(*paths, cutoff=cutoffs, playing=playing, **options)


def tape_of(want: WantedTape, place: TestPlace, settings: Settings) -> Path:
    """The path of a tape that a test wants. UsageError with one sentence if there is none."""
    path = place.find(want.name)
    if path is None:
        raise place.missing(want.name, settings.mode)
    return path
