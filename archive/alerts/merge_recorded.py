"""Puts the messages that were heard live in the place of those that were rebuilt, and says which belongs to which."""

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gracetape.alert_lines import what_of
from gracetape.archive.alerts import formats
from gracetape.archive.alerts.alert import Alert
from gracetape.archive.alerts.rebuild import alerts_along, rebuilt_alerts
from gracetape.archive.history.timeline import Position, Timeline
from gracetape.archive.recorded import Record, Recorded
from gracetape.topics import is_public

_HEARD = "heard live"
_Rebuilt = tuple[Alert, Record]  # with its message in the form that was heard


def alerts_of(timeline: Timeline, until: Position | None = None, after: Position | None = None) -> Iterator[Alert]:
    """What the server announced along a time line, in order; messages that were heard live in the place of rebuilt ones.

    Who needs nothing that is placed after `until`, or before `after`, says so, and is spared what takes no part in finding what
    was heard.
    """
    if not timeline.heard:
        return rebuilt_alerts(timeline, until, after)
    return with_places(_in_order(timeline))


@dataclass(frozen=True)
class Pair:
    """One message on one node: as it was heard (None: it was not) and as it was rebuilt (None: it could not be)."""

    node: str
    heard: Recorded | None
    rebuilt: Alert | None

    @property
    def form(self) -> str:
        """The form in which it was heard; `modern` if it was not."""
        return formats.formats_of(self.heard.payload)[0] if self.heard else "modern"


def bare_node(node: str) -> str:
    """A node without the instance that igwn-alert puts before it: `gracedb.cbc_gstlal` is `cbc_gstlal`; a public topic's name is whole."""
    return node if is_public(node) else node.rpartition(".")[2]


def servers_own(heard: Sequence[Recorded]) -> list[Recorded]:
    """Those of some messages that GraceDB sent to its own listeners; the others were for the public."""
    return [message for message in heard if not is_public(message.node)]


def pairs(rebuilt: Sequence[Alert], heard: Sequence[Recorded]) -> list[Pair]:
    """Every message of one object once: the heard ones in order of arrival, then the rebuilt ones that nobody heard."""
    form = formats.formats_of(heard[0].payload)[0] if heard else "modern"
    waiting: dict[Hashable, list[_Rebuilt]] = defaultdict(list)
    for alert in rebuilt:
        if (message := formats.payload(alert, form)) is not None:
            for node in alert.nodes:
                waiting[node, formats.subject_of(message)].append((alert, message))
    arrivals: dict[Hashable, list[Recorded]] = defaultdict(list)
    for message_heard in heard:
        arrivals[_key(message_heard)].append(message_heard)
    partner: dict[int, Alert] = {}
    for key, same in arrivals.items():
        partner |= _aligned(same, waiting[key])
    taken = {(bare_node(h.node), id(partner[id(h)])) for h in heard if id(h) in partner}
    found = [Pair(bare_node(h.node), h, partner.get(id(h))) for h in heard]
    return found + [Pair(node, None, a) for a in rebuilt for node in a.nodes if (node, id(a)) not in taken]


def _key(message: Recorded) -> Hashable:
    return bare_node(message.node), formats.subject_of(message.payload)


def _aligned(heard: Sequence[Recorded], rebuilt: Sequence[_Rebuilt]) -> dict[int, Alert]:
    """Which rebuilt alert is which heard message, among those about the same.

    Those that are equal first; the others in order, or by time where some are lacking.
    """
    found, left = {}, list(rebuilt)
    others: list[Recorded] = []
    for h in heard:
        equal = [one for one in left if formats.without_sending(one[1]) == formats.without_sending(h.payload)]
        if equal:
            found[id(h)] = _taken(left, min(equal, key=lambda one: abs(one[0].created - h.arrived)))
        else:
            others.append(h)
    in_order = len(others) == len(left)
    for h in others[: len(left)]:
        found[id(h)] = _taken(left, left[0] if in_order else min(left, key=lambda one: abs(one[0].created - h.arrived)))
    return found


def _taken(left: list[_Rebuilt], one: _Rebuilt) -> Alert:
    left[:] = [other for other in left if other is not one]
    return one[0]


def merged(rebuilt: Iterable[Alert], heard: Mapping[str, Sequence[Recorded]]) -> Iterator[Alert]:
    """Alerts in order, heard ones as they were heard. `heard`: by the id under which an object is kept."""
    if not any(heard.values()):
        yield from rebuilt
        return
    placed = sorted(_placed(list(rebuilt), heard), key=lambda item: item[0])
    yield from with_places([alert for _, alert in placed])


def _placed(order: Sequence[Alert], heard: Mapping[str, Sequence[Recorded]]) -> Iterator[tuple[datetime, Alert]]:
    """Alerts with the times at which they come, those of no rebuilt one first. None comes before one of its object's before it."""
    mine: dict[str, list[Alert]] = defaultdict(list)
    for alert in order:
        mine[alert.object_id].append(alert)
    instead: dict[int, list[Alert]] = {}
    for graceid, messages in ((graceid, messages) for graceid, messages in heard.items() if messages):
        found, loose = _instead(pairs(mine[graceid], messages), graceid)
        instead |= found
        yield from ((alert.created, alert) for alert in loose)
    latest: dict[str, datetime] = {}
    for alert in order:
        for one in instead.get(id(alert), [alert]):
            when = one.created if one.heard else max(one.created, latest.get(one.object_id, one.created))
            latest[one.object_id] = when
            yield when, one


def _in_order(timeline: Timeline) -> Iterator[Alert]:
    """As `merged`, of the parts of a time line one after the other; held is what may still be preceded by something."""
    waiting: list[tuple[datetime, int, int, int, Alert]] = []
    for part in timeline.parts():
        while waiting and waiting[0][0] < part.begins:
            yield heapq.heappop(waiting)[-1]
        heard = {graceid: servers_own(timeline.histories[graceid].recorded) for graceid in part.objects}
        found = _placed(list(alerts_along(timeline, part.steps)), heard)
        for number, (when, alert) in enumerate(found):
            loose = alert.position is None
            place = timeline.place_of(alert.object_id) if alert.position is None else alert.position.index
            heapq.heappush(waiting, (when, not loose, place, number, alert))
    while waiting:
        yield heapq.heappop(waiting)[-1]


def _instead(found: Sequence[Pair], graceid: str) -> tuple[dict[int, list[Alert]], list[Alert]]:
    """What goes out in the place of each rebuilt alert (by its identity), and what belongs to none."""
    swaps: dict[int, list[Alert]] = defaultdict(list)
    loose: list[Alert] = []
    for pair in found:
        if pair.heard is None and pair.rebuilt is not None:
            kept = swaps[id(pair.rebuilt)]
            if kept and kept[-1].heard is None:
                kept[-1] = replace(kept[-1], nodes=(*kept[-1].nodes, pair.node))
            else:
                kept.append(replace(pair.rebuilt, nodes=(pair.node,)))
        elif pair.heard is not None and pair.rebuilt is not None:
            swaps[id(pair.rebuilt)].append(_as_heard(pair.rebuilt, pair.heard, pair.node))
        elif pair.heard is not None:
            loose.append(alone(pair.heard, pair.node, graceid))
    return swaps, loose


def _as_heard(alert: Alert, heard: Recorded, node: str) -> Alert:
    return replace(
        alert,
        created=heard.arrived,
        nodes=(node,),
        certainty="recorded",
        reason=_HEARD,
        heard=heard.payload,
        heard_text=heard.text,
    )


def alone(heard: Recorded, node: str, graceid: str) -> Alert:
    """A message that no record tells of, as an alert."""
    payload, (kind, _) = heard.payload, formats.subject_of(heard.payload)
    whole = payload.get("object")
    record: Record = whole if isinstance(whole, dict) else {}
    category = "superevent" if formats.of_superevent(graceid) else "event"
    what = what_of(payload)
    return Alert(
        heard.arrived, str(payload.get("uid") or graceid), graceid, kind, payload.get("data"), record, None, (node,), what, category,
        "recorded", _HEARD, heard=payload, heard_text=heard.text,
    )  # fmt: skip


def with_places(alerts: Iterable[Alert]) -> Iterator[Alert]:
    """Alerts that no record tells of are at the moment of the alert before them (the first ones: of the one after)."""
    first: list[Alert] = []
    place: Position | None = None
    for alert in alerts:
        if alert.position is None and place is None:
            first.append(alert)
            continue
        if place is None:
            yield from (replace(one, position=alert.position) for one in first)
            first = []
        if alert.position is None:
            alert = replace(alert, position=place)
        place = alert.position
        yield alert
    yield from first
