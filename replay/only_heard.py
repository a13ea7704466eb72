"""What was heard of objects that were never captured, as alerts in order of arrival: all at once, or opened as it comes up."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gracetape.archive import Alert, Archive, Position, Recorded
from gracetape.archive.alerts.heard import heard_alerts_of
from gracetape.archive.alerts.notices.heard import fits, form_of, heard_alert
from gracetape.archive.recorded import OnlyHeard, nodes_of_only_heard, recorded_along, recorded_of
from gracetape.topics import is_public

#: Of archives with this many messages about such objects, at most, all are held if there is little else; they are soon counted, too.
MANY_HEARD = 1_000
#: The forms of the public's messages that are wanted (none: each in its own); None: what GraceDB's own listeners heard is.
Forms = Sequence[str] | None


def heard_in(heard: Mapping[str, Sequence[Recorded]], public_forms: Sequence[str]) -> list[Alert]:
    """Messages by object as alerts: what the public was told in some forms, else what GraceDB's own listeners were; where nothing but
    the former was heard, that.
    """
    own = any(not is_public(message.node) for messages in heard.values() for message in messages)
    forms = _forms(public_forms, own=own or not any(heard.values()))
    found = [alert for graceid, messages in heard.items() for alert in _of_one(graceid, messages, forms)]
    return sorted(found, key=lambda alert: alert.created)


def _forms(public_forms: Sequence[str], *, own: bool) -> Forms:
    return public_forms or (None if own else ())


def _of_one(graceid: str, messages: Iterable[Recorded], forms: Forms) -> Iterator[Alert]:
    """The messages about one object, in order of arrival."""
    if forms is None:
        yield from heard_alerts_of(graceid, messages)
        return
    for message in messages:
        if is_public(message.node):
            wanted = [form for form in forms or (form_of(message) or "",) if fits(message, form)]
            yield from (replace(heard_alert(message, graceid), form=form) for form in wanted)


class HeardAlong(Mapping[str, Sequence[Recorded]]):
    """The messages by object of an archive that stays open: read when they are asked for. Those that come to it later are none of them."""

    def __init__(self, archive: Archive, objects: Sequence[OnlyHeard]) -> None:
        self._archive, self._objects = archive, {one.object: one for one in objects}
        (self._newest,) = archive.connection.execute("SELECT max(id) FROM alerts").fetchone()

    def __getitem__(self, graceid: str) -> Sequence[Recorded]:
        if graceid not in self._objects:
            raise KeyError(graceid)
        return recorded_of(self._archive, graceid)

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def messages(self) -> int:
        """How many messages they are."""
        return sum(one.messages for one in self._objects.values())

    def along(self, public_forms: Sequence[str]) -> Iterator[Alert]:
        """As `heard_in`, one after the other: an object is opened when its first message comes, and read on a page at a time."""
        own = bool(public_forms) or any(not is_public(node) for node in nodes_of_only_heard(self._archive))
        forms, waiting = _forms(public_forms, own=own), list[tuple[datetime, int, Alert, Iterator[Alert]]]()
        for number, one in enumerate(self._objects.values()):
            begins = _moment(one.first)
            while waiting and waiting[0][0] < begins:
                yield _taken(waiting)
            messages = recorded_along(self._archive, one.object, self._newest)
            _wait(waiting, number, _of_one(one.object, messages, forms))
        while waiting:
            yield _taken(waiting)


def _wait(waiting: list[tuple[datetime, int, Alert, Iterator[Alert]]], number: int, alerts: Iterator[Alert]) -> None:
    if (alert := next(alerts, None)) is not None:
        heapq.heappush(waiting, (alert.created, number, alert, alerts))


def _taken(waiting: list[tuple[datetime, int, Alert, Iterator[Alert]]]) -> Alert:
    _, number, alert, alerts = heapq.heappop(waiting)
    _wait(waiting, number, alerts)
    return alert


def _moment(written: str) -> datetime:
    """When the first message came; where that is damaged, before all: whoever opens it then is told."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else datetime.min.replace(tzinfo=UTC)


def in_their_places(alerts: Iterable[Alert]) -> Iterator[Alert]:
    """Alerts, those that no record tells of at the moment of the alert before them: the first ones before anything was there."""
    place = Position(0)
    for alert in alerts:
        if alert.position is None:
            alert = replace(alert, position=place)
        place = alert.position or place
        yield alert
