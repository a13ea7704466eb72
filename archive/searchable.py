"""What a query can ask of an object, taken from its record: the values of its rows in the search tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gracetape.errors import GracetapeError
from gracetape.times import parse_time

Record = dict[str, Any]

#: Bits of `hidden`: what a query leaves out unless it asks for it.
TEST, MDC = 1, 2

#: Name in an event's extra_attributes, in lower case -> how its columns are named in `search_attributes`.
SHORT = {
    "singleinspiral": "si", "coincinspiral": "ci", "multiburst": "mb", "lalinferenceburst": "li", "mlyburst": "ml",
    "siminspiral": "inj",
}  # fmt: skip
#: Files give single inspirals dozens of columns that they leave at 0 or empty. Such values are kept of these only, which
#: are those that the server has indexes for.
_ALWAYS = frozenset("ifo search channel mass1 mass2 mchirp mtotal snr chisq eff_distance".split())
#: Texts are cut there, as the server's own columns are.
_LONGEST_TEXT = 200
_CATEGORIES = {"Test": TEST, "MDC": MDC}
_DAY = re.compile(r"[TM]?S(\d{6})")


@dataclass(frozen=True)
class Subject:
    """An object as its search rows are made: `seq` of its first capture, `composed` if it repeats other objects as they are."""

    object: str
    category: str
    seq: int
    composed: bool
    record: Record
    exposed: bool = False


def event_row(subject: Subject) -> dict[str, Any]:
    """A row of `search_events`."""
    record = subject.record
    hidden = TEST * (record.get("group") == "Test") | MDC * (record.get("search") == "MDC")
    texts = {
        name: text_of(record.get(name)) for name in ("pipeline", "search", "instruments", "superevent", "replay_id")
    }
    numbers = {name: _number(record.get(name)) for name in ("gpstime", "far", "nevents", "likelihood")}
    return texts | numbers | {
        "object": subject.object, "seq": subject.seq, "hidden": hidden, "number": int(subject.object[1:]),
        "created": _posix(record.get("created")), "group_name": text_of(record.get("group")),
        "submitter": _who(record.get("submitter")), "offline": int(bool(record.get("offline"))),
    }  # fmt: skip


def superevent_row(subject: Subject) -> dict[str, Any]:
    """A row of `search_superevents`; its far is that of the record."""
    record, preferred, day = subject.record, text_of(subject.record.get("preferred_event")), _DAY.match(subject.object)
    numbers = {
        name: _number(record.get(name))
        for name in ("t_start", "t_0", "t_end", "time_coinc_far", "space_coinc_far", "far")
    }
    return numbers | {
        "object": subject.object, "seq": subject.seq, "composed": int(subject.composed),
        "hidden": _CATEGORIES.get(str(record.get("category")), 0), "gw_id": text_of(record.get("gw_id")),
        "day": day and ("19" if day[1] >= "80" else "20") + day[1], "created": _posix(record.get("created")),
        "preferred_event": preferred, "preferred_number": _number_of(preferred or ""),
        "submitter": _who(record.get("submitter")), "is_exposed": int(subject.exposed), "em_type": text_of(record.get("em_type")),
    }  # fmt: skip


def members(subject: Subject) -> Iterator[tuple[int, str, str]]:
    """The events of a superevent: (number, graceid, superevent)."""
    for graceid in [*in_list(subject.record.get("gw_events")), *in_list(subject.record.get("em_events"))]:
        if (number := _number_of(str(graceid))) is not None:
            yield number, text_of(str(graceid)) or "", subject.object


def attributes(subject: Subject) -> Iterator[tuple[str, Any, str, int]]:
    """The values of extra_attributes: (`si.snr`, value, graceid, which single inspiral)."""
    extra = subject.record.get("extra_attributes")
    for table, found in extra.items() if isinstance(extra, dict) else ():
        table = SHORT.get(str(table).lower(), str(table).lower())
        for line, values in enumerate(found if isinstance(found, list) else [found]):
            for name, value in values.items() if isinstance(values, dict) else ():
                column = str(name).lower()
                kept = _number(value) if isinstance(value, (int, float)) else text_of(value)
                if kept or (kept is not None and (table != "si" or column in _ALWAYS)):
                    yield (
                        text_of(f"{table}.{column}") or "",
                        str(kept)[:_LONGEST_TEXT] if isinstance(kept, str) else kept,
                        subject.object,
                        line,
                    )


def in_list(value: Any) -> list[Any]:
    """The items of a list, or the names of an object; nothing of what is neither."""
    return list(value) if isinstance(value, (list, dict)) else []


def _number_of(graceid: str) -> int | None:
    digits = graceid[1:]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def text_of(value: Any) -> str | None:
    """A text that SQLite can keep: without halves of surrogate pairs, which JSON can spell."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else None


def _who(value: Any) -> str | None:
    return text_of(value.get("username")) if isinstance(value, dict) else text_of(value)


def _posix(value: Any) -> float | None:
    try:
        return parse_time(str(value)).timestamp()
    except GracetapeError:
        return None
