"""Which alerts of a timeline a replay sends: cutoffs, the start, the latest time, the format and the certainty."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import takewhile
from os import PathLike

from gracetape.archive import Alert, Archive, Position, Recorded, Timeline, alerts_of
from gracetape.archive.alerts.alert import FORMATS
from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS, public_forms
from gracetape.archive.history.mentions import mentions as mentions
from gracetape.archive.history.streamed import StreamedTimeline
from gracetape.errors import BadRequest, GracetapeError
from gracetape.ids import Ref
from gracetape.progress import each, progress
from gracetape.replay.heard_bounds import bounds_of, only_one
from gracetape.replay.only_heard import MANY_HEARD, HeardAlong, heard_in, in_their_places
from gracetape.replay.selected import Selection as Selection
from gracetape.replay.streamed import StreamedSelection
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
    if streamed := _streamed(timeline, wanted, source, heard):
        return streamed
    if heard and not (timeline.histories and (refs.keys() & timeline.histories.keys() or not refs)):
        alone = [replace(alert, position=Position(0)) for alert in select_heard(heard, refs, wanted)]
        return _of_format(alone, timeline, wanted, source)
    told = {graceid: ref for graceid, ref in refs.items() if graceid in timeline.histories}
    along = _told(timeline, told, wanted)
    alerts = along.all()
    if heard:
        others = Wanted(until=wanted.until, format=wanted.format) if not refs else wanted
        loud = select_heard(heard, refs, others)
        if not refs and (
            wanted.cutoff is not None or wanted.start is not None
        ):  # what is played of the one object bounds all
            loud = [alert for alert in loud if alerts and alerts[0].created <= alert.created <= alerts[-1].created]
        alerts = list(in_their_places(merge(alerts, loud, key=lambda alert: alert.created)))
    return _of_format(alerts, timeline, wanted, source)


def _streamed(
    timeline: Timeline,
    wanted: Wanted,
    source: Archive | str | PathLike[str] | None,
    heard: Mapping[str, Sequence[Recorded]] | None,
) -> Selection | None:
    """The wanted alerts of a whole archive, made as they come up; None if they are not, or if there is none."""
    if not isinstance(timeline, StreamedTimeline):
        return None
    loud = heard if isinstance(heard, HeardAlong) and heard else None
    # Bounds by what was heard are found in all of it.
    if heard and (loud is None or wanted.cutoff is not None or wanted.start is not None):
        return None
    along = _told(timeline, {}, wanted)
    told = along.of_format(wanted)
    selection = StreamedSelection(
        told if loud is None else _Along(told, loud, wanted),
        timeline=timeline,
        source=source,
        spread=wanted.spread,
        from_anywhere=along.from_anywhere and loud is None,
        many=loud is not None and loud.messages > MANY_HEARD,
    )
    return selection or None


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


@dataclass(frozen=True)
class _Told:
    """The alerts that fit, of a timeline from one moment (None: from the beginning) to another (None: to its end)."""

    timeline: Timeline
    start: Position | None
    latest: Position | None
    fits: Callable[[Alert], bool]
    public_forms: tuple[str, ...] = ()

    def __call__(self, after: Position | None) -> Iterator[Alert]:
        """Those after a moment, one after the other."""
        return filter(self.fits, self._announced(max(filter(None, (after, self.start)), default=None)))

    def _announced(self, after: Position | None) -> Iterator[Alert]:
        """All, whether they fit or not: what GraceDB's own listeners were told; or what the public was, from the beginning."""
        if not self.public_forms:
            return alerts_of(self.timeline, self.latest, after)
        from gracetape.archive.alerts.notices.public_alerts import public_alerts  # which reads XML, and few want it

        of_each = (public_alerts(self.timeline, form, self.latest) for form in self.public_forms)
        return merge(*of_each, key=lambda alert: alert.created)

    @property
    def from_anywhere(self) -> bool:
        """Whether those after a moment are made without those before it."""
        return not self.public_forms and not self.timeline.heard

    def of_format(self, wanted: Wanted) -> "_Told":
        """Those of them that have a message of the wanted format."""
        if self.public_forms:  # made or chosen in their forms, each of which is much to write
            return self
        return replace(self, fits=lambda alert: self.fits(alert) and alert.payload(wanted.format) is not None)

    def all(self) -> list[Alert]:
        """All of them; how far that is, is told."""
        if isinstance(self.timeline, StreamedTimeline):  # whose moments count nothing
            return list(each(self(None), "rebuilding alerts", unit="alerts"))
        last = self.latest or self.timeline.end
        with progress("rebuilding alerts", last.index, "entries") as done:

            def told() -> Iterator[Alert]:
                for alert in self._announced(self.start):
                    done.done = _position(alert).index
                    yield alert

            return [alert for alert in told() if self.fits(alert)]


@dataclass(frozen=True)
class _Along:
    """What is told of a timeline, and with it what was heard of objects that were never captured."""

    told: _Told
    heard: HeardAlong
    wanted: Wanted

    def __call__(self, after: Position | None) -> Iterator[Alert]:
        """All of it: what was heard has no moments to begin after."""
        loud = (
            alert for alert in _until(self.heard.along(self.wanted.public_forms), self.wanted) if self._has_form(alert)
        )
        return in_their_places(merge(self.told(after), loud, key=lambda alert: alert.created))

    def _has_form(self, alert: Alert) -> bool:
        return self.wanted.public or alert.payload(self.wanted.format) is not None


def _told(timeline: Timeline, refs: Mapping[str, Ref], wanted: Wanted) -> _Told:
    """The wanted alerts of objects that have a history."""
    cutoffs = cutoffs_of(timeline, refs, wanted.cutoff)
    ends = ends_of(timeline, cutoffs, cut_all=not refs)
    start = _begin(timeline, refs, wanted.start, cutoffs)
    until = as_utc(wanted.until) if wanted.until else None

    def fits(alert: Alert) -> bool:
        position, end = _position(alert), ends.get(alert.object_id)
        return (
            (not refs or alert.object_id in refs)
            and (end is None or position <= end)
            and (start is None or position > start)
            and (until is None or alert.created <= until)
            and (not wanted.certain_only or alert.certainty in CERTAIN)
        )

    bounded = all(graceid in ends for graceid in refs) if refs else bool(ends)
    latest = (
        max((end for graceid, end in ends.items() if not refs or graceid in refs), default=None) if bounded else None
    )
    if until is not None and not (
        wanted.public and timeline.heard_by_public
    ):  # which may have come before what they tell of
        latest = min(filter(None, (latest, timeline.at_time(until))))
    return _Told(timeline, start, latest, fits, wanted.public_forms)


def select_heard(heard: Mapping[str, Sequence[Recorded]], refs: Mapping[str, Ref], wanted: Wanted) -> list[Alert]:
    """The wanted messages of objects that were only heard, as alerts in order of arrival.

    `bounds_of` says what a cutoff and the start mean for them. BadRequest if no message tells of any log entry.
    """
    alerts = list(_until(heard_in(heard, wanted.public_forms), wanted))
    fits = bounds_of(alerts, heard, refs, wanted.start, wanted.cutoff)
    return [alert for alert, fit in zip(alerts, fits, strict=True) if fit]


def _until(alerts: Iterable[Alert], wanted: Wanted) -> Iterator[Alert]:
    """Alerts in order, up to the latest time that is wanted."""
    until = as_utc(wanted.until) if wanted.until else None
    return takewhile(lambda alert: until is None or alert.created <= until, alerts)


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
        return {only_one(timeline.categories, f"--cutoff {cutoff}", lambda name: f"{name}:{cutoff}"): cutoff}
    own = {graceid: ref.cutoff if ref.cutoff is not None else cutoff for graceid, ref in refs.items()}
    return {graceid: n for graceid, n in own.items() if n is not None}


def _begin(
    timeline: Timeline, refs: Mapping[str, Ref], start: int | None, cutoffs: Mapping[str, int]
) -> Position | None:
    """The moment after which messages are sent; None: from the beginning."""
    if start is None:
        return None
    named = {graceid: timeline.histories[graceid].category for graceid in refs} or timeline.categories
    graceid = only_one(named, f"--start {start}", lambda name: f"{name} --start {start}")
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
