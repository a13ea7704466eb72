"""Where the dummy's answers come from: the archive as it is, or as it was at a position of its timeline."""

import sqlite3
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from gracetape.archive import (
    Archive,
    ArchiveError,
    FileEntry,
    NotFound,
    Position,
    StoredView,
    Timeline,
    View,
    category_of,
)
from gracetape.archive.history import embedded
from gracetape.archive.public_view import NOTE, PublicView, is_exposed
from gracetape.archive.store import Capture
from gracetape.dummy.query import past
from gracetape.errors import GracetapeError

Record = dict[str, Any]


class FileView(View, Protocol):
    """A view that also finds one version of a file."""

    def file(self, name: str, version: int | None = None) -> FileEntry | None:
        """One version of a file (default: the newest), or None."""


class ComposedView(StoredView):
    """An object that the dummy wrote, with what its record says of other objects taken from those as they are now."""

    archive: Archive

    def stored(self) -> Record:
        """The record as the tables hold it."""
        record = super().one("object", "")
        if record is None:
            raise ArchiveError(f"the record of {self.capture.ref} is missing: `gracetape archive verify` tells more")
        return record

    def record(self) -> Record:
        record = self.stored()
        if not self.capture.writable:
            return record
        return _event(self.archive, record) if self.category == "event" else _superevent(self.archive, record)

    def ready_text(self, root: str) -> str | None:
        """The record's stored JSON where it can be answered as it is: nothing to compose, links under `root`; else None."""
        if root != self.service or (self.capture.writable and self._repeats_others()):
            return None
        return self.text("object", "")

    def _repeats_others(self) -> bool:
        if self.category == "superevent":
            return True
        query = (
            "SELECT 1 FROM places e, places s WHERE e.object = ? AND s.category = 'superevent' "
            "AND s.gps BETWEEN e.gps - ? AND e.gps + ? LIMIT 1"
        )
        window = (self.graceid, embedded.NEIGHBOUR_WINDOW, embedded.NEIGHBOUR_WINDOW)
        return self.archive.connection.execute(query, window).fetchone() is not None

    def one(self, kind: str, key: str | int) -> Record | None:
        return self.record() if kind == "object" else super().one(kind, key)

    def records(self, kind: str) -> list[Record]:
        found = super().records(kind)
        if kind == "label" and self.category == "superevent" and self.capture.writable:
            found.sort(key=lambda record: str(record["name"]))
        return found


#: Seconds around an event within which superevents are its neighbours.
NEIGHBOUR_WINDOW = embedded.NEIGHBOUR_WINDOW


def stored_record(archive: Archive, graceid: str) -> Record | None:
    """The record of the newest version of an object, as stored; None if there is no such object."""
    row = archive.connection.execute(_LATEST, (graceid,)).fetchone()
    return StoredView(archive, Capture(*row)).one("object", "") if row else None


def _event(archive: Archive, record: Record) -> Record:
    known, gps = record.get("superevent_neighbours"), record.get("gpstime")
    if not isinstance(known, dict) or gps is None:
        return record
    around = archive.near("superevent", float(gps) - NEIGHBOUR_WINDOW, float(gps) + NEIGHBOUR_WINDOW)
    near = [found for graceid in around if (found := stored_record(archive, graceid))]
    here = embedded.neighbours(near, lambda graceid: stored_record(archive, graceid)) if near else {}
    return record | {"superevent_neighbours": here | {k: v for k, v in known.items() if k not in here}}


def _superevent(archive: Archive, record: Record) -> Record:
    def event_of(graceid: str) -> Record | None:
        found = stored_record(archive, graceid)
        return _event(archive, found) if found else None

    return embedded.superevent(record, event_of)


class Source:
    """Finds views. `position` None: the archive as it is; else as it was then, and nothing can be written."""

    def __init__(
        self, archive: Archive, timeline: Callable[[], Timeline] | None = None, position: Position | None = None
    ) -> None:
        self.archive, self._timeline, self.position = archive, timeline, position

    def view(self, graceid: str) -> FileView:
        """The object with that id (any that it has had); NotFound if it is not there (yet)."""
        if self.position is None or self._timeline is None:
            return live_view(self.archive, graceid)
        try:
            snapshot = self._timeline().snapshot(graceid, self.position)
        except KeyError:
            snapshot = None
        if snapshot is None:
            raise NotFound(f"{graceid} is not there at this moment")
        return snapshot

    def has(self, graceid: str) -> bool:
        try:
            self.view(graceid)
        except GracetapeError:
            return False
        return True

    def tables(self) -> sqlite3.Connection:
        """What a search reads: the archive's own tables, or some made of how everything was at the position."""
        if self.position is None or self._timeline is None:
            return self.archive.connection
        return past.tables(self._timeline(), self.position)

    def near(self, category: str, first_gps: float, last_gps: float) -> list[str]:
        """The graceids of the events or superevents in a range of GPS times (seconds), by time."""
        found = self.archive.near(category, first_gps, last_gps)
        return [graceid for graceid in found if self.position is None or self.has(graceid)]


#: Of how many versions it is known whether the public sees them.
_MOST_JUDGED = 100_000
#: By archive and capture: the digest of what was looked at, and whether the public sees it.
_judged: WeakKeyDictionary[Archive, dict[int, tuple[str, bool]]] = WeakKeyDictionary()


class PublicSource(Source):
    """Finds what the public sees: superevents that were exposed, each as `PublicView` has it."""

    def view(self, graceid: str) -> FileView:
        found = super().view(graceid)
        if not self._is_exposed(found):
            raise NotFound(f"{graceid} is not public")
        return PublicView(found)

    def _is_exposed(self, view: View) -> bool:
        """Seen once for each state of an object: a list looks at all that it could hold."""
        if not isinstance(view, StoredView):
            return is_exposed(view)
        judged, capture = _judged.setdefault(self.archive, {}), view.capture
        known = judged.get(capture.id)
        if known is None or known[0] != capture.digest:
            if len(judged) >= _MOST_JUDGED:
                judged.clear()
            known = judged[capture.id] = capture.digest, is_exposed(view)
        return known[1]


def is_public_tape(archive: Archive) -> bool:
    """Whether all that an archive has was captured as the public sees it."""
    query, found = "SELECT object FROM captures WHERE completed IS NOT NULL ORDER BY id", False
    try:
        for (graceid,) in archive.connection.execute(query):  # as a rule the first says no
            if not all(capture.noted().get(NOTE) for capture in archive.captures(graceid)):
                return False
            found = True
    except sqlite3.Error:  # damaged: whoever reads it is told
        return False
    return found


_LATEST = (
    "SELECT c.* FROM names n JOIN captures c ON c.object = n.object WHERE n.name = ? AND c.completed IS NOT NULL "
    "ORDER BY c.version DESC LIMIT 1"
)


def live_view(archive: Archive, graceid: str) -> ComposedView:
    """The newest version of an object as it is now; NotFound if there is none."""
    row = archive.connection.execute(_LATEST, (graceid,)).fetchone()
    if row is None:
        raise NotFound(f"there is no {graceid}")
    return ComposedView(archive, Capture(*row))


def category(graceid: str) -> str | None:
    """`event` or `superevent`, or None for what is no id at all."""
    try:
        return category_of(graceid)
    except GracetapeError:
        return None
