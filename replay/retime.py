"""Moves every time in a message by the same amount: created, gpstime, t_0, times in texts and in sky maps; names of files stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gracetape.archive import Alert
from gracetape.archive.alerts.notices.contents import Contents
from gracetape.pipelines.retime import retimed
from gracetape.times import gps_of, parse_time, server_time

#: Fields that hold GPS seconds, in events, superevents and the attributes that pipelines bring.
_GPS_FIELDS = frozenset(
    "gpstime t_0 t_start t_end end_time event_time impulse_time start_time stop_time peak_time trigger_time "
    "central_time gps_time time_gps".split()
)
#: Fields whose texts are names and addresses.
_NAMES = frozenset({"filename", "file", "self", "links", "tags", "ivorn", "skymap_filename"})
_SERVER_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
#: With a T, or as Python prints a time: with a blank, and then with an offset.
_ISO_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d(?:T| (?=[\d:.]+[+-]\d\d:\d\d))\d\d:\d\d:\d\d)((?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)"
)
#: A number that stands alone and has as many digits as GPS seconds; never a part of a file's name.
_GPS_NUMBER = re.compile(r"(?<![\w./-])(\d{9,10})(\.\d+)?(?![\w/-]|\.\w)")
_NEAR_S = 86400.0  # a number is a time of the event if it is within a day of its time or of the message's


@dataclass(frozen=True)
class Retiming:
    """`utc_s` whole seconds are added to UTC times and `gps_s` to GPS ones (they differ by leap seconds)."""

    utc_s: int
    gps_s: int

    @classmethod
    def between(cls, then: datetime, now: datetime) -> "Retiming":
        """What brings a moment to another one (UTC), rounded to whole seconds."""
        utc_s = round((now - then).total_seconds())
        later = then + timedelta(seconds=utc_s)
        return cls(utc_s, round(gps_of(later) - gps_of(then)))

    def alert(self, alert: Alert) -> Alert:
        """The alert at its new time."""
        around = _anchors(alert.object, alert.data, {"created": alert.created})
        record = self._value("", alert.object, around)
        return replace(
            alert,
            created=alert.created + timedelta(seconds=self.utc_s),
            dispatched=alert.dispatched and alert.dispatched + timedelta(seconds=self.utc_s),
            data=record if alert.data is alert.object else self._value("", alert.data, around),
            object=record,
            what=self._text(alert.what, around),
            heard=self._value("", alert.heard, around),
            heard_text="",
        )

    def record(self, record: dict[str, Any], about: dict[str, Any] | None = None) -> dict[str, Any]:
        """A record of the server with its times moved; `about` is its object's, whose time tells which numbers are times."""
        moved: dict[str, Any] = self._value("", record, _anchors(record, about or {}))
        return moved

    def _value(self, key: str, value: Any, around: Sequence[float]) -> Any:
        if isinstance(value, dict):
            return {name: item if name in _NAMES else self._value(name, item, around) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(key, item, around) for item in value]
        if isinstance(value, str):
            return self._text(value, around)
        if isinstance(value, Contents):
            return replace(value, data=retimed(value.data, self.gps_s))
        if key in _GPS_FIELDS and isinstance(value, int | float) and _near(value, around):
            return value + self.gps_s
        return value

    def _text(self, text: str, around: Sequence[float]) -> str:
        """A text with the times in it moved: UTC ones in the servers' forms, GPS seconds near one of `around`."""
        if "://" in text and " " not in text:
            return text
        text = _SERVER_TIME.sub(lambda match: self._server(match[0]), text)
        text = _ISO_TIME.sub(self._iso, text)
        return _GPS_NUMBER.sub(lambda match: self._number(match, around), text)

    def _server(self, text: str) -> str:
        try:
            return server_time(parse_time(text) + timedelta(seconds=self.utc_s))
        except (ValueError, OverflowError):
            return text

    def _iso(self, match: re.Match[str]) -> str:
        try:
            moved = datetime.fromisoformat(match[1]) + timedelta(seconds=self.utc_s)
        except (ValueError, OverflowError):
            return match[0]
        return moved.isoformat(match[1][10]) + match[2]

    def _number(self, match: re.Match[str], around: Sequence[float]) -> str:
        whole = int(match[1])
        return f"{whole + self.gps_s}{match[2] or ''}" if _near(whole, around) else match[0]


def _anchors(*about: Any) -> list[float]:
    """GPS seconds of what records are about: their own, their preferred event's, and when they were made."""
    records = [record for record in about if isinstance(record, dict)]
    records += [r["preferred_event_data"] for r in records if isinstance(r.get("preferred_event_data"), dict)]
    found = [r.get(name) for r in records for name in ("gpstime", "t_0")]
    made = [r["created"] for r in records if r.get("created")]
    moments = [parse_time(time) if isinstance(time, str) else time for time in made]
    return [*map(gps_of, moments), *(float(gps) for gps in found if isinstance(gps, int | float))]


def _near(gps: float, around: Sequence[float]) -> bool:
    return any(abs(gps - anchor) < _NEAR_S for anchor in around)
