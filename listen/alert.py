"""An alert as plug-ins see it: the three forms that messages have had, read through one set of names."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gracetape.bounded_json import no_json, read_json

#: The longest uid that is taken for one; real ones have about ten characters.
LONGEST_UID = 200
#: A whole number in JSON may be larger than any float.
_LARGEST = 10**300


class NotAnAlert(ValueError):
    """A message that is no JSON object with a usable `uid`; one sentence."""


@dataclass(frozen=True)
class Alert:
    """One alert: `id` is the listener's own, given at arrival, `arrived` in unix seconds, `payload` the message as sent."""

    id: str
    node: str
    arrived: float
    payload: dict[str, Any] = field(repr=False)

    @property
    def graceid(self) -> str:
        """The message's `uid`: an event's or a superevent's id, or `command` or `heartbeat`."""
        return str(self.payload["uid"])

    @property
    def alert_type(self) -> str:
        """`new`, `log`, `label_added`, …; the old `update` and `label` stay as they are; '' if there is none."""
        return _text(self.payload.get("alert_type"))

    @cached_property
    def data(self) -> dict[str, Any]:
        """The record that the alert concerns: `data`, in the old form `object`, on test nodes `log`; {} if there is none."""
        for key in ("data", "log", "object"):
            if isinstance(value := self.payload.get(key), dict):
                return value
        return {}

    @cached_property
    def event(self) -> dict[str, Any]:
        """The event or superevent as the message shows it (`object`, else `data` of a `new`); {} if it does not."""
        if "data" in self.payload and isinstance(value := self.payload.get("object"), dict) and value:
            return value
        return self.data if self.alert_type in ("new", "update") and "comment" not in self.data else {}

    @property
    def comment(self) -> str:
        """The text of a log message, '' for other alerts."""
        if "description" in self.payload:  # the form of 2014 to 2018
            return _text(self.payload["description"]) if self.alert_type == "update" else ""
        return _text(self.data.get("comment")) if self.alert_type in ("log", "update", "") else ""

    @property
    def filename(self) -> str:
        """The file that a log message carries, without its version; '' if there is none."""
        if "description" in self.payload:
            return _text(self.payload.get("file")).split(",")[0] if self.alert_type == "update" else ""
        return _text(self.data.get("filename")) if self.alert_type in ("log", "") else ""

    @property
    def label(self) -> str:
        """The label that was added or removed, '' for other alerts."""
        if self.alert_type == "label":
            return _text(self.payload.get("description"))
        return _text(self.data.get("name")) if self.alert_type in ("label_added", "label_removed") else ""

    @property
    def instruments(self) -> tuple[str, ...]:
        """The event's detectors (a superevent's: its preferred event's), in alphabetical order."""
        event = self.event.get("preferred_event_data") or self.event
        named = _text(event.get("instruments")) if isinstance(event, dict) else ""
        return tuple(sorted({name.strip() for name in named.split(",") if name.strip()}))

    @property
    def far(self) -> float | None:
        """The event's false alarm rate in Hz, if the message shows it."""
        far = self.event.get("far")
        if not isinstance(far, int | float) or isinstance(far, bool) or abs(far) > _LARGEST:
            return None
        return float(far)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def read_alert(id: str, node: str, arrived: float, text: str) -> Alert:
    """The alert that a message's text is; NotAnAlert if it is none."""
    try:
        payload = read_json(text)
    except ValueError as error:
        raise NotAnAlert(f"the message is no JSON: {no_json(error)}") from error
    if not isinstance(payload, dict):
        raise NotAnAlert(f"the message is a JSON {type(payload).__name__}, not an object")
    uid = payload.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= LONGEST_UID or not uid.isprintable():
        raise NotAnAlert("the message has no uid, or none that could be an id")
    return Alert(id, node, arrived, payload)
