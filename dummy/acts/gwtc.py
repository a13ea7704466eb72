"""Catalogues (GWTC): which superevents, and which of their events by pipeline, a catalogue of a number and version holds."""

import math
import re
from collections.abc import Mapping
from typing import Any

from gracetape.archive import category_of
from gracetape.archive.catalogues import add_catalogue
from gracetape.dummy.acts.superevents import members_of
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import invalid
from gracetape.dummy.source import Record
from gracetape.errors import GracetapeError

_NUMBER = re.compile(r"[a-zA-Z0-9._-]{1,25}")


def create(writer: Writer, number: Any, smap: Any, comment: Any) -> Record:
    """A new version of a catalogue. `smap` maps superevents to {pipelines: {pipeline: event}, far, pastro}.

    Problem (400) if it names what is not there, or what does not belong together.
    """
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise invalid("Only letters, numbers, dots, underscores, and hyphens are allowed.")
    if not isinstance(smap, Mapping):
        raise invalid("This field is required." if smap is None else "smap is not a dictionary")
    held = {_superevent(writer, name).shown_id: _checked(writer, name, told) for name, told in smap.items()}
    record: Record = {
        "number": number, "version": None, "created": writer.created, "submitter": writer.user,
        "gwtc_superevents": held, "comment": str(comment or ""),
    }  # fmt: skip
    return add_catalogue(writer.tx, record)


def _superevent(writer: Writer, name: str) -> Subject:
    found = writer.find(name) if _is(name, "superevent") else None
    if found is None:
        raise invalid(f"Superevent {name} was not found in the database.")
    return found


def _is(graceid: Any, category: str) -> bool:
    try:
        return category_of(str(graceid)) == category
    except GracetapeError:
        return False


def _checked(writer: Writer, name: str, told: Any) -> Record:
    """What a catalogue says of one superevent, found to be right."""
    if not isinstance(told, Mapping) or "pipelines" not in told:
        raise invalid(f"superevent key pipelines not found for gwtc_superevent {name}.")
    if not isinstance(told["pipelines"], Mapping):
        raise invalid(f'value corresponding to {name}["pipelines"] is not a dictionary')
    for pipeline, graceid in told["pipelines"].items():
        _check_member(writer, name, pipeline, graceid)
    for field in ("far", "pastro"):
        if field not in told:
            raise invalid(f"{field} not found for superevent {name}")
    far, pastro = told["far"], told["pastro"]
    if far and not (isinstance(far, int | float) and math.isfinite(far)):
        raise invalid(f"far value for {name} must be null or a valid number, not {far}")
    if pastro and not isinstance(pastro, Mapping):
        raise invalid(f"pastro value for {name} must be null or a valid dictionary, not {pastro}")
    return {"pipelines": dict(told["pipelines"]), "far": far, "pastro": pastro}


def _check_member(writer: Writer, name: str, pipeline: str, graceid: Any) -> None:
    event = writer.find(graceid) if _is(graceid, "event") else None
    if event is None:
        raise invalid(f"Catalog Error: Event {graceid} was not found in the database.")
    if graceid not in members_of(_superevent(writer, name).record):
        raise invalid(f"Catalog Error: Event {graceid} is not part of superevent {name}.")
    if event.record["pipeline"] != pipeline:
        raise invalid(
            f"Catalog Error: Pipeline of {graceid} ({event.record['pipeline']}) does not match the supplied "
            f"pipeline ({pipeline})"
        )
