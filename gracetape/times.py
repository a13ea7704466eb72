"""Times: UTC and GPS, the two forms that GraceDB servers wrote, and the one that they write now."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gracetape.errors import ArchiveError

_MODERN = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) UTC")
#: A number of seconds in a header of an answer.
_SECONDS = re.compile(r"[0-9]{1,18}(\.[0-9]{0,9})?")
#: No server wrote anything before or after; with some room for times to be moved.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> datetime:
    """A `created` value as UTC: `2022-06-09 22:18:16 UTC` (2018 and later) or ISO 8601 with an offset (before).

    Raises ArchiveError for anything else.
    """
    try:
        if match := _MODERN.fullmatch(text):
            moment = datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
        else:
            moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        moment = as_utc(moment)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise ArchiveError(f"{text!r:.80} is not a time: write it as 2022-06-09T22:18:16Z") from None
    if not FIRST < moment < LAST:
        raise ArchiveError(f"{text!r:.80} is not a time that a server can have written")
    return moment


@cache
def _servers_zone() -> ZoneInfo:
    """Where the servers stood whose old records have times without an offset."""
    try:
        return ZoneInfo("America/Chicago")
    except ZoneInfoNotFoundError:
        raise ArchiveError(
            "this system knows no time zones, by which servers until 2015 wrote their times: pip install tzdata"
        ) from None


def record_time(text: str) -> datetime:
    """A record's `created` as UTC: like `parse_time`, but a time without an offset is the server's own local time.

    Servers until 2015 wrote log records so. Raises ArchiveError.
    """
    moment = parse_time(text)
    if _MODERN.fullmatch(text) or re.search(r"(UTC|Z|[+-]\d\d:?\d\d)$", text):
        return moment
    return moment.replace(tzinfo=_servers_zone()).astimezone(UTC)


def as_utc(moment: datetime) -> datetime:
    """A time as UTC; one without a zone is UTC, as all times are here, and not this machine's."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_http_time(text: str) -> datetime | None:
    """A moment as HTTP writes it, `Fri, 27 Nov 2026 20:00:00 GMT`; None if it is none."""
    try:
        return as_utc(parsedate_to_datetime(text))
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def asked_to_wait_s(headers: Mapping[str, str]) -> float | None:
    """For how many seconds a server's answer asks to be left alone (its Retry-After: seconds, or a moment); None if it does not.

    A moment is one on the server's clock, which says in the same answer what time it is there.
    """
    named = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(named):
        return float(named)
    if (until := read_http_time(named)) is None:
        return None
    return max(0.0, (until - (read_http_time(headers.get("Date", "")) or datetime.now(UTC))).total_seconds())


def server_time(moment: datetime) -> str:
    """The whole-second form in which servers write `created`."""
    return as_utc(moment).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso_time(moment: datetime) -> str:
    """ISO 8601 with a Z; microseconds only where there are any."""
    return as_utc(moment).isoformat().replace("+00:00", "Z")


def shown_time(moment: datetime | str | None) -> str:
    """A time as every table shows it, in UTC: `2022-06-09 22:18:16`; what is no time, as it is."""
    try:
        found = parse_time(moment) if isinstance(moment, str) else moment
    except ArchiveError:
        return str(moment)
    return "" if found is None else as_utc(found).strftime("%Y-%m-%d %H:%M:%S")


GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
#: The days (UTC) at whose start one more leap second had been put in since the GPS epoch.
_LEAPS = [
    datetime(*map(int, day.split("-")), tzinfo=UTC)  # type: ignore[arg-type,misc]
    for day in [
        "1981-7-1",
        "1982-7-1",
        "1983-7-1",
        "1985-7-1",
        "1988-1-1",
        "1990-1-1",
        "1991-1-1",
        "1992-7-1",
        "1993-7-1",
        "1994-7-1",
        "1996-1-1",
        "1997-7-1",
        "1999-1-1",
        "2006-1-1",
        "2009-1-1",
        "2012-7-1",
        "2015-7-1",
        "2017-1-1",
    ]
]
_LEAPS_GPS = [(day - GPS_EPOCH).total_seconds() + count for count, day in enumerate(_LEAPS, start=1)]


def utc_of(gps: float) -> datetime:
    """GPS seconds as UTC."""
    return GPS_EPOCH + timedelta(seconds=gps - bisect_right(_LEAPS_GPS, gps))


def gps_of(moment: datetime) -> float:
    """UTC as GPS seconds."""
    moment = as_utc(moment)
    return (moment - GPS_EPOCH).total_seconds() + bisect_right(_LEAPS, moment)
