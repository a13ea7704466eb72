"""Reads the two forms of time that GraceDB servers wrote, and writes the one that they write now."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

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


_SERVERS_ZONE = ZoneInfo("America/Chicago")  # where the servers stood, whose old records have times without an offset


def record_time(text: str) -> datetime:
    """A record's `created` as UTC: like `parse_time`, but a time without an offset is the server's own local time.

    Servers until 2015 wrote log records so. Raises ArchiveError.
    """
    moment = parse_time(text)
    if _MODERN.fullmatch(text) or re.search(r"(UTC|Z|[+-]\d\d:?\d\d)$", text):
        return moment
    return moment.replace(tzinfo=_SERVERS_ZONE).astimezone(UTC)


def server_time(moment: datetime) -> str:
    """The whole-second form in which servers write `created`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso_time(moment: datetime) -> str:
    """ISO 8601 with a Z; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
