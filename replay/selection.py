"""Which alerts of a timeline a replay sends: cutoffs, the start, the latest time, the format and the certainty."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import merge
from os import PathLike

from gracetape.archive import Alert, Archive, History, Position, Recorded, Timeline, alerts_of
from gracetape.archive.alerts.alert import FORMATS
from gracetape.archive.alerts.heard import heard_alerts
from gracetape.archive.alerts.merge_recorded import servers_own, with_places
from gracetape.archive.alerts.notices.heard import fits, form_of, heard_alert, public_messages
from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS, public_forms
from gracetape.archive.history.mentions import mentions as mentions
from gracetape.errors import BadRequest, GracetapeError
from gracetape.ids import Ref, category_of, is_graceid
from gracetape.progress import progress
from gracetape.replay.spread import offsets
from gracetape.times import as_utc

#: Certainties of what follows from the records without any assumption.
CERTAIN = ("recorded", "exact")


@dataclass(frozen=True)
class Wanted:
    """What of each tape is to be played.

    `cutoff`: nothing that the server sent after log entry N of each named object (of the only superevent, or only object, if
    none is named). `start`: begin at log entry N. `until`: UTC. `spread`: when the messages of one second come. `format`: the
    messages of GraceDB in one of FORMATS, or the notices of the public in one of PUBLIC_FORMATS.
    """

    cutoff: int | None = None
    start: int | None = None
    until: datetime | None = None
    format: str = "modern"
    certain_only: bool = False
    spread: str = "as-recorded"

    def __post_init__(self) -> None:
        if self.format not in FORMATS and not self.public_forms:
            known = f"{', '.join(FORMATS)}, or for the public {', '.join(PUBLIC_FORMATS)} (or some of these, by commas)"
            raise BadRequest(f"there is no message format {self.format!r}: use {known}")

    @property
    def public_forms(self) -> tuple[str, ...]:
        """The forms in which what the public was told is wanted; none if what GraceDB's own listeners heard is."""
        return public_forms(self.format)

    @property
    def public(self) -> bool:
        """Whether what the public was told is wanted, not what GraceDB's own listeners were."""
        return bool(self.public_forms)


class Selection:
    """The alerts of a tape that are played, in order, each held once, with their seconds since `born` (UTC).

    `timeline` is the one that they lie on, `source` the archive that it is of (open, or its path); `end`, if what comes after
    it on the time line will never be. `others`: how many messages each other format has that the one that was asked for lacks.
    """

    def __init__(
        self,
        alerts: Sequence[Alert],
        *,
        timeline: Timeline | None = None,
        source: Archive | str | PathLike[str] | None = None,
        end: Position | None = None,
        spread: str = "as-recorded",
        others: Mapping[str, int] | None = None,
    ) -> None:
        self.alerts = alerts
        self.others = others or {}
        self.timeline, self.source, self.end = timeline, source, end
        born, self.offsets = offsets([alert.created for alert in alerts], spread)
        self.born = born if born is not None else datetime(1980, 1, 6, tzinfo=UTC)

    def __repr__(self) -> str:
        return f"<Selection of {len(self)} alerts, {self.duration_s:.0f} s>"

    @property
    def origin(self) -> str:
        """The path of the archive, for telling selections from one of those from another."""
        return str(getattr(self.source, "path", self.source))

    def left_out(self) -> str:
        """What to say of messages that another format has; '' if there is nothing to say."""
        if not self.others:
            return ""
        form, count = max(self.others.items(), key=lambda item: item[1])
        messages = "1 message is" if count == 1 else f"{count} messages are"
        return f"{messages} of another form: --format {form} plays {'it' if count == 1 else 'them'}"

    @property
    def duration_s(self) -> float:
        """Seconds from the beginning to the last message."""
        return self.offsets[-1] if self.offsets else 0.0

    @property
    def messages(self) -> int:
        """How many messages the alerts are: one per node."""
        return sum(len(alert.nodes) for alert in self.alerts)

    def index_after(self, position: Position) -> int:
        """The first alert that tells of something at or after a moment of the timeline."""
        return next((i for i, a in enumerate(self.alerts) if a.position is None or a.position >= position), len(self))

    def __len__(self) -> int:
        return len(self.alerts)


def select(
    timeline: Timeline,
    refs: Mapping[str, Ref],
    wanted: Wanted,
    source: Archive | str | PathLike[str] | None = None,
    heard: Mapping[str, Sequence[Recorded]] | None = None,
) -> Selection:
    """The wanted alerts of the named objects (of all, if none is named), `refs` by graceid.

    `heard`: the messages of objects that were never captured. Raises BadRequest if a cutoff or the start is not an entry of that
    object's log.
    """
    if heard and not (timeline.histories and (refs.keys() & timeline.histories.keys() or not refs)):
        return _of_format(select_heard(heard, refs, wanted), timeline, wanted, source)
    told = {graceid: ref for graceid, ref in refs.items() if graceid in timeline.histories}
    alerts = _told(timeline, told, wanted)
    if heard:
        others = Wanted(until=wanted.until, format=wanted.format) if not refs else wanted
        loud = select_heard(heard, refs, others)
        if not refs and (
            wanted.cutoff is not None or wanted.start is not None
        ):  # what is played of the one object bounds all
            loud = [alert for alert in loud if alerts and alerts[0].created <= alert.created <= alerts[-1].created]
        alerts = list(with_places(list(merge(alerts, loud, key=lambda alert: alert.created))))
    return _of_format(alerts, timeline, wanted, source)


def _of_format(
    alerts: Sequence[Alert], timeline: Timeline, wanted: Wanted, source: Archive | str | PathLike[str] | None
) -> Selection:
    """Those that have a message of the wanted format, and how many the others have: where no message is left, or was heard so."""
    if wanted.public:  # made or chosen in their forms, each of which is much to write
        return Selection(alerts, timeline=timeline, source=source, spread=wanted.spread)
    kept, left = list[Alert](), list[Alert]()
    for alert in alerts:
        (left if alert.payload(wanted.format) is None else kept).append(alert)
    others = Counter[str]()
    for alert in left:
        if alert.heard is not None or not kept:
            others.update(dict.fromkeys((f for f in FORMATS if alert.payload(f) is not None), len(alert.nodes)))
    return Selection(kept, timeline=timeline, source=source, spread=wanted.spread, others=others)


def _told(timeline: Timeline, refs: Mapping[str, Ref], wanted: Wanted) -> list[Alert]:
    """The wanted alerts of objects that have a history."""
    cutoffs = cutoffs_of(timeline, refs, wanted.cutoff)
    ends = ends_of(timeline, cutoffs, cut_all=not refs)
    objects = refs.keys() or timeline.histories.keys()
    start = _begin(timeline, refs, wanted.start, cutoffs)
    until = as_utc(wanted.until) if wanted.until else None

    def fits(alert: Alert) -> bool:
        position = _position(alert)
        return (
            alert.object_id in objects
            and position <= ends.get(alert.object_id, timeline.end)
            and (start is None or position > start)
            and (until is None or alert.created <= until)
            and (not wanted.certain_only or alert.certainty in CERTAIN)
        )

    latest = max((ends.get(graceid, timeline.end) for graceid in objects), default=timeline.end)
    if wanted.public:
        from gracetape.archive.alerts.notices.public_alerts import public_alerts  # which reads XML, and few want it

        of_each = (public_alerts(timeline, form, latest) for form in wanted.public_forms)
        rebuilt: Iterable[Alert] = merge(*of_each, key=lambda alert: alert.created)
    else:
        rebuilt = alerts_of(timeline, latest)
    with progress("rebuilding alerts", latest.index, "entries") as done:

        def told() -> Iterator[Alert]:
            for alert in rebuilt:
                done.done = _position(alert).index
                yield alert

        return [alert for alert in told() if fits(alert)]


def select_heard(heard: Mapping[str, Sequence[Recorded]], refs: Mapping[str, Ref], wanted: Wanted) -> list[Alert]:
    """The wanted messages of objects that were only heard, as alerts in order of arrival.

    A cutoff is the last message that tells of log entry N or an earlier one, the start the first that tells of N or a later one; of
    the only superevent, or only object, where none is named. BadRequest if no message of it tells of any log entry.
    """
    until = as_utc(wanted.until) if wanted.until else None
    alerts = [
        replace(alert, position=alert.position or Position(0))
        for alert in _heard(heard, wanted)
        if until is None or alert.created <= until
    ]
    first = _bounds(alerts, heard, refs, "--start", wanted.start)
    last = _bounds(alerts, heard, refs, "--cutoff", wanted.cutoff)
    return [
        alert
        for alert in alerts
        if first.get(alert.object_id, alert.created) <= alert.created <= last.get(alert.object_id, alert.created)
    ]


def _heard(heard: Mapping[str, Sequence[Recorded]], wanted: Wanted) -> list[Alert]:
    """Messages as alerts: what the public was told, or what GraceDB's own listeners were; where nothing but the former was heard, that."""
    found: dict[str, list[Recorded]] = {graceid: servers_own(messages) for graceid, messages in heard.items()}
    if not wanted.public and (any(found.values()) or not any(heard.values())):
        return heard_alerts(found)
    public = [
        replace(heard_alert(message, graceid), form=form)
        for graceid, messages in heard.items()
        for message in public_messages(messages)
        for form in (wanted.public_forms if wanted.public else (form_of(message) or "",))
        if fits(message, form)
    ]
    return sorted(public, key=lambda alert: alert.created)


def _bounds(
    alerts: Sequence[Alert],
    heard: Mapping[str, Sequence[Recorded]],
    refs: Mapping[str, Ref],
    option: str,
    n: int | None,
) -> dict[str, datetime]:
    """When the first (`--start`) or last (`--cutoff`) message of each object comes that is bounded by a log entry."""
    last = option == "--cutoff"
    if not refs and n is not None:
        names = {graceid: category_of(graceid) for graceid in heard if is_graceid(graceid)}
        graceid = only_one(names, f"{option} {n}", lambda name: f"{name}:{n}" if last else f"{name} {option} {n}")
        return dict.fromkeys(heard, _when(alerts, graceid, n, last=last))
    own = {
        graceid: ref.cutoff if last and ref.cutoff is not None else n
        for graceid, ref in refs.items()
        if graceid in heard
    }
    return {graceid: _when(alerts, graceid, entry, last=last) for graceid, entry in own.items() if entry is not None}


def _when(alerts: Sequence[Alert], graceid: str, n: int, *, last: bool) -> datetime:
    """When the last message came that tells of an entry up to `n`, or the first one of `n` or later."""
    told = [alert for alert in alerts if alert.object_id == graceid and alert.n is not None]
    fit = (
        [alert.created for alert in told if (alert.n or 0) <= n]
        if last
        else [a.created for a in told if (a.n or 0) >= n]
    )
    if not fit:
        raise BadRequest(
            f"no message that was heard of {graceid} tells of log entry {n}: capture it, or name a time with --until"
        )
    return max(fit) if last else min(fit)


def before(alert: Alert) -> Position:
    """The moment just before what an alert tells of."""
    return alert.since or Position(max(0, _position(alert).index - 1))


def ends_of(timeline: Timeline, cutoffs: Mapping[str, int], cut_all: bool = False) -> dict[str, Position]:
    """The last moment of each object that ends early, by the cutoffs (N by graceid) that were given.

    A superevent's cutoff is that of its events too, unless they have their own; with `cut_all` a cutoff is the end for all.
    Raises BadRequest if there is no such log entry.
    """
    own = {graceid: position_of(timeline, graceid, n, whole=True) for graceid, n in cutoffs.items()}
    if cut_all and own:
        return dict.fromkeys(timeline.histories, min(own.values()))
    ends: dict[str, Position] = {}
    for graceid, position in own.items():
        history = timeline.histories[graceid]
        if history.category == "superevent":
            for member in mentions(history) & timeline.histories.keys():
                ends[member] = min(position, ends.get(member, position))
    return ends | own


def cutoffs_of(timeline: Timeline, refs: Mapping[str, Ref], cutoff: int | None) -> dict[str, int]:
    """The last log entry to be played, for each object that has one of its own."""
    if cutoff is not None and not refs:
        return {
            only_one(categories_of(timeline.histories), f"--cutoff {cutoff}", lambda name: f"{name}:{cutoff}"): cutoff
        }
    own = {graceid: ref.cutoff if ref.cutoff is not None else cutoff for graceid, ref in refs.items()}
    return {graceid: n for graceid, n in own.items() if n is not None}


def _begin(
    timeline: Timeline, refs: Mapping[str, Ref], start: int | None, cutoffs: Mapping[str, int]
) -> Position | None:
    """The moment after which messages are sent; None: from the beginning."""
    if start is None:
        return None
    histories = {graceid: timeline.histories[graceid] for graceid in refs} or timeline.histories
    graceid = only_one(categories_of(histories), f"--start {start}", lambda name: f"{name} --start {start}")
    position = position_of(timeline, graceid, start)
    if start > (cutoff := cutoffs.get(graceid, start)):
        raise BadRequest(f"{graceid} would start at log entry {start}, after its cutoff {cutoff}")
    return Position(position.index - 1)


def position_of(timeline: Timeline, graceid: str, n: int, *, whole: bool = False) -> Position:
    """The moment just after a log entry, and with `whole` after what the server made along with it.

    BadRequest, naming the id and its last entry, if there is none such.
    """
    history = timeline.histories[graceid]
    if history.last_n == 0:
        raise BadRequest(f"{graceid} has no log entries, so none can be named by {n}")
    try:
        return timeline.at(graceid, history.whole_act(n) if whole else n)
    except GracetapeError as error:
        raise BadRequest(str(error)) from None


def _position(alert: Alert) -> Position:
    if alert.position is None:
        raise ValueError(f"the alert {alert.alert_type} of {alert.graceid} has no place on a timeline")
    return alert.position


def categories_of(histories: Mapping[str, History]) -> dict[str, str]:
    """`superevent` or `event` of each object."""
    return {graceid: history.category for graceid, history in histories.items()}


def only_one(categories: Mapping[str, str], option: str, write: Callable[[str], str]) -> str:
    """The object that an option without an id is about: the only superevent, or the only object; BadRequest otherwise."""
    superevents = [graceid for graceid, category in categories.items() if category == "superevent"]
    for names in (superevents, list(categories)):
        if len(names) == 1:
            return names[0]
    if not categories:
        raise BadRequest(f"the archive is empty: there is nothing that {option} could be about")
    some = superevents or list(categories)
    kind = "superevents" if superevents else "objects"
    raise BadRequest(f"{option} could be about any of {len(some)} {kind} here: write {write(some[0])}")
