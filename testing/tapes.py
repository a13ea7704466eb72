"""From a wanted tape to the path of one: found, fetched, taken out of a package, or recorded as the mode says."""

from pathlib import Path
from typing import Any

from gracetape.dummy import Faults, Throttle
from gracetape.shown import target
from gracetape.testing.downloads import fetched, is_url
from gracetape.testing.packages import unpacked
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
    options = {name: _anew(value) for want in reversed(wanted) for name, value in want.options.items()}
    return TapeSession(*paths, cutoff=cutoffs, playing=playing, **options)


def _anew(value: Any) -> Any:
    """What counts or throws dice begins with each test: one mark is that of many."""
    return value.anew() if isinstance(value, Faults | Throttle) else value


def tape_of(want: WantedTape, place: TestPlace, settings: Settings) -> Path:
    """The path of a tape that a test wants. UsageError with one sentence if there is none.

    Those of the web and of zipped packages are others': they are played whatever the mode is.
    """
    if not isinstance(want.name, str | None):
        path, title = unpacked(want.name), str(want.name)
    elif want.name is not None and is_url(want.name):
        path, title = fetched(want.name, want.checksum), target(want.name)
    else:
        path = _own(want, want.name, place, settings)
        title = str(path)
    if settings.update and path not in settings.compared:
        from gracetape.testing.updates import changes

        settings.said += changes(path, title, want, settings)
        settings.compared.add(path)
    return path


def _own(want: WantedTape, name: str | None, place: TestPlace, settings: Settings) -> Path:
    """A tape of the user's, there or recorded now."""
    path = place.find(name)
    if path is None:
        path = place.candidates(name)[0]
        if settings.mode == "none" or not want.ids:
            raise place.missing(name, settings.mode)
        from gracetape.testing import recording

        recording.record(path, want, settings)
    elif settings.mode in ("rewrite", "new"):
        from gracetape.testing import recording

        if settings.mode == "new":
            recording.add_new(path, want, settings)
        elif path not in settings.rewritten:
            recording.rewrite(path, want, settings)
            settings.rewritten.add(path)
    return path
