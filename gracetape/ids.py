"""Ids: of events and superevents (`S220609hl`: the UTC date of t_0 and a running letter), and as users write them, `G1234@2:20`."""

import re
from dataclasses import dataclass
from datetime import date

from gracetape.errors import UsageError
from gracetape.times import utc_of

_EVENT = re.compile(r"[GTMEH][0-9]{1,15}")
_SUPEREVENT = re.compile(r"[TM]?(S[0-9]{6}[a-z]{1,20}|GW[0-9]{6}[A-Z]{1,20})")
_REF = re.compile(r"(?P<id>[^@:]+)(@(?P<version>[0-9]{1,15}))?(:(?P<cutoff>-?[0-9]{1,15}))?")


@dataclass(frozen=True)
class Ref:
    """An object as the user named it: its graceid, which capture (None: the newest), up to which log entry."""

    graceid: str
    version: int | None = None
    cutoff: int | None = None


def category_of(graceid: str) -> str:
    """`event` or `superevent`, by the form of the id; UsageError if it is neither."""
    if _EVENT.fullmatch(graceid):
        return "event"
    if _SUPEREVENT.fullmatch(graceid):
        return "superevent"
    if graceid.endswith(".tape"):
        raise UsageError(
            f"{graceid!r} is an archive: say which object in it (`gracetape archive ls {graceid}` lists them)"
        )
    raise UsageError(f"{graceid!r} is not a GraceID: ids look like G1234, T1234, E1234, S220609hl or GW150914A")


def is_graceid(text: str) -> bool:
    """Whether a text is the id of an event or superevent, as `category_of` knows them."""
    return bool(_EVENT.fullmatch(text) or _SUPEREVENT.fullmatch(text))


def parse_ref(text: str) -> Ref:
    """Read `G1234`, `G1234@2`, `G1234:20` or `G1234@2:20`; UsageError with the reason for anything else."""
    match = _REF.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} names no object: write G1234, G1234@2 (second capture) or G1234:20 (up to log 20)")
    category_of(match["id"])
    version = int(match["version"]) if match["version"] else None
    if version == 0:
        raise UsageError(f"{text!r}: captures are numbered from 1")
    return Ref(match["id"], version, int(match["cutoff"]) if match["cutoff"] else None)


_DATED = re.compile(
    r"(?P<category>[TM]?)(?:S(?P<date>\d{6})(?P<letters>[a-z]{1,20})|GW(?P<gw_date>\d{6})(?P<gw_letters>[A-Z]{1,20}))"
)
_PREFIX = {"P": "", "T": "T", "M": "M"}


@dataclass(frozen=True)
class DateId:
    """What an id says: category (P, T or M), the date of t_0, the running number of that day (from 1), whether it is a GW id."""

    category: str
    day: date
    number: int
    gw: bool


def letters(number: int) -> str:
    """1 is a, 26 z, 27 aa, 702 zz, 703 aaa."""
    if number < 1:
        raise ValueError(f"superevents are numbered from 1, not {number}")
    found = ""
    while number:
        number, digit = divmod(number - 1, 26)
        found = chr(97 + digit) + found
    return found


def number_of(text: str) -> int:
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


def parse_date_id(graceid: str) -> DateId:
    """Read an id; ValueError if it is none or its date does not exist. Years 80 to 99 are 1980 to 1999."""
    match = _DATED.fullmatch(graceid)
    if match is None:
        raise ValueError(f"{graceid!r} is not a superevent id")
    text = match["date"] or match["gw_date"]
    year = int(text[:2]) + (1900 if int(text[:2]) >= 80 else 2000)
    try:
        day = date(year, int(text[2:4]), int(text[4:]))
    except ValueError:
        raise ValueError(f"{graceid!r} has a date that does not exist") from None
    return DateId(
        match["category"] or "P", day, number_of(match["letters"] or match["gw_letters"]), bool(match["gw_date"])
    )
