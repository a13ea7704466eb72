"""Tells the public of what is written to a dummy: after each write that an alert goes out with, the notice of that moment."""

import logging
from collections.abc import Callable

from gracetape.archive import Alert, Archive
from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS, PublicAlert
from gracetape.archive.alerts.notices.public_alerts import public_alerts
from gracetape.archive.history.history import history_of
from gracetape.archive.history.mentions import mentions
from gracetape.archive.history.timeline import Timeline
from gracetape.errors import GracetapeError, UsageError

_log = logging.getLogger(__name__)

#: The alerts to GraceDB's own listeners along with which the public may be told something.
_TELLING = frozenset({"voevent", "label_added", "log", "signoff_created"})


class PublicAlerts:
    """Is called with each alert of an archive's dummy, and calls `send` with what the public is told, each once."""

    def __init__(self, archive: Archive, send: Callable[[PublicAlert], object], format: str = "gwalert") -> None:
        if format not in PUBLIC_FORMATS:
            raise UsageError(f"the public is told nothing in the form {format!r}: use {', '.join(PUBLIC_FORMATS)}")
        self._archive, self._send, self._format = archive, send, format
        self._sent: set[tuple[str, str, int | None]] = set()

    def __call__(self, alert: Alert) -> None:
        if alert.category != "superevent" or alert.alert_type not in _TELLING:
            return
        if alert.alert_type == "log" and not (isinstance(alert.data, dict) and alert.data.get("filename")):
            return
        for told in self._told(alert.object_id):
            key = told.object_id, told.alert_type, told.n
            asked_for = (
                told.certainty == "guessed" and not told.file
            )  # a label that asks for an alert, which is yet to come
            if key not in self._sent and not asked_for:
                self._sent.add(key)
                self._send(told)

    def _told(self, graceid: str) -> list[PublicAlert]:
        """All that the public was told of a superevent so far."""
        try:
            with self._archive.reading():
                history = history_of(self._archive, graceid)
                others = [name for name in sorted(mentions(history)) if self._archive.owner(name) == name]
                timeline = Timeline([history, *(history_of(self._archive, name) for name in others)])
                return list(public_alerts(timeline, self._format))
        except GracetapeError as error:
            _log.error("the public is not told of %s: %s", graceid, error)
            return []
