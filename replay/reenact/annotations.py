"""What writes the annotations of an object again, rows of the table in writes.py: logs, tags, labels, signoffs, VOEvents, observations."""

from collections.abc import Callable, Mapping
from typing import Any

from gracetape.archive import Entry, History
from gracetape.archive.history.rules import voevent_number
from gracetape.archive.voevent_types import voevent_type_of
from gracetape.replay.reenact.context import Absent, Call, Context


def log(context: Context, history: History, index: int, entry: Entry) -> Call:
    record, upload = entry.record, {}
    if name := record.get("filename"):
        contents = context.contents(history, name, record.get("file_version"))
        upload = {"filename": name, "filecontents": contents}
    tags = context.tags_that_came_along(history, entry)

    def call(client: Any) -> None:
        file = upload and {"filename": upload["filename"], "filecontents": upload["filecontents"]()}
        comment = context.ids.text(record.get("comment") or "")
        answer = client.write_log(context.ids.new(history.graceid), comment, tag_name=tags, **file)
        context.ids.keep_number(history.graceid, entry.n or 0, answer.json()["N"])

    return call


def tag(method: str) -> Callable[..., Call | None]:
    def row(context: Context, history: History, index: int, entry: Entry) -> Call | None:
        n, tag = entry.act.params["n"], entry.act.params["tag"]
        if method == "add_tag" and context.came_along(history, entry):
            return None
        return lambda client: getattr(client, method)(
            context.ids.new(history.graceid), context.ids.number(history.graceid, n), tag
        )

    return row


def label(method: str) -> Callable[..., Call]:
    return lambda context, history, index, entry: (
        lambda client: getattr(client, method)(context.ids.new(history.graceid), entry.act.params["label"])
    )


SIGNOFFS = {
    "signoff_created": "create_signoff",
    "signoff_updated": "update_signoff",
    "signoff_deleted": "delete_signoff",
}


def signoff(context: Context, history: History, index: int, entry: Entry) -> Call:
    params, act = entry.act.params, entry.act.name
    kind = "OP" if params["key"].startswith("OP") else "ADV"
    about: dict[str, Any] = {"instrument": params.get("instrument") or ""}
    if act == "signoff_created":
        about |= {"status": params["status"], "comment": params.get("comment", "")}
    elif act == "signoff_updated":
        about |= {"status": params.get("new_status"), "comment": params.get("new")}

    def call(client: Any) -> object:
        said = {name: context.ids.text(text) if name == "comment" and text else text for name, text in about.items()}
        return getattr(client, SIGNOFFS[act])(context.ids.new(history.graceid), kind, **said)

    return call


def no_signoff(context: Context, history: History, index: int, entry: Entry) -> Call:
    raise Absent("signoffs of events are made on the web pages: the API has none")


#: Field of a VOEvent's record -> argument of the client.
_VOEVENT = {
    "skymap_type": "skymap_type", "skymap_filename": "skymap_filename", "internal": "internal", "open_alert": "open_alert",
    "hardware_inj": "hardware_inj", "coinc_comment": "CoincComment", "prob_has_ns": "ProbHasNS",
    "prob_has_remnant": "ProbHasRemnant", "prob_bns": "BNS", "prob_nsbh": "NSBH", "prob_bbh": "BBH",
    "prob_terrestrial": "Terrestrial", "prob_has_mass_gap": "HasMassGap", "raven_coinc": "raven_coinc",
    "combined_skymap_filename": "combined_skymap_filename",
}  # fmt: skip


def voevent(context: Context, history: History, index: int, entry: Entry) -> Call:
    n = voevent_number(entry.record)
    record = history.view.one("voevent", n) if n is not None else None
    kind = record["voevent_type"] if record else voevent_type_of(entry.record.get("filename") or "")
    given: Mapping[str, Any] = record or {}
    about = {argument: given[name] for name, argument in _VOEVENT.items() if given.get(name) is not None}
    if kind is None:
        raise Absent("neither its record nor its file's name tells of which type it is")
    if kind in ("IN", "UP") and "skymap_filename" not in about:
        raise Absent("its own record is not in the archive, so its sky map is not known")
    return lambda client: client.create_voevent(context.ids.new(history.graceid), kind, **about)


def observation(context: Context, history: History, index: int, entry: Entry) -> Call:
    before = sum(e.act.name == "emobservation" for e in history.entries[: index - 1])
    records = history.view.records("emobservation")
    if before >= len(records):
        raise Absent("its own record is not in the archive")
    record = records[before]
    names = ("ra", "raWidth", "dec", "decWidth", "start_time", "exposure_time")
    columns = [[footprint[name] for footprint in record["footprints"]] for name in names]

    def call(client: Any) -> object:
        columns[4] = [context.moved_moment(text) for text in columns[4]]
        comment = context.ids.text(record.get("comment") or "")
        return client.write_emobservation(context.ids.new(history.graceid), record["group"], *columns, comment)

    return call
