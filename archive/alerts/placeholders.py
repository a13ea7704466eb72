"""Records as far as the log entry of their act tells of them, for recordings that lack the records themselves."""

from gracetape.archive.history.rules import Record
from gracetape.archive.view import View
from gracetape.archive.voevent_types import voevent_type_of

#: Kinds of record whose message is made of the log entry alone where there is no record, and what that knows.
MADE_UP = {"voevent": "only its file is known", "emobservation": "only its group is known"}


def observation_of(log: Record, group: str | None) -> Record:
    """An EM observation as far as the log entry of its making tells of it."""
    known = {"N": None, "created": log["created"], "submitter": log.get("issuer"), "group": group, "comment": ""}
    return known | {"footprint_count": 0, "footprints": []}


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


def voevent_of(log: Record, n: int, view: View) -> Record:
    """A VOEvent as far as the log entry of its file tells of it, for recordings without the VOEvent's own record."""
    at = f"voevent/{n}" if view.category == "event" else f"voevents/{n}/"
    link = f"{view.service}{view.category}s/{view.graceid}/{at}"
    known = {"links": {"self": link, "file": log.get("file")}, "N": n, "issuer": log.get("issuer"), "ivorn": None}
    known |= {"filename": log["filename"], "file_version": log.get("file_version")}
    known |= {"voevent_type": voevent_type_of(log["filename"]), "created": log["created"]}
    return known | dict.fromkeys(_VOEVENT_UNKNOWN)
