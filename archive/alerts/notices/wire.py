"""The forms in which a notice goes out: JSON with sky maps in base64 (GCN), an Avro container with its schema inside (SCiMMA)."""

import base64
import io
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from gracetape.archive.alerts.notices.contents import Contents
from gracetape.archive.history.rules import Record
from gracetape.errors import ArchiveError
from gracetape.installing import hint

#: How every Avro container begins.
AVRO = b"Obj\x01"
_SCHEMA = "igwn.alerts.Alert.avsc"
#: Where notices hold sky maps: (part, field).
SKYMAPS = (("event", "skymap"), ("external_coinc", "combined_skymap"))


def as_json(notice: Record) -> Record:
    """A notice with its sky maps in base64."""
    return _with_maps(notice, lambda contents: contents.base64)


def as_avro(notice: Record) -> bytes:
    """A notice as an Avro object container file of one record, its schema inside, its sky maps as they are."""
    from io import BytesIO

    buffer = BytesIO()
    message = _with_maps(notice, lambda contents: contents.data)
    _fastavro().writer(buffer, _schema(), [_as_bytes(message)], sync_marker=_SYNC)
    return buffer.getvalue()


def from_avro(container: bytes) -> Record:
    """The notice in a container, its sky maps in base64. ValueError if it holds none."""
    library = _fastavro()
    try:
        found = next(iter(library.reader(io.BytesIO(container))), None)
    except Exception as error:  # whatever a damaged container lets the library stumble over
        raise ValueError(f"it is no Avro container that can be read: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise ValueError("it holds no notice")
    return _plain(found)


def _plain(value: Any) -> Any:
    """What Avro gives, as JSON holds it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _with_maps(notice: Record, form: Callable[[Contents], Any]) -> Record:
    found = dict(notice)
    for part, name in SKYMAPS:
        if isinstance(inner := found.get(part), dict) and isinstance(contents := inner.get(name), Contents):
            found[part] = inner | {name: form(contents)}
    return found


def _as_bytes(notice: Record) -> Record:
    """A notice whose sky maps are bytes, for one that was kept as JSON; and what Avro wants of a text that JSON holds otherwise."""
    found = dict(notice)
    for part, name in SKYMAPS:
        if isinstance(inner := found.get(part), dict) and isinstance(text := inner.get(name), str):
            found[part] = inner | {name: base64.b64decode(text)}
    return found


#: Between the blocks of a container: the same notice gives the same bytes.
_SYNC = b"gracetape notice"


@cache
def _schema() -> Any:
    text = files("igwn_gwalert_schema").joinpath(_SCHEMA).read_text(encoding="utf-8")
    return _fastavro().parse_schema(json.loads(text))


def _fastavro() -> Any:
    try:
        import fastavro
    except ImportError:
        raise ArchiveError(f"notices in Avro need fastavro, which is not installed: {hint('public')}") from None
    return fastavro
