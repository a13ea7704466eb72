"""Which moment of a timeline `as_of` means."""

from collections.abc import Mapping
from datetime import datetime

from gracetape.archive import ArchiveError, Position, Timeline, UsageError, parse_ref
from gracetape.errors import GracetapeError
from gracetape.times import as_utc, parse_time


def asked_position(timeline: Timeline, as_of: str) -> Position:
    """The moment that a command line names. UsageError if there is no such moment."""
    try:
        return position_of(timeline, as_of)
    except GracetapeError as error:
        raise UsageError(str(error)) from None


def position_of(timeline: Timeline, as_of: int | str | Mapping[str, int] | datetime) -> Position:
    """The moment that is meant by a log entry's N, `S1:20`, {id: N, …} (the latest of them) or a UTC time.

    Raises ArchiveError if there is no such entry, or an N alone could be that of several objects.
    """
    if isinstance(as_of, datetime):
        return timeline.at_time(as_utc(as_of))
    if isinstance(as_of, Mapping):
        return max(timeline.at(graceid, n) for graceid, n in as_of.items())
    if isinstance(as_of, str):
        if as_of.isdecimal() and len(as_of) < 16:
            return position_of(timeline, int(as_of))
        try:
            ref = parse_ref(as_of)
        except GracetapeError:
            return timeline.at_time(parse_time(as_of))
        if ref.cutoff is None:
            raise ArchiveError(f"as of which log entry of {as_of}? write {as_of}:20")
        return timeline.at(ref.graceid, ref.cutoff)
    categories = timeline.categories
    subjects = [graceid for graceid, category in categories.items() if category == "superevent"] or list(categories)
    if len(subjects) != 1:
        known = ", ".join([*categories][:20])
        raise ArchiveError(f"as of log entry {as_of} of which object? write ID:{as_of} ({known})")
    return timeline.at(subjects[0], as_of)
