"""Ids of superevents: the UTC date of t_0 and a running letter, `S220609hl`, `TS…`, `MS…`, `GW150914A`."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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
_ID = re.compile(
    r"(?P<category>[TM]?)(?:S(?P<date>\d{6})(?P<letters>[a-z]+)|GW(?P<gw_date>\d{6})(?P<gw_letters>[A-Z]+))"
)
_PREFIX = {"P": "", "T": "T", "M": "M"}


@dataclass(frozen=True)
class DateId:
    """What an id says: category (P, T or M), the date of t_0, the running number of that day (from 1), whether it is a GW id."""

    category: str
    day: date
    number: int
    gw: bool


def utc_of(gps: float) -> datetime:
    """GPS seconds as UTC."""
    return GPS_EPOCH + timedelta(seconds=gps - bisect_right(_LEAPS_GPS, gps))


def gps_of(moment: datetime) -> float:
    """UTC as GPS seconds."""
    return (moment - GPS_EPOCH).total_seconds() + bisect_right(_LEAPS, moment)


def letters(number: int) -> str:
    """1 is a, 26 z, 27 aa, 702 zz, 703 aaa."""
    if number < 1:
        raise ValueError(f"superevents are numbered from 1, not {number}")
    found = ""
    while number:
        number, digit = divmod(number - 1, 26)
        found = chr(97 + digit) + found
    return found


def number(text: str) -> int:
    """The inverse of `letters`, in either case."""
    count = 0
    for letter in text.lower():
        count = count * 26 + ord(letter) - 96
    return count


def superevent_id(category: str, t_0_gps: float, count: int) -> str:
    """The id of the count-th superevent of a category (P, T or M) on the UTC day of t_0 (GPS seconds)."""
    return f"{_PREFIX[category]}S{utc_of(t_0_gps):%y%m%d}{letters(count)}"


def gw_id(category: str, t_0_gps: float, count: int) -> str:
    """The id of the count-th confirmed one of that day."""
    return f"{_PREFIX[category]}GW{utc_of(t_0_gps):%y%m%d}{letters(count).upper()}"


def parse(graceid: str) -> DateId:
    """Read an id; ValueError if it is none or its date does not exist. Years 80 to 99 are 1980 to 1999."""
    match = _ID.fullmatch(graceid)
    if match is None:
        raise ValueError(f"{graceid!r} is not a superevent id")
    text = match["date"] or match["gw_date"]
    year = int(text[:2]) + (1900 if int(text[:2]) >= 80 else 2000)
    try:
        day = date(year, int(text[2:4]), int(text[4:]))
    except ValueError:
        raise ValueError(f"{graceid!r} has a date that does not exist") from None
    return DateId(
        match["category"] or "P", day, number(match["letters"] or match["gw_letters"]), bool(match["gw_date"])
    )
