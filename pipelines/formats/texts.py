"""Numbers and times in texts and in JSON, read and moved."""

import json
import math
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from gracetape.bounded_json import read_json
from gracetape.pipelines.uploaded_event import UploadError
from gracetape.reading_limits import LimitExceeded
from gracetape.times import as_utc, gps_of, utc_of

#: GPS seconds are taken for such from here on (1995); smaller numbers are durations.
_EARLIEST_GPS = 5e8
_NUMBER = re.compile(rb"\d{9,10}(?:\.\d*)?")
_MOST_DECIMALS = 100


def number(value: Any) -> float | None:
    """A number, given as such or as text; None for none and for NaN and infinities. UploadError if it is something else."""
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise UploadError(f"could not convert string to float: {str(value)[:100]!r}") from None
    return found if math.isfinite(found) else None


def is_json(content: bytes) -> bool:
    """Whether contents begin as JSON objects do, and not as XML or anything else."""
    return content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def json_object(content: bytes) -> dict[str, Any]:
    """The JSON object that an upload is; UploadError if it is none, LimitExceeded if it is too much of one."""
    try:
        found = read_json(content)
    except LimitExceeded:
        raise
    except ValueError as error:
        raise UploadError(str(error)) from None
    if not isinstance(found, dict):
        raise UploadError("the file is not a JSON object")
    return found


def json_bytes(value: Any) -> bytes:
    """A value as a JSON file."""
    return (json.dumps(value, indent=1) + "\n").encode()


def listed(value: Any) -> str | None:
    """Names as a text with commas, given as such or as a list."""
    return ",".join(str(item) for item in value) if isinstance(value, list) else value


def time_of(text: str | None, what: str) -> float:
    """The GPS seconds of a UTC time in ISO 8601, as a VOEvent or a notice has it; UploadError if it is none."""
    if text is None:
        raise UploadError(f"the {what} has no time")
    try:
        return gps_of(as_utc(datetime.fromisoformat(text.strip())))
    except (ValueError, OverflowError):
        raise UploadError(f"the {what}'s time is unreadable: {text[:100]!r}") from None


def moved_time(text: str, shift_s: float) -> str:
    """A UTC time in ISO 8601, moved, with what stands around it, in the form that it had; unchanged if it is none."""
    bare = text.strip()
    zone = next((zone for zone in ("Z", "+00:00") if bare.endswith(zone)), "")
    try:
        moved = utc_of(gps_of(as_utc(datetime.fromisoformat(bare))) + shift_s)
    except (ValueError, OverflowError):
        return text
    between = " " if bare[10:11] == " " else "T"
    form = moved.replace(tzinfo=None).isoformat(between, "microseconds" if "." in bare else "seconds")
    return text.replace(bare, form + zone, 1)


def is_gps(value: object) -> bool:
    """Whether a value is a number that can be GPS seconds of a detection."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value > _EARLIEST_GPS


def moved_numbers(text: bytes, shift_s: float) -> bytes:
    """A text with its GPS seconds moved, each with as many decimals as it had; with very many it is none that somebody measured."""
    return _NUMBER.sub(lambda found: _decimal(found[0], shift_s), text)


def _decimal(number: bytes, shift_s: float) -> bytes:
    _, _, decimals = number.partition(b".")
    if len(decimals) > _MOST_DECIMALS:
        return number
    return f"{Decimal(number.decode()) + Decimal(repr(shift_s)):.{len(decimals)}f}".encode()


def moved_json(contents: bytes, shift_s: float, names: Iterable[str]) -> bytes | None:
    """A JSON object with the GPS seconds of some names moved; None if it is no object or has none of them."""
    if not is_json(contents):
        return None
    try:
        data = read_json(contents)
        moved = {name: data[name] + shift_s for name in names if is_gps(data.get(name))}
    except (ValueError, OverflowError):  # a whole number may be larger than any float
        return None
    return json.dumps(data | moved).encode() if moved else None
