"""Alerts with what differs from run to run taken out: the time of a write, the server's address, the numbers of new events."""

import re
from collections.abc import Iterable
from typing import Any

from gracetape.archive import Alert

_ROOT = re.compile(r"https?://[^/\s\"']+/api/(?:v[12]/)?")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?: ?UTC|Z|[+-]\d\d:?\d\d)?")
#: An event, or a superevent, wherever it is named; what is part of a longer word is none.
_ID = re.compile(r"(?<![A-Za-z0-9])(?:(?P<superevent>[TM]?S\d{6}[a-z]+)|(?P<event>[GTMHED]\d+))(?![A-Za-z0-9])")


class _Names:
    """`<event 1>` for the first event that is named, and so on."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._counts = {"event": 0, "superevent": 0}

    def __call__(self, found: re.Match[str]) -> str:
        graceid, kind = found[0], str(found.lastgroup)
        if graceid not in self._known:
            self._counts[kind] += 1
            self._known[graceid] = f"<{kind} {self._counts[kind]}>"
        return self._known[graceid]


def masked(alerts: "Iterable[Alert | dict[str, Any]]") -> list[dict[str, Any]]:
    """The messages of alerts (or messages themselves) as they are at each run.

    Times are `<time>`, the API's root is `<api>/`, ids are numbered by their first appearance (`<event 1>`).
    """
    names = _Names()
    payloads = [alert.payload() if isinstance(alert, Alert) else alert for alert in alerts]
    return [_masked(payload, names) for payload in payloads if payload is not None]


def _masked(value: Any, names: _Names) -> Any:
    if isinstance(value, dict):
        return {str(_masked(key, names)): _masked(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, names) for item in value]
    if isinstance(value, str):
        return _ID.sub(names, _TIME.sub("<time>", _ROOT.sub("<api>/", value)))
    return value


def without_root(value: Any) -> Any:
    """A message with `<api>/` for the API's root, at whatever host."""
    if isinstance(value, dict):
        return {key: without_root(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_root(item) for item in value]
    return _ROOT.sub("<api>/", value) if isinstance(value, str) else value
