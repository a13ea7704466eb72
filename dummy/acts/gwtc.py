"""Catalogues (GWTC): which superevents, and which of their events by pipeline, a catalogue of a number and version holds."""

import math
import re
from collections.abc import Mapping
from typing import Any

from gracetape.archive import category_of
from gracetape.archive.catalogues import add_catalogue
from gracetape.dummy.acts.superevents import members_of
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import invalid, invalid_fields
from gracetape.dummy.refusals import REQUIRED, refused
from gracetape.dummy.source import Record
from gracetape.errors import GracetapeError

_NUMBER = re.compile(r"[a-zA-Z0-9._-]{1,25}")


def create(writer: Writer, number: Any, smap: Any, comment: Any) -> Record:
    """A new version of a catalogue. `smap` maps superevents to {pipelines: {pipeline: event}, far, pastro}.

    Problem (400) if it names what is not there, or what does not belong together.
    """
    if missing := [name for name in (number, smap) if name is None]:
        raise invalid_fields([REQUIRED] * len(missing))
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise refused("catalogue_number")
    if not isinstance(smap, Mapping):
        raise invalid("smap is not a dictionary")
    held = {_superevent(writer, name).shown_id: _checked(writer, name, told) for name, told in smap.items()}
    record: Record = {
        "number": number, "version": None, "created": writer.created, "submitter": writer.user,
        "gwtc_superevents": held, "comment": str(comment or ""),
    }  # fmt: skip
    return add_catalogue(writer.tx, record)


def _superevent(writer: Writer, name: str) -> Subject:
    found = writer.find(name) if _is(name, "superevent") else None
    if found is None:
        raise refused("catalogue_superevent", superevent=name)
    return found


def _is(graceid: Any, category: str) -> bool:
    try:
        return category_of(str(graceid)) == category
    except GracetapeError:
        return False


def _checked(writer: Writer, name: str, told: Any) -> Record:
    """What a catalogue says of one superevent, found to be right."""
    if not isinstance(told, Mapping) or "pipelines" not in told:
        raise refused("catalogue_no_pipelines", superevent=name)
    if not isinstance(told["pipelines"], Mapping):
        raise refused("catalogue_pipelines", superevent=name)
    for pipeline, graceid in told["pipelines"].items():
        _check_member(writer, name, pipeline, graceid)
    for field in ("far", "pastro"):
        if field not in told:
            raise refused("catalogue_incomplete", field=field, superevent=name)
    far, pastro = told["far"], told["pastro"]
    if far and not (isinstance(far, int | float) and math.isfinite(far)):
        raise refused("catalogue_far", superevent=name, value=far)
    if pastro and not isinstance(pastro, Mapping):
        raise refused("catalogue_pastro", superevent=name, value=pastro)
    return {"pipelines": dict(told["pipelines"]), "far": far, "pastro": pastro}


def _check_member(writer: Writer, name: str, pipeline: str, graceid: Any) -> None:
    if not _is(graceid, "event"):
        raise refused("catalogue_unread", graceid=graceid)
    event = writer.find(graceid)
    if event is None:
        raise refused("catalogue_event", graceid=graceid)
    if graceid not in members_of(_superevent(writer, name).record):
        raise refused("catalogue_member", graceid=graceid, superevent=name)
    if event.record["pipeline"] != pipeline:
        mine = event.record["pipeline"]
        raise refused("catalogue_pipeline", graceid=graceid, mine=mine, given=pipeline)
