"""Reads the two forms of time that GraceDB servers wrote, and writes the one that they write now."""

import re
from datetime import UTC, datetime

from archive.errors import ArchiveError

_MODERN = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) UTC")


def parse_time(text: str) -> datetime:
    """A `created` value as UTC: `2022-06-09 22:18:16 UTC` (2018 and later) or ISO 8601 with an offset (before).

    Raises ArchiveError for anything else.
    """
    if match := _MODERN.fullmatch(text):
        return datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except (ValueError, TypeError):
        raise ArchiveError(f"{text!r} is not a time: write it as 2022-06-09T22:18:16Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def server_time(moment: datetime) -> str:
    """The whole-second form in which servers write `created`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso_time(moment: datetime) -> str:
    """ISO 8601 with a Z; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
