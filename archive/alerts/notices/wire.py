"""The forms in which a notice goes out: JSON with sky maps in base64 (GCN), an Avro container with its schema inside (SCiMMA)."""

from collections.abc import Callable
from typing import Any

from gracetape.archive.alerts.notices.contents import Contents
from gracetape.archive.history.rules import Record
from gracetape.notices import SKYMAPS, to_avro


def as_json(notice: Record) -> Record:
    """A notice with its sky maps in base64."""
    return _with_maps(notice, lambda contents: contents.base64)


def as_avro(notice: Record) -> bytes:
    """A notice as an Avro object container file of one record, its schema inside, its sky maps as they are."""
    return to_avro(_with_maps(notice, lambda contents: contents.data))


def _with_maps(notice: Record, form: Callable[[Contents], Any]) -> Record:
    found = dict(notice)
    for part, name in SKYMAPS:
        if isinstance(inner := found.get(part), dict) and isinstance(contents := inner.get(name), Contents):
            found[part] = inner | {name: form(contents)}
    return found
