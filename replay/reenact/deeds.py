"""Which write does again what a log entry tells of: one row per act, through the ordinary client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gracetape.archive import Entry, History
from gracetape.archive.rules import voevent_number
from gracetape.archive.voevent_types import voevent_type_of
from gracetape.replay.reenact.scene import Absent, Scene

#: A call on a client that does something again.
Call = Callable[[Any], object]


@dataclass(frozen=True)
class Write:
    """Something to do again: what log entry `n` of a recorded object tells of (None: no entry does), and how."""

    graceid: str
    n: int | None
    act: str
    label: str
    call: Call


@dataclass(frozen=True)
class LeftOut:
    """Something that cannot be done again, and why."""

    graceid: str
    n: int | None
    act: str
    reason: str


def deed(scene: Scene, history: History, index: int) -> Write | LeftOut | None:
    """What does the entry before `index` again; None where the server itself does it along with something else."""
    entry = history.entries[index - 1]
    row = DEEDS.get((history.category, entry.act.name)) or DEEDS.get(("", entry.act.name))
    if row is None:
        return None
    try:
        call = row(scene, history, index, entry)
    except Absent as error:
        return LeftOut(history.graceid, entry.n, entry.act.name, str(error))
    if call is None:
        return None
    comment = " ".join((entry.record.get("comment") or "").split())
    return Write(history.graceid, entry.n, entry.act.name, comment or entry.act.name, call)


# -- events


def _upload(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    record, name = history.final, entry.record.get("filename") or ""
    contents = scene.contents(history, name, entry.record.get("file_version"))
    cast = scene.cast(record)

    def call(client: Any) -> None:
        answer = client.create_event(
            cast.group, record["pipeline"], name, search=cast.search, filecontents=contents(),
            offline=bool(record.get("offline")),
        )  # fmt: skip
        scene.ids.give(history.graceid, answer.json()["graceid"])
        scene.ids.keep_number(history.graceid, entry.n or 1, 1)

    return call


def _replace(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    name = entry.record["filename"]
    contents = scene.contents(history, name, entry.record.get("file_version"))
    return lambda client: client.replace_event(scene.ids.new(history.graceid), name, filecontents=contents())


# -- superevents

_GPS = ("t_start", "t_0", "t_end")


def _create(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    params = entry.act.params
    preferred = str(params.get("preferred_event") or history.final.get("preferred_event"))
    scene.need(preferred)
    times: dict[str, Any] = {name: params.get(name, history.final.get(name)) for name in _GPS}
    members = [graceid for graceid in params.get("events", []) if scene.has(graceid)]
    category = scene.category_of(preferred)

    def call(client: Any) -> None:
        moved = {name: scene.moved(value) for name, value in times.items()}
        answer = client.create_superevent(
            moved["t_start"], moved["t_0"], moved["t_end"], scene.ids.new(preferred), category=category,
            events=[scene.ids.new(graceid) for graceid in members] or None,
        )  # fmt: skip
        scene.ids.give(history.graceid, answer.json()["superevent_id"])
        scene.ids.keep_number(history.graceid, entry.n or 1, 1)

    return call


def _update(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    changes = {name: new for name, _, new in entry.act.params["changes"] if new is not None}
    if "preferred_event" in changes:
        scene.need(changes["preferred_event"])

    def call(client: Any) -> object:
        values: dict[str, Any] = {
            name: scene.moved(value) if name in _GPS else value for name, value in changes.items()
        }
        if "preferred_event" in values:
            values["preferred_event"] = scene.ids.new(values["preferred_event"])
        return client.update_superevent(scene.ids.new(history.graceid), **values)

    return call


def _member(method: str) -> Callable[..., Call]:
    def row(scene: Scene, history: History, index: int, entry: Entry) -> Call:
        member = entry.act.params["graceid"]
        scene.need(member)
        return lambda client: getattr(client, method)(scene.ids.new(history.graceid), scene.ids.new(member))

    return row


def _confirm(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    def call(client: Any) -> None:
        answer = client.confirm_superevent_as_gw(scene.ids.new(history.graceid))
        scene.ids.give(entry.act.params["new"], answer.json()["gw_id"])

    return call


def _access(action: str) -> Callable[..., Call]:
    return lambda scene, history, index, entry: (
        lambda client: client.modify_permissions(scene.ids.new(history.graceid), action)
    )


# -- on both


def _log(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    record, upload = entry.record, {}
    if name := record.get("filename"):
        contents = scene.contents(history, name, record.get("file_version"))
        upload = {"filename": name, "filecontents": contents}
    tags = scene.tags_that_came_along(history, entry)

    def call(client: Any) -> None:
        file = upload and {"filename": upload["filename"], "filecontents": upload["filecontents"]()}
        comment = scene.ids.text(record.get("comment") or "")
        answer = client.write_log(scene.ids.new(history.graceid), comment, tag_name=tags, **file)
        scene.ids.keep_number(history.graceid, entry.n or 0, answer.json()["N"])

    return call


def _tag(method: str) -> Callable[..., Call | None]:
    def row(scene: Scene, history: History, index: int, entry: Entry) -> Call | None:
        n, tag = entry.act.params["n"], entry.act.params["tag"]
        if method == "add_tag" and scene.came_along(history, entry):
            return None
        return lambda client: getattr(client, method)(
            scene.ids.new(history.graceid), scene.ids.number(history.graceid, n), tag
        )

    return row


def _label(method: str) -> Callable[..., Call]:
    return lambda scene, history, index, entry: (
        lambda client: getattr(client, method)(scene.ids.new(history.graceid), entry.act.params["label"])
    )


_SIGNOFFS = {
    "signoff_created": "create_signoff",
    "signoff_updated": "update_signoff",
    "signoff_deleted": "delete_signoff",
}


def _signoff(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    params, act = entry.act.params, entry.act.name
    kind = "OP" if params["key"].startswith("OP") else "ADV"
    about: dict[str, Any] = {"instrument": params.get("instrument") or ""}
    if act == "signoff_created":
        about |= {"status": params["status"], "comment": params.get("comment", "")}
    elif act == "signoff_updated":
        about |= {"status": params.get("new_status"), "comment": params.get("new")}

    def call(client: Any) -> object:
        said = {name: scene.ids.text(text) if name == "comment" and text else text for name, text in about.items()}
        return getattr(client, _SIGNOFFS[act])(scene.ids.new(history.graceid), kind, **said)

    return call


def _no_signoff(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    raise Absent("signoffs of events are made on the web pages: the API has none")


#: Field of a VOEvent's record -> argument of the client.
_VOEVENT = {
    "skymap_type": "skymap_type", "skymap_filename": "skymap_filename", "internal": "internal", "open_alert": "open_alert",
    "hardware_inj": "hardware_inj", "coinc_comment": "CoincComment", "prob_has_ns": "ProbHasNS",
    "prob_has_remnant": "ProbHasRemnant", "prob_bns": "BNS", "prob_nsbh": "NSBH", "prob_bbh": "BBH",
    "prob_terrestrial": "Terrestrial", "prob_has_mass_gap": "HasMassGap", "raven_coinc": "raven_coinc",
    "combined_skymap_filename": "combined_skymap_filename",
}  # fmt: skip


def _voevent(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    n = voevent_number(entry.record)
    record = history.view.one("voevent", n) if n is not None else None
    kind = record["voevent_type"] if record else voevent_type_of(entry.record.get("filename") or "")
    given: Mapping[str, Any] = record or {}
    about = {argument: given[name] for name, argument in _VOEVENT.items() if given.get(name) is not None}
    if kind is None:
        raise Absent("neither its record nor its file's name tells of which type it is")
    if kind in ("IN", "UP") and "skymap_filename" not in about:
        raise Absent("its own record is not in the archive, so its sky map is not known")
    return lambda client: client.create_voevent(scene.ids.new(history.graceid), kind, **about)


def _observation(scene: Scene, history: History, index: int, entry: Entry) -> Call:
    before = sum(e.act.name == "emobservation" for e in history.entries[: index - 1])
    records = history.view.records("emobservation")
    if before >= len(records):
        raise Absent("its own record is not in the archive")
    record = records[before]
    names = ("ra", "raWidth", "dec", "decWidth", "start_time", "exposure_time")
    columns = [[footprint[name] for footprint in record["footprints"]] for name in names]

    def call(client: Any) -> object:
        columns[4] = [scene.moved_moment(text) for text in columns[4]]
        comment = scene.ids.text(record.get("comment") or "")
        return client.write_emobservation(scene.ids.new(history.graceid), record["group"], *columns, comment)

    return call


#: (category, or '' for both; act) -> what does it again. Acts without a row are done by the server itself.
DEEDS: dict[tuple[str, str], Callable[..., Call | None]] = {
    ("event", "uploaded"): _upload,
    ("event", "replaced"): _replace,
    ("superevent", "created"): _create,
    ("superevent", "updated"): _update,
    ("superevent", "event_added"): _member("add_event_to_superevent"),
    ("superevent", "event_removed"): _member("remove_event_from_superevent"),
    ("superevent", "confirmed"): _confirm,
    ("superevent", "exposed"): _access("expose"),
    ("superevent", "hidden"): _access("hide"),
    ("", "log"): _log,
    ("", "tagged"): _tag("add_tag"),
    ("", "untagged"): _tag("remove_tag"),
    ("", "label_added"): _label("write_label"),
    ("", "label_removed"): _label("remove_label"),
    **{("superevent", act): _signoff for act in _SIGNOFFS},
    **{("event", act): _no_signoff for act in _SIGNOFFS},
    ("", "voevent"): _voevent,
    ("", "emobservation"): _observation,
}
