"""Messages to the public, wherever they come from: which object a notice or a VOEvent is about, what it tells, and notices in Avro."""

import base64
import io
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from gracetape.errors import ArchiveError
from gracetape.installing import hint
from gracetape.topics import LVC_PACKETS

Record = dict[str, Any]

#: How every Avro container begins, and one in base64.
AVRO, AVRO_BASE64 = b"Obj\x01", "T2JqA"
#: Where notices hold sky maps: (part, field).
SKYMAPS = (("event", "skymap"), ("external_coinc", "combined_skymap"))
#: Of what a source of compact binaries can be, in the words of notices and VOEvents.
CLASSES = ("BNS", "NSBH", "BBH", "Terrestrial")
_SCHEMA = "igwn.alerts.Alert.avsc"
#: What JSON may leave out, and Avro not.
_UNSAID: dict[str, Record] = {"event": {"duration": None, "central_frequency": None}}
#: Between the blocks of a container: the same notice gives the same bytes.
_SYNC = b"gracetape notice"
_PARAM = re.compile(r"<Param\b[^>]{0,1000}?/?>")
_ATTRIBUTE = re.compile(r"""\b(name|value)\s*=\s*["']([^"']{0,1000})["']""")


def is_notice(payload: Record) -> bool:
    """Whether a message is a notice of the igwn-gwalert schema."""
    return isinstance(payload.get("superevent_id"), str) and "alert_type" in payload and "uid" not in payload


def is_voevent(text: object) -> bool:
    """Whether a text looks like a VOEvent."""
    return isinstance(text, str) and text.lstrip()[:1] == "<" and "VOEvent" in text[:1000]


def document_of(payload: Record) -> str | None:
    """The VOEvent in a message that was kept as an object, which holds what was no object as its `text`; None if it is none."""
    text = payload.get("text")
    return text if len(payload) == 1 and is_voevent(text) else None


def about(payload: Record) -> tuple[str | None, str | None]:
    """(id of the object, type of the alert) of a message to the public; None for what it does not say."""
    if is_notice(payload):
        kind = payload["alert_type"]
        return payload["superevent_id"], kind if isinstance(kind, str) else None
    params = params_in(document_of(payload) or "")
    return params.get("GraceID"), _kind(params)


def _kind(params: dict[str, str]) -> str | None:
    """The type of a VOEvent: its own word, or that of its packet at GCN (`COUNTERPART`, which others send)."""
    packet = params.get("Packet_Type", "")
    named = LVC_PACKETS.get(int(packet) if packet.isascii() and packet.isdecimal() and len(packet) < 6 else 0, "")
    return (params.get("AlertType") or named.removeprefix("LVC_")).upper() or None


def params_in(document: str) -> dict[str, str]:
    """The parameters of a VOEvent, as far as its text shows them at once; who needs more parses it."""
    found = (dict(_ATTRIBUTE.findall(match[0])) for match in _PARAM.finditer(document[:1_000_000]))
    return {param["name"]: param["value"] for param in found if {"name", "value"} <= param.keys()}


def in_short(notice: Record, skymap: str = "") -> str:
    """In a few words, what a notice tells of; `skymap` is the name of its sky map, where the notice itself does not say it."""
    event = notice.get("event")
    if not isinstance(event, dict):
        return "retracted" if notice.get("alert_type") == "RETRACTION" else ""
    classes = event.get("classification")
    numbers = (
        {name: p for name, p in classes.items() if isinstance(p, int | float)} if isinstance(classes, dict) else {}
    )
    best, far = max(numbers, key=lambda name: numbers[name], default=""), event.get("far")
    skymap = skymap or str(event.get("skymap_filename") or "") or ("sky map" if event.get("skymap") else "")
    words = [" ".join(str(event.get(name) or "") for name in ("group", "pipeline", "search"))]
    words += [f"FAR {far:.3g} Hz"] if isinstance(far, int | float) else []
    words += [f"{best} {numbers[best]:.0%}"] if best else []
    return ", ".join([*words, *filter(None, [skymap])])


def document_in_short(document: str) -> str:
    """In a few words, what a VOEvent tells of: as of the notice that went out with it."""
    params = params_in(document)
    event: Record = {name: params.get(name.capitalize()) for name in ("group", "pipeline", "search")}
    event |= {"far": _number(params.get("FAR")), "skymap_filename": params.get("skymap_fits", "").rpartition("/")[2]}
    event["classification"] = {name: p for name in CLASSES if (p := _number(params.get(name))) is not None}
    kind = _kind(params)
    return in_short({"alert_type": kind, "event": None if kind == "RETRACTION" else event})


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


# -- Avro


def to_avro(notice: Record) -> bytes:
    """A notice, its sky maps bytes or in base64, as an Avro object container file of one record with its schema inside."""
    buffer, found = io.BytesIO(), dict(notice)
    library = _fastavro()
    for part, name in SKYMAPS:
        if isinstance(inner := found.get(part), dict):
            found[part] = inner = {**_UNSAID.get(part, {}), **inner}
            if isinstance(text := inner.get(name), str):
                found[part] = inner | {name: base64.b64decode(text)}
            if isinstance(number := inner.get("gcn_notice_id"), int) and not -(2**31) <= number < 2**31:
                found[part] = found[part] | {"gcn_notice_id": str(number)}
    try:
        library.writer(buffer, _schema(), [found], sync_marker=_SYNC)
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        name = str(notice.get("superevent_id"))[:40]
        raise ArchiveError(
            f"a notice of {name} is not as the schema wants it, so Avro cannot hold it: {error}"
        ) from None
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
    notice: Record = _plain(found)
    return notice


def _plain(value: Any) -> Any:
    """What Avro gives, as JSON holds it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


@cache
def _schema() -> Any:
    text = files("igwn_gwalert_schema").joinpath(_SCHEMA).read_text(encoding="utf-8")
    return _in_order(_fastavro().parse_schema(json.loads(text)))


def _in_order(schema: Any) -> Any:
    """A schema whose keys come in one order, which the library leaves to chance: so the same notice has the same bytes."""
    if isinstance(schema, dict):
        return {key: _in_order(schema[key]) for key in sorted(schema)}
    return [_in_order(item) for item in schema] if isinstance(schema, list) else schema


def check_avro() -> None:
    """ArchiveError, with what to install, where notices in Avro cannot be written."""
    _fastavro()


def _fastavro() -> Any:
    try:
        import fastavro
    except ImportError:
        raise ArchiveError(f"notices in Avro need fastavro, which is not installed: {hint('public')}") from None
    return fastavro
