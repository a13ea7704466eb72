"""What the server announced: one `Alert` per act and type, with its destinations, as modern or as old message."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.errors import ArchiveError
from archive.rules import Announces, Record, voevent_number
from archive.times import iso_time
from archive.view import View

if TYPE_CHECKING:
    from archive.history import Entry
    from archive.timeline import Position

#: From sure to unsure: heard live; follows from the records; follows with an assumption; holds a guess.
CERTAINTIES = ("recorded", "exact", "inferred", "guessed")
FORMATS = ("modern", "legacy")
_SUPEREVENT_NODES = {"Production": "superevent", "MDC": "mdc_superevent", "Test": "test_superevent"}


@dataclass(frozen=True)
class Alert:
    """An announcement. `created` is the server's time (UTC), `graceid` the uid that the message bears, `object_id` the id
    under which the archive keeps the object, `n` the log entry that placed it, `nodes` where it was sent, `position` the
    moment just after that entry. `certainty` is one of CERTAINTIES, with `reason`; `what` says it in a few words.
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

    def payload(self, format: str = "modern") -> Record | None:
        """The message as the server sent it, in `modern` or `legacy` form; None where that form had no such message."""
        if format == "modern":
            return {"uid": self.graceid, "alert_type": self.alert_type, "data": self.data, "object": self.object}
        if format == "legacy":
            return _legacy(self)
        raise ArchiveError(f"there is no message format {format!r}: use {' or '.join(FORMATS)}")

    def lines(self, first: datetime, format: str = "modern") -> list[Record]:
        """The records of a message file, one per node; `offset` counts seconds from `first`."""
        payload = self.payload(format)
        if payload is None:
            return []
        offset = (self.created - first).total_seconds()
        place = {"time": iso_time(self.created), "offset": offset}
        rest = {"graceid": self.graceid, "n": self.n, "certainty": self.certainty, "payload": payload}
        return [{**place, "node": node, **rest} for node in self.nodes]

    def doubted(self, certainty: str, reason: str) -> "Alert":
        """The same, known at most as surely as `certainty`."""
        if CERTAINTIES.index(certainty) <= CERTAINTIES.index(self.certainty):
            return self
        return replace(self, certainty=certainty, reason=reason)


def nodes_of(record: Record, category: str) -> tuple[str, ...]:
    """The nodes (LVAlert) or topics (igwn-alert) of an event or superevent."""
    if category == "superevent":
        return (_SUPEREVENT_NODES.get(record.get("category", "Production"), "superevent"),)
    names = [record["group"], record["pipeline"]]
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
        if row.kind == "voevent" and view.one("voevent", data["N"]) is None:
            alert = alert.doubted("guessed", "the VOEvent's own record is not in the archive: only its file is known")
        alerts.append(alert)
    return alerts


def _alert(row: Announces, entry: "Entry", view: View, record: Record, data: Any) -> Alert:
    uid = view.graceid if view.category == "event" else (record.get("gw_id") or view.graceid)
    nodes = nodes_of(record, view.category)
    what = _what(row, entry, data)
    return Alert(entry.created, uid, view.graceid, row.alert_type, data, record, entry.n, nodes, what, view.category)


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
        return view.one("voevent", n) or _voevent_of(entry.record, n, view)
    if (n := entry.act.params.get("n")) is not None:
        return view.one(row.kind, n)
    last = view.records(row.kind)[-1:]
    return last[0] if last else None


_VOEVENT_TYPES = {"Preliminary": "PR", "Initial": "IN", "Update": "UP", "Retraction": "RE"}
_VOEVENT_UNKNOWN = (
    "skymap_type",
    "skymap_filename",
    "internal",
    "open_alert",
    "hardware_inj",
    "coinc_comment",
    "prob_has_ns",
    "prob_has_remnant",
    "prob_bns",
    "prob_nsbh",
    "prob_bbh",
    "prob_terrestrial",
    "prob_mass_gap",
)


def _voevent_of(log: Record, n: int, view: View) -> Record:
    """A VOEvent as far as the log entry of its file tells of it, for recordings without the VOEvent's own record."""
    link = f"{view.service}{view.category}s/{view.graceid}/voevents/{n}" + (
        "/" if view.category == "superevent" else ""
    )
    kind = log["filename"].rsplit("-", 1)[1].removesuffix(".xml")
    known = {"links": {"self": link, "file": log.get("file")}, "N": n, "issuer": log.get("issuer"), "ivorn": None}
    known |= {"filename": log["filename"], "file_version": log.get("file_version")}
    known |= {"voevent_type": _VOEVENT_TYPES.get(kind), "created": log["created"]}
    return known | dict.fromkeys(_VOEVENT_UNKNOWN)


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


def _legacy(alert: Alert) -> Record | None:
    """The message of 2014 to mid 2018: events only; `new`, `update` (a log or file) and `label`."""
    if alert.category != "event":
        return None
    message: Record = {"file": "", "uid": alert.graceid, "alert_type": "", "description": "", "labels": []}
    message["labels"] = list(alert.object.get("labels", []))
    if alert.alert_type == "new":
        return message | {"alert_type": "new", "object": alert.object}
    if alert.alert_type == "label_added":
        return message | {"alert_type": "label", "description": alert.data["name"]}
    if alert.alert_type in ("log", "voevent"):
        brought = {"file": alert.data.get("filename") or "", "description": alert.data.get("comment") or ""}
        return message | brought | {"alert_type": "update", "object": alert.data}
    return None


def lines(alerts: Iterator[Alert], format: str = "modern") -> Iterator[Record]:
    """The records of a message file for alerts in order."""
    first = None
    for alert in alerts:
        first = first or alert.created
        yield from alert.lines(first, format)
