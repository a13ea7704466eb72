"""Catalogues (GWTC): which superevents, and which of their events by pipeline, a catalogue of a number and version holds.

They are of no single object, so they stand in a table of their own, made when the first one comes.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from archive import Archive, category_of
from archive.encode import encode
from archive.errors import ArchiveError
from dummy.acts.superevents import members_of
from dummy.acts.writer import Subject, Writer
from dummy.problems import invalid
from dummy.source import Record

_TABLE = "CREATE TABLE IF NOT EXISTS gwtc (number TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL)"
_NUMBER = re.compile(r"[a-zA-Z0-9._-]{1,25}")


def catalogues(archive: Archive, number: str | None = None) -> list[Record]:
    """All catalogues, or all versions of one, newest first."""
    run = archive.connection.execute
    if not run("SELECT 1 FROM sqlite_master WHERE name = 'gwtc'").fetchone():
        return []
    rows = run("SELECT json FROM gwtc WHERE ? IS NULL OR number = ? ORDER BY rowid DESC", (number, number))
    return [json.loads(row[0]) for row in rows]


def create(writer: Writer, number: Any, smap: Any, comment: Any) -> Record:
    """A new version of a catalogue. `smap` maps superevents to {pipelines: {pipeline: event}, far, pastro}.

    Problem (400) if it names what is not there, or what does not belong together.
    """
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise invalid("Only letters, numbers, dots, underscores, and hyphens are allowed.")
    if not isinstance(smap, Mapping):
        raise invalid("This field is required." if smap is None else "smap is not a dictionary")
    held = {_superevent(writer, name).shown_id: _checked(writer, name, told) for name, told in smap.items()}
    run = writer.tx.archive.connection.execute
    run(_TABLE)
    (last,) = run("SELECT coalesce(max(version), 0) FROM gwtc WHERE number = ?", (number,)).fetchone()
    record: Record = {
        "number": number, "version": last + 1, "created": writer.created, "submitter": writer.user,
        "gwtc_superevents": held, "comment": str(comment or ""),
    }  # fmt: skip
    run("INSERT INTO gwtc VALUES (?, ?, ?)", (number, last + 1, encode(record)))
    return record


def _superevent(writer: Writer, name: str) -> Subject:
    found = writer.find(name) if _is(name, "superevent") else None
    if found is None:
        raise invalid(f"Superevent {name} was not found in the database.")
    return found


def _is(graceid: Any, category: str) -> bool:
    try:
        return category_of(str(graceid)) == category
    except ArchiveError:
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
