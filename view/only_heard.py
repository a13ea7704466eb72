"""The film of an object that was heard and never captured: its messages are its story, and what each said of the object its record."""

from dataclasses import replace
from typing import Any

from gracetape.archive import Alert, Archive, NotFound, Position, category_of, recorded_of
from gracetape.archive.alerts.heard import heard_alerts
from gracetape.plain_text import plain
from gracetape.view.patches import patch
from gracetape.view.schema import LINE, SCHEMA

Record = dict[str, Any]


class OnlyHeard:
    """What is heard of an object, with a place for each message; NotFound if nothing was."""

    def __init__(self, archive: Archive, graceid: str) -> None:
        self.graceid = self.ref = graceid
        self.category = category_of(graceid)
        self.answered: bytes | None = None
        heard = heard_alerts({graceid: recorded_of(archive, graceid)})
        if not heard:
            raise NotFound(f"nothing was heard of {graceid}")
        #: The messages, in the order in which they arrived.
        self.alerts = [replace(alert, position=Position(place)) for place, alert in enumerate(heard, start=1)]

    @property
    def last(self) -> int:
        """The place where everything has happened."""
        return len(self.alerts)

    def document(self) -> Record:
        """The film as JSON, as that of an object that was captured."""
        changes: list[tuple[int, Record]] = []
        before: Record = {}
        for place, alert in enumerate(self.alerts, start=1):
            if alert.object and (change := patch(before, alert.object)):
                changes.append((place, change))
                before = alert.object
        return {
            "schema": SCHEMA, "id": self.graceid, "ref": self.graceid, "category": self.category, "versions": [],
            "objects": [{"id": self.graceid, "category": self.category}], "zero": self.alerts[0].created.timestamp(),
            "places": [alert.created.timestamp() for alert in self.alerts],
            "entries": [self._entry(place, alert) for place, alert in enumerate(self.alerts, start=1)],
            "kinds": [], "spans": {}, "files": [], "record": changes,
            "doubts": [(1, "recorded", "it was heard and never captured: this is what each message said")],
        }  # fmt: skip

    def _entry(self, place: int, alert: Alert) -> Record:
        text = f"{alert.alert_type.replace('_', ' ')}: {plain(alert.what)}"[:LINE]
        return {
            "place": place,
            "of": self.graceid,
            "n": None,
            "t": alert.created.timestamp(),
            "act": "heard",
            "text": text,
        }
