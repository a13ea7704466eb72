"""When the public was told: the moments of a superevent's history at which alerts went out, and what tells of each.

A VOEvent, a notice of API v2, a notice's file that gwcelery kept (`S1-preliminary.json`), a label (`GCN_PRELIM_SENT`) may all tell of one
alert; what is of one type and near in time is taken to be one. Labels are asked only where nothing else tells of that type.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gracetape.archive.history.history import History
from gracetape.archive.history.rules import Record, voevent_number
from gracetape.archive.history.steps import Entry
from gracetape.archive.view import FileEntry
from gracetape.archive.voevent_types import VOEVENT_TYPES, VOEventType, voevent_type_of

#: What tells of one alert lies within this time: the VOEvent first, then what was sent, then the label.
_ONE_ALERT = timedelta(seconds=120)
#: Label -> the type (code) of the alert after which gwcelery applies it, or which it sends because of it; whether it is significant.
_BY_LABEL = {
    "EARLY_WARNING": ("EW", True),
    "GCN_PRELIM_SENT": ("PR", True),
    "LOW_SIGNIF_PRELIM_SENT": ("PR", False),
    "ADVOK": ("IN", True),
    "ADVNO": ("RE", True),
}
#: Those that are applied when the alert is out; the others are what asks for one.
_SENT = frozenset({"GCN_PRELIM_SENT", "LOW_SIGNIF_PRELIM_SENT"})
#: gwcelery keeps what it sent under this name, once for each broker's form.
_KEPT = re.compile(r"[A-Z]\w++-(earlywarning|preliminary|initial|update|retraction)\.(?:json|avro)")
_TYPES = {row.name: row for row in VOEVENT_TYPES.values()}


@dataclass(frozen=True)
class Moment:
    """An alert to the public: the history's index just after the entry that tells of it, that entry, the alert's type.

    `significant` as far as a record says it (None: it does not), `voevent` the VOEvent's record and `notices` the files of what was
    sent. `certainty` and `reason`: how surely anything was sent at all.
    """

    index: int
    entry: Entry
    type: VOEventType
    significant: bool | None = None
    voevent: Record | None = None
    notices: tuple[FileEntry, ...] = ()
    label: str = ""
    certainty: str = "exact"
    reason: str = ""


def moments_of(history: History) -> list[Moment]:
    """The alerts of a superevent to the public, in order; of an event, none."""
    if history.category != "superevent":
        return []
    found: list[Moment] = []
    for told in (*_voevents(history), *_notices(history)):
        # What was sent is kept after it went out: the last one before it comes first, then the next one after it.
        near = [i for i in range(len(found)) if _one(found[i], told)]
        before = [i for i in near if found[i].index <= told.index]
        if not near:
            found.append(told)
        else:
            at = before[-1] if before else near[0]
            found[at] = _both(found[at], told)
    found += _labels(history, {moment.type.code for moment in found})
    found.sort(key=lambda moment: moment.index)
    return found


def _voevents(history: History) -> Iterator[Moment]:
    """The VOEvents that were not for members alone; where all are marked so, as clients do unless told otherwise, all, as a guess."""
    told: list[Moment] = []
    for index, entry in enumerate(history.entries, start=1):
        if entry.act.name != "voevent":
            continue
        n = voevent_number(entry.record) or entry.act.params.get("n")
        record = history.view.one("voevent", n) if n is not None else None
        code = str((record or {}).get("voevent_type") or voevent_type_of(entry.record.get("filename") or ""))
        if code not in VOEVENT_TYPES:
            continue
        significant = (record or {}).get("significant")
        said = significant if isinstance(significant, bool) else None
        told.append(Moment(index, entry, VOEVENT_TYPES[code], said, record))
    public = [moment for moment in told if not (moment.voevent or {}).get("internal")]
    if public:
        yield from public
        return
    why = "its VOEvents are marked as internal, as clients mark them unless told otherwise"
    yield from (replace(moment, certainty="guessed", reason=why) for moment in told)


def _notices(history: History) -> Iterator[Moment]:
    """What was sent and kept: notices of API v2, and the files that gwcelery uploads after sending."""
    files = {(file.name, file.version): file for file in history.view.files()}
    records = {(r.get("filename"), r.get("file_version")): r for r in history.view.records("notice")}
    for index, entry in enumerate(history.entries, start=1):
        name, version = entry.record.get("filename"), entry.record.get("file_version")
        file = files.get((str(name), version if isinstance(version, int) else 0))
        if (record := records.get((name, version))) is not None:
            code = str(record.get("notice_type"))
            if code in VOEVENT_TYPES:
                said = record.get("significant")
                significant = said if isinstance(said, bool) else None
                yield Moment(index, entry, VOEVENT_TYPES[code], significant, notices=(file,) if file else ())
        elif isinstance(name, str) and (match := _KEPT.fullmatch(name)):
            yield Moment(index, entry, _TYPES[match[1]], notices=(file,) if file else ())


def _one(one: Moment, other: Moment) -> bool:
    """Whether two tell of one alert: of the same type, near in time, and neither says by itself what the other says."""
    near = abs(one.entry.created - other.entry.created) <= _ONE_ALERT
    known = {file.name for file in one.notices}
    forms = not any(file.name in known for file in other.notices)
    numbered = sum(file.name.partition("-")[2][:1].isdecimal() for file in (*one.notices, *other.notices)) < 2
    return one.type is other.type and near and other.voevent is None and forms and numbered


def _both(one: Moment, other: Moment) -> Moment:
    """One alert, of which two things tell; what is known to have been sent makes sure of a guess."""
    sure = other.certainty == "exact"
    return replace(
        one,
        significant=one.significant if one.significant is not None else other.significant,
        notices=(*one.notices, *other.notices),
        certainty="exact" if sure else one.certainty,
        reason="" if sure else one.reason,
    )


def _labels(history: History, known: set[str]) -> Iterator[Moment]:
    """What labels alone tell of: alerts of types that nothing else tells of."""
    sent = bool(known)
    for index, entry in enumerate(history.entries, start=1):
        label = next((name for name in _applied(entry) if name in _BY_LABEL), None)
        if label is None:
            continue
        code, significant = _BY_LABEL[label]
        if code in known or (label not in _SENT and known) or (code == "RE" and not sent):
            continue
        certainty = "inferred" if label in _SENT else "guessed"
        why = f"only the label {label} tells of it"
        yield Moment(index, entry, VOEVENT_TYPES[code], significant, None, (), label, certainty, why)
        sent = True
        if label == "GCN_PRELIM_SENT" and (again := _second(history, index)) is not None:
            why = "what was copied after the superevent was cleaned up is taken to have been sent"
            yield Moment(again, history.entries[again - 1], VOEVENT_TYPES[code], True, None, (), label, "guessed", why)


def _applied(entry: Entry) -> Iterator[str]:
    """The labels that an entry tells of having been applied: by somebody, or by a signoff."""
    for row in entry.act.rule.causes:
        if row.alert_type == "label_added" and row.when(entry.act.params):
            yield str(row.key(entry.act.params))


_CLEANED = "Superevent cleaned up after first preliminary alert"


def _second(history: History, index: int) -> int | None:
    """The index just after the last file that was copied for the second preliminary alert; None if there was none."""
    entries: Sequence[Entry] = history.entries
    cleaned = next(
        (i for i in range(index, len(entries)) if str(entries[i].record.get("comment")).strip() == _CLEANED), None
    )
    if cleaned is None:
        return None
    copied = [
        i + 1
        for i in range(cleaned, len(entries))
        if entries[i].created - entries[cleaned].created <= _ONE_ALERT
        and " copied from " in str(entries[i].record.get("comment"))
    ]
    return max(copied, default=None)
