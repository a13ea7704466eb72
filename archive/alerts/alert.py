"""What the server announced: one `Alert` per act and type, with its destinations, as modern or as old message."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gracetape.archive.alerts import formats
from gracetape.archive.history.rules import Record
from gracetape.archive.history.timeline import Position
from gracetape.message_lines import Envelope
from gracetape.plain_text import cut, plain
from gracetape.tables import html_table
from gracetape.times import shown_time
from gracetape.topics import SUPEREVENT_TOPICS, event_topics

#: From sure to unsure: heard live; follows from the records; follows with an assumption; holds a guess.
CERTAINTIES = ("recorded", "exact", "inferred", "guessed")
FORMATS = formats.FORMATS
_CATEGORY_OF_ID = {"T": "Test", "M": "MDC"}  # superevents of 2018 have no category but in their id


@dataclass(frozen=True, repr=False)
class Alert:
    """An announcement. `created` is the server's time (UTC), `graceid` the uid that the message bears, `object_id` the id
    under which the archive keeps the object, `n` the log entry that placed it, `nodes` where it was sent, `position` the
    moment just after that entry and those that the server made along with it (if there are any, `since` is the moment just
    before). `certainty` is one of CERTAINTIES, with `reason`; `what` says it in a few words; `file` names the file that the
    entry brought, `dispatched` is when messages of today say that it was sent (UTC; None: those of its years do not). `heard` is
    the message as it was recorded live, if it was (`created` is then
    when it arrived), `heard_text` its JSON as it came.
    """

    created: datetime
    graceid: str
    object_id: str
    alert_type: str
    data: Any
    object: Record
    n: int | None
    nodes: tuple[str, ...]
    what: str
    category: str
    certainty: str = "exact"
    reason: str = ""
    position: Position | None = None
    since: Position | None = None
    file: str = ""
    heard: Record | None = None
    heard_text: str = ""
    dispatched: datetime | None = None

    def __repr__(self) -> str:
        """On one line, as a log would say it."""
        about = " ".join(filter(None, [self.alert_type, cut(plain(self.what), 40)]))
        entry = "" if self.n is None else f", log {self.n}"
        return f"<Alert {self.graceid} {about}{entry}, {shown_time(self.created)} UTC, {self.certainty}>"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        rows = (
            ("time (UTC)", shown_time(self.created)), ("id", self.graceid), ("alert type", self.alert_type),
            ("what", plain(self.what)), ("log entry", self.n), ("topics", ", ".join(self.nodes)),
            ("certainty", f"{self.certainty} {self.reason}"),
        )  # fmt: skip
        return html_table((), rows)

    def payload(self, format: str = "modern") -> Record | None:
        """The message as the server sent it, in one of FORMATS; None where that form had no such message.

        A message that was heard in that form is given as it was heard. ArchiveError if there is no such form.
        """
        if self.heard is not None and format in formats.formats_of(self.heard):
            return self.heard
        return formats.payload(self, format) if self.data is not None else None

    def lines(self, first: datetime, format: str = "modern") -> list[Record]:
        """The records of a message file, one per node; `offset` counts seconds from `first`."""
        payload = self.payload(format)
        if payload is None:
            return []
        offset_s = (self.created - first).total_seconds()
        return [{**self.envelope(node, offset_s).fields(), "payload": payload} for node in self.nodes]

    def envelope(self, node: str, offset_s: float) -> Envelope:
        """What a line of a message file says beside the payload; `offset_s` seconds after the first message."""
        return Envelope(self.created, offset_s, node, self.graceid, self.n, self.certainty)

    def doubted(self, certainty: str, reason: str) -> "Alert":
        """The same, known at most as surely as `certainty`."""
        if CERTAINTIES.index(certainty) <= CERTAINTIES.index(self.certainty):
            return self
        return replace(self, certainty=certainty, reason=reason)


def nodes_of(record: Record, category: str) -> tuple[str, ...]:
    """The nodes (LVAlert) or topics (igwn-alert) of an event or superevent."""
    if category == "superevent":
        name = record.get("category") or _CATEGORY_OF_ID.get(str(record.get("superevent_id"))[:1], "Production")
        return (SUPEREVENT_TOPICS.get(str(name), SUPEREVENT_TOPICS["Production"]),)
    # The oldest records have an analysisType in place of a pipeline, records cut short may have neither.
    return event_topics(record.get("group"), record.get("pipeline") or record.get("analysisType"), record.get("search"))
