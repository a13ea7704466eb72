"""Moments in words, `3 days ago`, `noon tomorrow`, as POSIX seconds; the words are those that the server understands."""

import re
from datetime import UTC, datetime, timedelta

from gracetape.dummy.query.tree import QueryError

_UNITS = {
    "month": timedelta(days=30),
    "week": timedelta(days=7),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_DIRECTIONS = {"from": 1, "after": 1, "before": -1}


def date(text: str) -> datetime:
    """`2009-10-20` (midnight) or `2009-10-20 13:00:00`, in UTC; QueryError if there is no such date."""
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+", " ", re.sub(r"(Z| UTC)$", "", text)))
    except ValueError:
        raise QueryError(f"{text} is not a date: write it as 2009-10-20 13:00:00") from None
    return moment.replace(tzinfo=UTC)


def offset(text: str) -> timedelta:
    """`3 days`, `a couple of weeks`, `in an hour` without the rest of the sentence. A month is 30 days."""
    *count, unit = text.lower().removeprefix("in ").split()
    times = 2 if "couple" in count else 1 if count == ["a"] else int(count[0])
    try:
        return times * _UNITS[unit.rstrip("s")]
    except OverflowError:
        raise QueryError(f"{text} is too long a time") from None


def day(text: str, now: datetime) -> datetime:
    """The midnight that starts today, tomorrow, a weekday (the coming one, or with `last` the one before)."""
    *which, name = text.lower().split()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if name in _NAMED_DAYS:
        return today + timedelta(days=_NAMED_DAYS[name])
    ahead = (_WEEKDAYS.index(name) - today.weekday()) % 7
    return today + timedelta(days=-((7 - ahead) % 7) if which == ["last"] else ahead)


def clock(text: str) -> timedelta:
    """Time since midnight: `noon`, `6am`, `12:15 AM`, `0800`."""
    text = text.lower().replace(" ", "")
    if text in ("noon", "midnight"):
        return timedelta(hours=12 if text == "noon" else 0)
    if text.isdigit():
        return timedelta(hours=int(text[:2]), minutes=int(text[2:]))
    hours, minutes, seconds = ([*map(int, text[:-2].split(":")), 0, 0])[:3]
    return timedelta(hours=hours % 12 + 12 * text.endswith("pm"), minutes=minutes, seconds=seconds)


def shifted(moment: datetime, by: str, direction: str) -> datetime:
    """A moment moved by an offset; QueryError if that leaves the calendar."""
    try:
        return moment + _DIRECTIONS[direction.lower()] * offset(by)
    except OverflowError:
        raise QueryError(f"{by} {direction} then is outside the calendar") from None
