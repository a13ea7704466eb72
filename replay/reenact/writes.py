"""Which write does again what a log entry tells of: one row per act, through the ordinary client."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from gracetape.archive import Entry, History
from gracetape.archive.history import rules
from gracetape.replay.reenact import annotations
from gracetape.replay.reenact.context import Absent, Call, Context


@dataclass(frozen=True)
class Write:
    """Something to do again: what log entry `n` of a recorded object tells of (None: no entry does), how, and how many bytes it sends (`size`)."""

    graceid: str
    n: int | None
    act: str
    label: str
    call: Call
    size: int = 0

    def __call__(self, client: Any) -> object:
        return self.call(client)


@dataclass(frozen=True)
class LeftOut:
    """Something that cannot be done again, and why."""

    graceid: str
    n: int | None
    act: str
    reason: str


def write_of(context: Context, history: History, index: int) -> Write | LeftOut | None:
    """What does the entry before `index` again; None where the server itself does it along with something else."""
    entry = history.entries[index - 1]
    row = WRITES.get((history.category, entry.act.name)) or WRITES.get(("", entry.act.name))
    if row is None:
        return None
    before = context.size
    try:
        call = row(context, history, index, entry)
    except Absent as error:
        return LeftOut(history.graceid, entry.n, entry.act.name, str(error))
    if call is None:
        return None
    comment = " ".join((entry.record.get("comment") or "").split())
    label = comment or entry.act.name
    return Write(history.graceid, entry.n, entry.act.name, label, call, context.size - before + len(label.encode()))


# -- events


def _upload(context: Context, history: History, index: int, entry: Entry) -> Call:
    record, name = history.final, entry.record.get("filename") or ""
    contents = context.contents(history, name, entry.record.get("file_version"))
    placement = context.placement_of(record)

    def call(client: Any) -> None:
        answer = client.create_event(
            placement.group, record["pipeline"], name, search=placement.search, filecontents=contents(),
            offline=bool(record.get("offline")),
        )  # fmt: skip
        context.ids.give(history.graceid, answer.json()["graceid"])
        context.ids.keep_number(history.graceid, entry.n or 1, 1)
        _keep_made(context, history, index, client)

    return call


def _replace(context: Context, history: History, index: int, entry: Entry) -> Call:
    name = entry.record["filename"]
    contents = context.contents(history, name, entry.record.get("file_version"))

    def call(client: Any) -> None:
        client.replace_event(context.ids.new(history.graceid), name, filecontents=contents())
        _keep_made(context, history, index, client)

    return call


def _keep_made(context: Context, history: History, index: int, client: Any) -> None:
    """Keep where the new log stands after an upload, of which another server may make more files or fewer, if entries are tagged."""
    if not any(entry.act.name in ("tagged", "untagged") for entry in history.entries[index:]):
        return
    made = takewhile(lambda entry: entry.act.name in rules.MADE, history.entries[index:])
    last = [history.entries[index - 1], *made][-1]
    found = client.logs(context.ids.new(history.graceid)).json()
    logs = found if isinstance(found, list) else found.get("log", found.get("logs", []))
    if last.n is not None and logs:
        context.ids.keep_number(history.graceid, last.n, max(record["N"] for record in logs))


# -- superevents

_GPS = ("t_start", "t_0", "t_end")


def _create(context: Context, history: History, index: int, entry: Entry) -> Call:
    params = entry.act.params
    preferred = str(params.get("preferred_event") or history.final.get("preferred_event"))
    context.need(preferred)
    times: dict[str, Any] = {name: params.get(name, history.final.get(name)) for name in _GPS}
    members = [graceid for graceid in params.get("events", []) if context.has(graceid)]
    category = context.category_of(preferred)

    def call(client: Any) -> None:
        moved = {name: context.moved(value) for name, value in times.items()}
        answer = client.create_superevent(
            moved["t_start"], moved["t_0"], moved["t_end"], context.ids.new(preferred), category=category,
            events=[context.ids.new(graceid) for graceid in members] or None,
        )  # fmt: skip
        context.ids.give(history.graceid, answer.json()["superevent_id"])
        context.ids.keep_number(history.graceid, entry.n or 1, 1)

    return call


def _update(context: Context, history: History, index: int, entry: Entry) -> Call:
    changes = {name: new for name, _, new in entry.act.params["changes"] if new is not None}
    if "preferred_event" in changes:
        context.need(changes["preferred_event"])

    def call(client: Any) -> object:
        values: dict[str, Any] = {
            name: context.moved(value) if name in _GPS else value for name, value in changes.items()
        }
        if "preferred_event" in values:
            values["preferred_event"] = context.ids.new(values["preferred_event"])
        return client.update_superevent(context.ids.new(history.graceid), **values)

    return call


def _member(method: str) -> Callable[..., Call]:
    def row(context: Context, history: History, index: int, entry: Entry) -> Call:
        member = entry.act.params["graceid"]
        context.need(member)
        return lambda client: getattr(client, method)(context.ids.new(history.graceid), context.ids.new(member))

    return row


def _confirm(context: Context, history: History, index: int, entry: Entry) -> Call:
    def call(client: Any) -> None:
        answer = client.confirm_superevent_as_gw(context.ids.new(history.graceid))
        context.ids.give(entry.act.params["new"], answer.json()["gw_id"])

    return call


def _access(action: str) -> Callable[..., Call]:
    return lambda context, history, index, entry: (
        lambda client: client.modify_permissions(context.ids.new(history.graceid), action)
    )


#: (category, or '' for both; act) -> what does it again. Acts without a row are done by the server itself.
WRITES: dict[tuple[str, str], Callable[..., Call | None]] = {
    ("event", "uploaded"): _upload,
    ("event", "replaced"): _replace,
    ("superevent", "created"): _create,
    ("superevent", "updated"): _update,
    ("superevent", "event_added"): _member("add_event_to_superevent"),
    ("superevent", "event_removed"): _member("remove_event_from_superevent"),
    ("superevent", "pipeline_preferred"): _member("add_pipeline_preferred_event"),
    ("superevent", "pipeline_unpreferred"): _member("remove_pipeline_preferred_event"),
    ("superevent", "confirmed"): _confirm,
    ("superevent", "exposed"): _access("expose"),
    ("superevent", "hidden"): _access("hide"),
    ("", "log"): annotations.log,
    ("", "tagged"): annotations.tag("add_tag"),
    ("", "untagged"): annotations.tag("remove_tag"),
    ("", "label_added"): annotations.label("write_label"),
    ("", "label_removed"): annotations.label("remove_label"),
    **{("superevent", act): annotations.signoff for act in annotations.SIGNOFFS},
    **{("event", act): annotations.no_signoff for act in annotations.SIGNOFFS},
    ("", "voevent"): annotations.voevent,
    ("", "emobservation"): annotations.observation,
}
