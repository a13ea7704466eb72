"""Which objects of a run are on their way or done, and those that turn up on the way: a superevent's members."""

from collections.abc import Callable, Iterator
from typing import Any, Generic

from gracetape.archive import category_of
from gracetape.archive.kinds import Record
from gracetape.archive.public_view import is_shortened
from gracetape.archive.shapes import is_category
from gracetape.capture.hub import Hub, T
from gracetape.capture.service import limits_of
from gracetape.errors import CaptureError, UsageError


class Objects(Generic[T]):
    """The tasks of a run, one for each object, which `made` makes of its id. `on_more` is told of each that turns up (1), and of each id
    that needs no task of its own (-1), since its object has one.
    """

    def __init__(
        self, client: Any, hub: Hub[T], made: Callable[[str], T], *, with_events: bool,
        on_more: Callable[[int], object] = lambda count: None,
    ) -> None:  # fmt: skip
        self._client, self._hub, self._made, self._with_events, self._on_more = (
            client,
            hub,
            made,
            with_events,
            on_more,
        )
        self._known: set[str] = set()  # by every name that they were asked by

    def tasks(self, ids: Iterator[str]) -> Iterator[T]:
        """A task for each id, as they are needed, and once. UsageError for what is no id."""
        while (graceid := self._hub.now(lambda: next(ids, None))) is not None:
            category_of(graceid)
            if graceid in self._known:
                self._on_more(-1)
            else:
                self._known.add(graceid)
                yield self._made(graceid)

    def claim(self, asked_as: str, graceid: str, record: Record) -> bool:
        """Take an object for who asks for it, unless another has it under another name; its members come next."""
        if graceid != asked_as:
            if graceid in self._known:
                self._on_more(-1)
                return False
            self._known.add(graceid)
        # The server takes us for anybody where it shortens the record: it would give none of the members.
        if category_of(graceid) == "superevent" and self._with_events and not is_shortened(record):
            for member in members_of(record, limits_of(self._client).members):
                if member not in self._known:
                    self._known.add(member)
                    self._hub.add(self._made(member))
                    self._on_more(1)
        return True


def members_of(record: Record, most: int) -> list[str]:
    """The events of a superevent, which the record was checked to be."""
    named = [*(record.get("gw_events") or []), *(record.get("em_events") or [])]
    if preferred := record.get("preferred_event"):
        named.append(preferred)
    data = record.get("preferred_event_data")
    if not named and data and is_category(data.get("graceid"), "event"):
        named.append(data["graceid"])  # all that anonymous users see
    if len(named) > most:
        raise CaptureError(f"{record['superevent_id']}: it has more than {most:,} events (the limit members)")
    return list(dict.fromkeys(sorted(named, key=lambda graceid: int(graceid[1:]))))


def seen_by_public(graceid: str) -> str:
    """An id; UsageError if it is that of an event, of which the public sees none."""
    if category_of(graceid) == "event":
        raise UsageError(f"the public sees no events: {graceid} cannot be captured as public, its superevent can")
    return graceid
