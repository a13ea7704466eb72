"""The alerts that the server sent, told from histories: those that one entry causes, and all along a time line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gracetape.archive.alerts import formats
from gracetape.archive.alerts.alert import Alert, nodes_of
from gracetape.archive.alerts.placeholders import MADE_UP, observation_of, voevent_of
from gracetape.archive.history.ordering import Step
from gracetape.archive.history.rules import Causes, Record, voevent_number
from gracetape.archive.history.snapshot import Snapshot, in_order
from gracetape.archive.history.steps import Entry
from gracetape.archive.history.timeline import Position, Timeline
from gracetape.archive.view import View

#: Tags that came with a log's own upload left their entries within about a second of it.
SAME_UPLOAD = timedelta(seconds=1)


def rebuilt_alerts(timeline: Timeline, until: Position | None = None, after: Position | None = None) -> Iterator[Alert]:
    """What the server announced along a time line, in order, as far as the records tell of it; not what came after `until`."""
    return alerts_along(timeline, timeline.walk(after, until))


def alerts_along(timeline: Timeline, steps: Iterable[tuple[Position, Step]]) -> Iterator[Alert]:
    """What the server announced at some steps, each given with the moment just after it."""
    for position, step in steps:
        for graceid, index in step.entries:
            history = timeline.histories[graceid]
            if index in history.made_until:  # its alert goes out when the files of the upload are made
                continue
            upload = history.upload_of.get(index)
            if upload is None:
                yield from _alerts_at(timeline, graceid, index, position, index)
                continue
            made, begun = history.entries[index - 1].created, timeline.just_before(graceid, upload)
            for alert in _alerts_at(timeline, graceid, upload, position, index):
                yield replace(alert, created=made, since=begun)


def _alerts_at(timeline: Timeline, graceid: str, index: int, position: Position, shown: int) -> Iterator[Alert]:
    """The alerts of the entry before `index`, the object being as it was at index `shown`."""
    history = timeline.histories[graceid]
    entry = history.entries[index - 1]
    if not entry.act.rule.causes:
        return
    others = timeline.others_at(position)
    snapshot = others.snapshot(history, shown, others.record)
    for alert in alerts_of_entry(entry, snapshot, history.removed_at(index)):
        alert = replace(alert, position=position)
        for certainty, reason in snapshot.doubts:
            alert = alert.doubted(certainty, reason)
        if entry.n is None and index > 1:
            alert = alert.doubted("inferred", "no log entry tells of it: placed by its own time")
        yield _with_tags(alert, snapshot, entry) if alert.alert_type == "log" else alert


def _with_tags(alert: Alert, snapshot: Snapshot, entry: Entry) -> Alert:
    """A log alert with the tags that came with the upload: the server tags first and announces then."""
    tags_of_entry = snapshot.intervals.tags_of.get(entry.n, ()) if entry.n is not None else ()
    mine = [(tag, span) for tag, span in tags_of_entry if span.value is not None]
    if not mine:
        return alert
    near = {tag for tag, span in mine if span.value - entry.created <= SAME_UPLOAD}
    final = entry.record.get("tag_names") or []
    without_entry = set(final) - {tag for tag, _ in mine}
    tags = in_order(final, [tag for tag, _ in mine], near | without_entry)
    tagged = replace(alert, data=alert.data | {"tag_names": tags})
    return tagged.doubted("inferred", "tags put on within a second are taken to have come with the message")


def alerts_of_entry(entry: Entry, view: View, removed: Mapping[tuple[str, str], Record] | None = None) -> list[Alert]:
    """The alerts that a log entry causes on its own object, in order.

    `view` is the object just after the entry, `removed` the records that the act took away, by (kind, key): a removed label,
    a deleted signoff.
    """
    rows = [row for row in entry.act.rule.causes if row.when(entry.act.params)]
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


def _alert(row: Causes, entry: Entry, view: View, record: Record, data: Any) -> Alert:
    uid = view.graceid if view.category == "event" else (record.get("gw_id") or view.graceid)
    nodes = nodes_of(record, view.category)
    what = _what(row, entry, data)
    file = entry.record.get("filename") or ""
    return Alert(
        entry.created, uid, view.graceid, row.alert_type, data, record, entry.n, nodes, what, view.category, file=file,
        dispatched=formats.dispatched_at(entry.created),
    )  # fmt: skip


def _data(row: Causes, entry: Entry, view: View, record: Record, removed: Mapping[tuple[str, str], Record]) -> Any:
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


def _what(row: Causes, entry: Entry, data: Any) -> str:
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
