"""The formats that alert messages have had: which fields a message has in each, and what a message in any format is about.

`modern`: since late 2018. `legacy`: 2012 to mid 2018, events only. `between`: the months of 2018 when superevents were
announced in the shape of the old messages. Facts: gracedb-server, alerts/xmpp.py, alerts/old_alert.py,
alerts/superevent_utils.py and their callers in events/ (docs/credits.md).
"""

import re
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from gracetape.errors import ArchiveError

Record = dict[str, Any]


class Announced(Protocol):
    """What a message is made of: `archive.alerts.alert.Alert` says what each is."""

    @property
    def graceid(self) -> str: ...
    @property
    def alert_type(self) -> str: ...
    @property
    def data(self) -> Any: ...
    @property
    def object(self) -> Record: ...
    @property
    def category(self) -> str: ...
    @property
    def file(self) -> str: ...


class _Told(NamedTuple):
    """What an old message says: alert_type, description, file, and whether the record comes along as `object`."""

    alert_type: str
    description: str
    file: str = ""
    record: bool = True


_Teller = Callable[[Announced], _Told | None]
#: Labels that signoffs moved; their log entry looks like any label's, and the old servers sent no message for it.
_OF_SIGNOFF = re.compile(r"(ADV|[A-Z]\d)(OK|NO)")


def _said(alert: Announced, name: str) -> str:
    """A text in an alert's data; nothing where a message that was heard has something else there."""
    value = alert.data.get(name)
    return value if isinstance(value, str) else ""


def _log(alert: Announced) -> _Told:
    comment, file = _said(alert, "comment"), _said(alert, "filename")
    return _Told("update", f"UPLOAD: '{file}' {comment}" if file else f"LOG: {comment}", file)


def _new_event(alert: Announced) -> _Told:
    """Old servers gave the address on their web pages of the file that the event was made from."""
    links = alert.object.get("links")
    link = str(links.get("self") or "") if isinstance(links, dict) else ""
    server, api, _ = link.partition("/api/")
    where = f"{server}/events/{alert.graceid}/files/{alert.file}" if api and alert.file else alert.file
    return _Told("new", "", where)


def _label(alert: Announced) -> _Told | None:
    name = _said(alert, "name")
    return None if _OF_SIGNOFF.fullmatch(name) else _Told("label", name, record=False)


def _voevent(alert: Announced) -> _Told:
    file = _said(alert, "filename")
    return _Told("update", f"VOEVENT: {file}", file)


def _signoff(alert: Announced) -> _Told:
    return _Told("signoff", _said(alert, "status"))


_EVENT: dict[str, _Teller] = {
    "new": _new_event,
    "log": _log,
    "label_added": _label,
    "label_removed": lambda alert: _Told("label", f"Label {_said(alert, 'name')} removed", record=False),
    "voevent": _voevent,
    "emobservation": lambda alert: _Told("update", "New EMBB observation record."),
    "embb_event_log": lambda alert: _Told("update", "New EMBB log entry."),
    "signoff_created": _signoff,
    "signoff_updated": _signoff,
}
_SUPEREVENT: dict[str, _Teller] = {
    "new": lambda alert: _Told("new", f"NEW: superevent {alert.graceid}"),
    "log": _log,
    "label_added": lambda alert: _Told("label", f"LABEL: {_said(alert, 'name')} added", record=False),
    "label_removed": lambda alert: _Told("update", f"UPDATE: {_said(alert, 'name')} removed", record=False),
    "emobservation": lambda alert: _Told("update", f"New EMBB observation record for {alert.data.get('group')}"),
}


def _modern(alert: Announced) -> Record:
    return {"uid": alert.graceid, "alert_type": alert.alert_type, "data": alert.data, "object": alert.object}


def _old(alert: Announced, **tellers: Mapping[str, _Teller]) -> Record | None:
    """An old message; `tellers` are those of events, and of superevents where there were any."""
    teller = tellers.get(alert.category, {}).get(alert.alert_type)
    told = teller(alert) if teller and isinstance(alert.data, dict) else None
    if told is None:
        return None
    held = alert.object.get("labels")
    labels = list(held) if isinstance(held, (list, dict)) else []
    message: Record = {"file": told.file, "uid": alert.graceid, "alert_type": told.alert_type}
    message |= {"description": told.description, "labels": labels}
    return message | {"object": alert.data} if told.record else message


#: What makes the messages of each format.
_MAKERS: dict[str, Callable[[Announced], Record | None]] = {
    "modern": _modern,
    "legacy": partial(_old, event=_EVENT),
    "between": partial(_old, event=_EVENT, superevent=_SUPEREVENT),
}
FORMATS = tuple(_MAKERS)


def payload(alert: Announced, format: str) -> Record | None:
    """The message of an alert in a format; None where that format had no such message, ArchiveError if there is no such format."""
    if format not in _MAKERS:
        raise ArchiveError(f"there is no message format {format!r}: use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return _MAKERS[format](alert)


def formats_of(message: Record) -> tuple[str, ...]:
    """The formats that a message may have: old messages of events look alike in `legacy` and `between`."""
    if "data" in message or "description" not in message:
        return ("modern",)
    return ("between",) if of_superevent(str(message.get("uid"))) else ("legacy", "between")


def of_superevent(uid: str) -> bool:
    """Whether an id is a superevent's, by its form."""
    return uid.lstrip("TM").startswith(("S", "GW"))


# -- what a message is about, whatever its format

_LABEL_GONE = re.compile(r"Label (?P<old>\w+) removed|UPDATE: (?P<new>\w+) removed")
_LABEL_COME = re.compile(r"LABEL: (\w+) added")
#: Alert types whose `data` is a record of its own, and the fields that tell which.
_NUMBERED = ("log", "voevent", "emobservation", "embb_event_log")


def subject_of(message: Record) -> tuple[str, Hashable]:
    """What a message is about, as (alert type in today's words, which record); `signoff` alone where a form is not clear."""
    kind = str(message.get("alert_type"))
    if "data" in message or kind not in ("update", "label", "signoff"):
        data = message.get("data")
        data = data if isinstance(data, dict) else {}
        if kind in _NUMBERED:
            return kind, _number(data)
        if kind.startswith("label_"):
            return kind, _plain(data.get("name"))
        if kind.startswith("signoff_"):
            return kind, _signed(data)
        return kind, None
    return _old_subject(kind, message)


def _old_subject(kind: str, message: Record) -> tuple[str, Hashable]:
    said, about = str(message.get("description") or ""), message.get("object")
    about = about if isinstance(about, dict) else {}
    if gone := _LABEL_GONE.fullmatch(said):
        return "label_removed", gone["old"] or gone["new"]
    if kind == "label":
        come = _LABEL_COME.fullmatch(said)
        return "label_added", come[1] if come else said
    if kind == "signoff":
        return "signoff", _signed(about)
    if "voevent_type" in about:
        return "voevent", _number(about)
    if said.startswith("New EMBB"):
        return ("emobservation" if "observation" in said else "embb_event_log"), _number(about)
    return "log", _number(about)


def _signed(record: Record) -> Hashable:
    return _plain(record.get("signoff_type")), _plain(record.get("instrument")) or ""


def _number(record: Record) -> Hashable:
    if "N" in record:
        return _plain(record["N"])
    return _plain(record.get("comment")), _plain(record.get("filename"))


def _plain(value: Any) -> Hashable:
    """What a message names something by; strangers' messages may hold anything there."""
    return value if isinstance(value, (str, int, float, type(None))) else repr(value)
