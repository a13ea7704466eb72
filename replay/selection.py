"""Which alerts of a timeline a replay sends: cutoffs, the start, the latest time, the format and the certainty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gracetape.archive import Alert, History, Position, Timeline
from gracetape.errors import BadRequest, GracetapeError
from gracetape.times import as_utc

#: Certainties of what follows from the records without any assumption.
CERTAIN = ("recorded", "exact")


@dataclass(frozen=True)
class Wanted:
    """What a replay was asked for.

    `cutoffs` by graceid: the last log entry (N) whose messages are sent; `cut_all`: such a cutoff is the end for all
    objects. `start`: the graceid and the first log entry. `until`: UTC. `objects`: whose alerts (None: everybody's).
    """

    objects: Sequence[str] | None = None
    cutoffs: Mapping[str, int] = field(default_factory=dict)
    cut_all: bool = False
    start: tuple[str, int] | None = None
    until: datetime | None = None
    format: str = "modern"
    certain_only: bool = False


def select(timeline: Timeline, wanted: Wanted) -> list[Alert]:
    """The wanted alerts in order; BadRequest if a cutoff or the start is not an entry of that object's log."""
    ends = _ends(timeline, wanted)
    objects = timeline.histories.keys() if wanted.objects is None else set(wanted.objects)
    start = _begin(timeline, wanted)
    until = as_utc(wanted.until) if wanted.until else None

    def fits(alert: Alert) -> bool:
        position = _position(alert)
        return (
            alert.object_id in objects
            and position <= ends.get(alert.object_id, timeline.end)
            and (start is None or position > start)
            and (until is None or alert.created <= until)
            and (not wanted.certain_only or alert.certainty in CERTAIN)
            and alert.payload(wanted.format) is not None
        )

    return [alert for alert in timeline.alerts() if fits(alert)]


def before(alert: Alert) -> Position:
    """The moment just before what an alert tells of."""
    return Position(max(0, _position(alert).index - 1))


def mentions(history: History) -> set[str]:
    """The graceids that an object's record and log tie it to: a superevent's events, past ones too; an event's superevents."""
    record = history.final
    names = {record.get("superevent"), record.get("preferred_event")}
    names.update(record.get("gw_events") or (), record.get("em_events") or ())
    for entry in history.entries:
        params = entry.act.params
        names.update(params.get(name) for name in ("graceid", "preferred_event", "superevent"))
        names.update(params.get("events") or ())
        names.update(old for name, old, _ in params.get("changes") or () if name == "preferred_event")
    return {name for name in names if isinstance(name, str)} - {history.graceid}


def _ends(timeline: Timeline, wanted: Wanted) -> dict[str, Position]:
    """The last moment of each object whose messages end early."""
    own = {graceid: moment_of(timeline, graceid, n) for graceid, n in wanted.cutoffs.items()}
    if wanted.cut_all and own:
        return dict.fromkeys(timeline.histories, min(own.values()))
    ends: dict[str, Position] = {}
    for graceid, position in own.items():
        history = timeline.histories[graceid]
        if history.category == "superevent":
            for member in mentions(history) & timeline.histories.keys():
                ends[member] = min(position, ends.get(member, position))
    return ends | own


def _begin(timeline: Timeline, wanted: Wanted) -> Position | None:
    """The moment after which messages are sent; None: from the beginning."""
    if wanted.start is None:
        return None
    graceid, n = wanted.start
    position = moment_of(timeline, graceid, n)
    if n > (cutoff := wanted.cutoffs.get(graceid, n)):
        raise BadRequest(f"{graceid} would start at log entry {n}, after its cutoff {cutoff}")
    return Position(position.index - 1)


def moment_of(timeline: Timeline, graceid: str, n: int) -> Position:
    """The moment just after a log entry; BadRequest, naming the id and its last entry, if there is none such."""
    last = timeline.histories[graceid].last_n
    if last == 0:
        raise BadRequest(f"{graceid} has no log entries, so none can be named by {n}")
    try:
        return timeline.at(graceid, n)
    except GracetapeError as error:
        raise BadRequest(str(error)) from None


def _position(alert: Alert) -> Position:
    if alert.position is None:
        raise ValueError(f"the alert {alert.alert_type} of {alert.graceid} has no place on a timeline")
    return alert.position


def only_one(histories: Mapping[str, History], option: str, write: Callable[[str], str]) -> str:
    """The object that an option without an id is about: the only superevent, or the only object; BadRequest otherwise."""
    superevents = [graceid for graceid, history in histories.items() if history.category == "superevent"]
    for names in (superevents, list(histories)):
        if len(names) == 1:
            return names[0]
    if not histories:
        raise BadRequest(f"the archive is empty: there is nothing that {option} could be about")
    some = superevents or list(histories)
    kind = "superevents" if superevents else "objects"
    raise BadRequest(f"{option} could be about any of {len(some)} {kind} here: write {write(some[0])}")
