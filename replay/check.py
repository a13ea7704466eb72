"""Compares the messages rebuilt from an object's records with those that were heard live, field by field."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gracetape import notices
from gracetape.archive import Alert, Archive, ArchiveError, Recorded, Timeline, parse_ref, rebuilt_alerts
from gracetape.archive.alerts import formats
from gracetape.archive.alerts.merge_recorded import Pair, pairs, servers_own
from gracetape.archive.alerts.notices.documents import params_of
from gracetape.archive.alerts.notices.heard import fits, public_messages, sent_at
from gracetape.archive.alerts.notices.public_alert import PublicAlert
from gracetape.archive.alerts.notices.public_alerts import rebuilt_public_alerts
from gracetape.replay.prepare import histories_of
from gracetape.replay.skymap_differences import difference
from gracetape.shown import printable
from gracetape.times import iso_time

#: Where notices hold sky maps.
SKYMAP_FIELDS = frozenset(f"{part}.{name}" for part, name in notices.SKYMAPS)
Verdict = Literal["equal", "differs", "missing", "extra"]


@dataclass(frozen=True)
class Difference:
    """A field (a path such as `object.labels.2`) that was rebuilt otherwise than it was heard; None: not there."""

    field: str
    rebuilt: Any
    recorded: Any


@dataclass(frozen=True)
class Checked:
    """A message: `missing` if it was heard but not rebuilt, `extra` if rebuilt but not heard."""

    verdict: Verdict
    node: str
    alert_type: str
    time: str
    n: int | None
    what: str
    certainty: str
    fields: int
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Report:
    """All messages of one object on the nodes that were listened to."""

    graceid: str
    messages: tuple[Checked, ...]

    def count(self, *verdicts: Verdict) -> int:
        return sum(message.verdict in verdicts for message in self.messages)

    @property
    def score(self) -> float:
        """The share of fields that were rebuilt as they were heard; every field of a missing or extra message counts against it."""
        fields = sum(message.fields for message in self.messages)
        wrong = sum(len(m.differences) if m.verdict in ("equal", "differs") else m.fields for m in self.messages)
        return 1 - wrong / fields if fields else 1.0

    @property
    def faithful(self) -> bool:
        return self.count("equal") == len(self.messages)


def check(archive: Archive, ref: str) -> Report:
    """Compare an object's rebuilt messages with its recorded ones; ArchiveError if it has none of these."""
    capture = archive.capture(ref)
    timeline = Timeline(list(histories_of(archive, {capture.object: parse_ref(ref)}).values()))
    heard = timeline.histories[capture.object].recorded
    if not heard:
        raise ArchiveError(
            f"no messages were recorded about {capture.object}: `gracetape archive add-alerts {capture.object} FILE.jsonl` "
            "adds those of a file"
        )
    public = tuple(checked_notices(timeline, capture.object, heard))
    if not (own := servers_own(heard)):
        return Report(capture.object, public)
    rebuilt = [alert for alert in rebuilt_alerts(timeline) if alert.object_id == capture.object]
    found = pairs(rebuilt, own)
    nodes = {pair.node for pair in found if pair.heard}
    form = found[0].form
    checked = (_checked(pair, form) for pair in found if pair.node in nodes)
    return Report(capture.object, (*(one for one in checked if one is not None), *public))


def checked_notices(timeline: Timeline, graceid: str, heard: Sequence[Recorded]) -> Iterator[Checked]:
    """What the public was told, compared: each message that was heard with the one that the records give of its type and time."""
    for format in ("gwalert", "voevent"):
        messages = [message for message in public_messages(heard) if fits(message, format)]
        nodes = {message.node for message in messages}  # of topics that nobody listened to, nothing is known
        left = rebuilt_public_alerts(timeline, graceid, format) if messages else []
        left = [alert for alert in left if nodes & set(alert.nodes)]
        for message in messages:
            kind, when = notices.about(message.payload)[1], sent_at(message)
            same = [alert for alert in left if alert.alert_type == kind]
            alert = min(same, key=lambda one: abs(one.created - when), default=None)
            left = [one for one in left if one is not alert]
            recorded = _comparable(message.payload)
            differences = tuple(compare(_comparable(_sent(alert, format)), recorded)) if alert is not None else ()
            verdict: Verdict = "missing" if alert is None else "differs" if differences else "equal"
            yield _of_notice(verdict, message, alert, recorded, differences)
        yield from (_of_notice("extra", None, alert, _comparable(_sent(alert, format)), ()) for alert in left)


def _sent(alert: PublicAlert, format: str) -> dict[str, Any]:
    """A message as it is kept when it is heard."""
    payload = alert.payload(format)
    return {"text": payload} if isinstance(payload, str) else payload


def _comparable(payload: dict[str, Any]) -> dict[str, Any]:
    """A notice as it is; a VOEvent as its parameters, and what it cites."""
    document = notices.document_of(payload)
    if document is None:
        return payload
    cited = re.findall(r">(ivo://[^<]{1,200})</EventIVORN>", document)
    return {"alert_type": notices.about(payload)[1], **params_of(document.encode()), "cited": cited}


def _of_notice(
    verdict: Verdict,
    message: Recorded | None,
    alert: PublicAlert | None,
    told: dict[str, Any],
    differences: tuple[Difference, ...],
) -> Checked:
    when = message.arrived if message is not None else alert.created if alert is not None else None
    node = message.node if message is not None else alert.nodes[0] if alert is not None else ""
    return Checked(
        verdict, node, str(told.get("alert_type")), iso_time(when) if when else "", alert.n if alert else None,
        printable(alert.what if alert else ""), alert.certainty if alert else "", sum(1 for _ in _leaves(told)), differences,
    )  # fmt: skip


def _checked(pair: Pair, form: str) -> Checked | None:
    """One message compared; None for one that its form had no message for."""
    message = pair.rebuilt.payload(form) if pair.rebuilt else None
    if pair.heard is None:
        if pair.rebuilt is None or message is None:
            return None
        return _about("extra", pair, pair.rebuilt, message, ())
    if message is None:
        return _about("missing", pair, pair.rebuilt, pair.heard.payload, ())
    differences = tuple(compare(formats.without_sending(message), formats.without_sending(pair.heard.payload)))
    return _about("differs" if differences else "equal", pair, pair.rebuilt, pair.heard.payload, differences)


def _about(
    verdict: Verdict, pair: Pair, alert: Alert | None, message: Any, differences: tuple[Difference, ...]
) -> Checked:
    when = pair.heard.arrived if pair.heard else alert.created if alert else None
    return Checked(
        verdict, pair.node, str(message.get("alert_type")), iso_time(when) if when else "",
        alert.n if alert else None, printable(alert.what if alert else ""), alert.certainty if alert else "",
        sum(1 for _ in _leaves(formats.without_sending(message))), differences,
    )  # fmt: skip


def compare(rebuilt: Any, recorded: Any, path: str = "") -> Iterator[Difference]:
    """The fields in which two JSON values differ; sky maps by the probabilities of their pixels."""
    if path in SKYMAP_FIELDS and isinstance(rebuilt, str) and isinstance(recorded, str):
        if (apart := difference(rebuilt, recorded)) is not None:
            yield Difference(path, apart, f"{len(recorded)} characters")
        return
    if isinstance(rebuilt, dict) and isinstance(recorded, dict):
        for key in dict.fromkeys([*recorded, *rebuilt]):
            yield from compare(rebuilt.get(key), recorded.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(rebuilt, list) and isinstance(recorded, list) and len(rebuilt) == len(recorded):
        for i, (left, right) in enumerate(zip(rebuilt, recorded, strict=True)):
            yield from compare(left, right, f"{path}.{i}")
    elif rebuilt != recorded or isinstance(rebuilt, bool) != isinstance(recorded, bool):
        yield Difference(path, rebuilt, recorded)


def _leaves(value: Any) -> Iterator[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not items:
        yield value
    for item in items:
        yield from _leaves(item)
