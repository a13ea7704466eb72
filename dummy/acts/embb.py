"""EMBB event logs: what follow-up groups reported before there were EM observations. Announced, but not logged."""

from collections.abc import Collection, Mapping
from typing import Any

from gracetape.bounded_json import read_json
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.problems import Problem, Style
from gracetape.dummy.refusals import refused
from gracetape.dummy.server_settings import EEL_STATUSES, OBS_STATUSES, WAVEBANDS
from gracetape.dummy.source import Record
from gracetape.reading_limits import LIMITS

_TEXTS = ("instrument", "footprintID", "comment", "extra_info_dict")
#: Lists of a report, and the number that covers each: (list of centres, list of widths or durations, centre, width).
_COVERED = (
    ("raList", "raWidthList", "ra", "raWidth"),
    ("decList", "decWidthList", "dec", "decWidth"),
    ("gpstimeList", "durationList", "gpstime", "duration"),
)


def write(writer: Writer, subject: Subject, given: Mapping[str, Any], groups: Collection[str]) -> Record:
    """Record a report of one of `groups`. `given` holds its fields: group, waveband, codes of status, texts, and lists as texts with commas.

    Problem (400) if group, waveband or a status is none that the server knows, or a list cannot be read.
    """
    if given.get("group") not in groups:
        raise refused("mou_group")
    n = writer.tx.next_n(subject.graceid, "embb")
    record: Record = {
        "N": n, "self": subject.links.embb(n), "created": writer.created, "submitter": writer.user,
        "group": given["group"], "waveband": _choice(given, "waveband", WAVEBANDS, "a waveband"),
        "eel_status": EEL_STATUSES[_choice(given, "eel_status", EEL_STATUSES, "an EEL status.")],
        "obs_status": OBS_STATUSES[_choice(given, "obs_status", OBS_STATUSES, "an observation status.")],
    }  # fmt: skip
    record |= {name: str(given.get(name) or "") for name in _TEXTS}
    for centres, widths, centre, width in _COVERED:
        record |= {name: _numbers(given, name) for name in (centres, widths)}
        record |= _covering(record[centres], record[widths], centre, width)
    subject.put("embb", n, record)
    writer.record(subject, "embb_event_log", n=n)
    return record


def _choice(given: Mapping[str, Any], name: str, known: Mapping[str, str], wanted: str) -> str:
    chosen = str(given.get(name))
    if chosen not in known:
        raise Problem(400, f"Please specify {wanted}", Style.TEXT)
    return chosen


def _numbers(given: Mapping[str, Any], name: str) -> list[float]:
    try:
        found = [float(value) for value in read_json(f"[{given.get(name) or ''}]")]
    except (ValueError, TypeError, OverflowError):
        raise Problem(400, f"Cannot read {name}: {str(given.get(name))[:200]}", Style.TEXT) from None
    if len(found) > LIMITS.field_values:
        raise Problem(400, f"{name} has more than {LIMITS.field_values} values", Style.TEXT)
    return found


def _covering(centres: list[float], widths: list[float], centre: str, width: str) -> dict[str, float | None]:
    """The smallest range around all; a lone width goes with every centre."""
    if not centres:
        return {centre: None, width: None}
    each = widths * len(centres) if len(widths) == 1 else widths
    if len(each) != len(centres):
        raise Problem(400, f"There are {len(centres)} values of {centre}, but {len(widths)} of {width}", Style.TEXT)
    low = min(c - w / 2 for c, w in zip(centres, each, strict=True))
    high = max(c + w / 2 for c, w in zip(centres, each, strict=True))
    return {centre: (low + high) / 2, width: high - low}
