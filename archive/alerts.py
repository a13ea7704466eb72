"""What the server announced: one `Alert` per act and type, with its destinations, as modern or as old message."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gracetape.archive import forms
from gracetape.archive.made_up import MADE_UP, observation_of, voevent_of
from gracetape.archive.rules import Announces, Record, voevent_number
from gracetape.archive.view import View
from gracetape.times import iso_time

if TYPE_CHECKING:
    from gracetape.archive.history import Entry
    from gracetape.archive.timeline import Position

#: From sure to unsure: heard live; follows from the records; follows with an assumption; holds a guess.
CERTAINTIES = ("recorded", "exact", "inferred", "guessed")
FORMATS = forms.FORMATS
_CATEGORY_OF_ID = {"T": "Test", "M": "MDC"}  # superevents of 2018 have no category but in their id
_SUPEREVENT_NODES = {"Production": "superevent", "MDC": "mdc_superevent", "Test": "test_superevent"}


@dataclass(frozen=True)
class Alert:
    """An announcement. `created` is the server's time (UTC), `graceid` the uid that the message bears, `object_id` the id
    under which the archive keeps the object, `n` the log entry that placed it, `nodes` where it was sent, `position` the
    moment just after that entry. `certainty` is one of CERTAINTIES, with `reason`; `what` says it in a few words; `file`
    names the file that the entry brought. `heard` is the message as it was recorded live, if it was (`created` is then
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
    position: "Position | None" = None
    file: str = ""
    heard: Record | None = None
    heard_text: str = ""

    def payload(self, format: str = "modern") -> Record | None:
        """The message as the server sent it, in one of FORMATS; None where that form had no such message.

        A message that was heard in that form is given as it was heard. ArchiveError if there is no such form.
        """
        if self.heard is not None and format in forms.forms_of(self.heard):
            return self.heard
        return forms.payload(self, format) if self.data is not None else None

    def lines(self, first: datetime, format: str = "modern") -> list[Record]:
        """The records of a message file, one per node; `offset` counts seconds from `first`."""
        payload = self.payload(format)
        if payload is None:
            return []
        offset_s = (self.created - first).total_seconds()
        return [{**self.place(node, offset_s), "payload": payload} for node in self.nodes]

    def place(self, node: str, offset_s: float) -> Record:
        """What a record of a message file says beside the payload; `offset_s` seconds after the first message."""
        return {
            "time": iso_time(self.created),
            "offset": round(offset_s, 6),
            "node": node,
            "graceid": self.graceid,
            "n": self.n,
            "certainty": self.certainty,
        }

    def doubted(self, certainty: str, reason: str) -> "Alert":
        """The same, known at most as surely as `certainty`."""
        if CERTAINTIES.index(certainty) <= CERTAINTIES.index(self.certainty):
            return self
        return replace(self, certainty=certainty, reason=reason)


def nodes_of(record: Record, category: str) -> tuple[str, ...]:
    """The nodes (LVAlert) or topics (igwn-alert) of an event or superevent."""
    if category == "superevent":
        told = record.get("category") or _CATEGORY_OF_ID.get(str(record.get("superevent_id", "S"))[0], "Production")
        return (_SUPEREVENT_NODES.get(told, "superevent"),)
    # The oldest records have an analysisType in place of a pipeline, records cut short may have neither.
    names = [name for name in (record.get("group"), record.get("pipeline") or record.get("analysisType")) if name]
    nodes = ["_".join(names)]
    if search := record.get("search"):
        nodes.append("_".join([*names, search]))
    return tuple(node.lower() for node in nodes)


def announce(entry: "Entry", view: View, removed: Mapping[tuple[str, str], Record] | None = None) -> list[Alert]:
    """The alerts that a log entry causes on its own object, in order.

    `view` is the object just after the entry, `removed` the records that the act took away, by (kind, key): a removed label,
    a deleted signoff.
    """
    rows = [row for row in entry.act.rule.announces if row.when(entry.act.params)]
    if not rows:
        return []
    record = view.record()
    alerts = []
    for row in rows:
        data = _data(row, entry, view, record, removed or {})
        if data is None:
            continue
        alert = _alert(row, entry, view, record, data)
        if row.kind in MADE_UP and view.one(row.kind, data.get("N") or "") is None:
            alert = alert.doubted("guessed", f"the {row.kind}'s own record is not in the archive: {MADE_UP[row.kind]}")
        alerts.append(alert)
    return alerts


def _alert(row: Announces, entry: "Entry", view: View, record: Record, data: Any) -> Alert:
    uid = view.graceid if view.category == "event" else (record.get("gw_id") or view.graceid)
    nodes = nodes_of(record, view.category)
    what = _what(row, entry, data)
    file = entry.record.get("filename") or ""
    return Alert(
        entry.created, uid, view.graceid, row.alert_type, data, record, entry.n, nodes, what, view.category, file=file
    )


def _data(row: Announces, entry: "Entry", view: View, record: Record, removed: Mapping[tuple[str, str], Record]) -> Any:
    if row.kind is None:
        return record
    if row.kind == "log":
        return view.one("log", entry.n) if entry.n is not None else entry.record
    if row.kind == "permission":
        return view.records("permission")
    key = row.key(entry.act.params)
    if key is not None:
        return view.one(row.kind, key) or removed.get((row.kind, key))
    if row.kind == "voevent" and (n := voevent_number(entry.record)) is not None:
        return view.one("voevent", n) or voevent_of(entry.record, n, view)
    if (n := entry.act.params.get("n")) is not None:
        return view.one(row.kind, n)
    last = view.records(row.kind)[-1:]
    return last[0] if last else observation_of(entry.record, entry.act.params.get("group"))


def _what(row: Announces, entry: "Entry", data: Any) -> str:
    if row.kind is None:
        params = entry.act.params
        for name in ("graceid", "superevent", "new"):
            if name in params:
                return str(params[name])
        return ", ".join(f"{name} -> {new}" for name, _, new in params.get("changes", ()))
    if row.kind == "log":
        comment = " ".join((data.get("comment") or "").split())
        return f"{comment} [{data['filename']}]" if data.get("filename") else comment
    if row.kind == "permission":
        return ", ".join(dict.fromkeys(str(granted["group"]) for granted in data))
    if row.kind == "signoff":
        return f"{data.get('signoff_type')} {data.get('instrument') or ''} {data.get('status')}".replace("  ", " ")
    return str(data.get("name") or data.get("voevent_type") or data.get("group") or "")
