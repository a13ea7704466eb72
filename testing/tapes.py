"""From a wanted tape to the path of one: found, fetched, or recorded as the mode says."""

from pathlib import Path

from gracetape.testing.downloads import fetched, is_url
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
    if want.name is not None and is_url(want.name):
        return fetched(want.name, want.checksum)
    path = place.find(want.name)
    if path is None:
        path = place.candidates(want.name)[0]
        if settings.mode == "none" or not want.ids:
            raise place.missing(want.name, settings.mode)
        from gracetape.testing import recording

        recording.record(path, want, settings)
    elif settings.mode in ("rewrite", "new"):
        from gracetape.testing import recording

        if settings.mode == "new":
            recording.add_new(path, want, settings)
        elif path not in settings.rewritten:
            recording.rewrite(path, want, settings)
            settings.rewritten.add(path)
    if settings.update and path not in settings.compared:
        from gracetape.testing.updates import changes

        settings.said += changes(path, want, settings)
        settings.compared.add(path)
    return path
