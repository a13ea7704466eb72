"""What all writes of a re-enactment share: the archive's contents, the new ids, in which group, and how far times move."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from gracetape.archive import Archive, Entry, FileEntry, History
from gracetape.archive.alerts.rebuild import SAME_UPLOAD
from gracetape.pipelines import retimed
from gracetape.replay.reenact.ids import Ids
from gracetape.times import parse_time

#: Tags that servers put on entries of their own accord: (act, tag).
_SERVERS_TAGS = frozenset(
    (act, "em_follow") for act in ("voevent", "signoff_created", "signoff_updated", "signoff_deleted")
)
_PLACEHOLDER = b"This file stands for one that the recording does not have.\n"

#: A call on a client that does something again.
Call = Callable[[Any], object]


class Absent(Exception):
    """Something cannot be done again; `str()` says why."""


@dataclass(frozen=True)
class Placement:
    """Where an event is put: `group` and `search` (None: no search)."""

    group: str
    search: str | None


@dataclass
class Context:
    """`histories` by graceid. `group` (None: as recorded) and `search` ('' : as recorded) say where events are put.

    `shift_s` moves all times. `placeholders`: files that the archive lacks are written as a line that says so. `size` counts the bytes of the
    files that were asked for.
    """

    archive: Archive
    histories: Mapping[str, History]
    group: str | None = "Test"
    search: str | None = None
    shift_s: float = 0.0
    placeholders: bool = False
    ids: Ids = field(default_factory=Ids)
    size: int = 0

    # -- where

    def placement_of(self, record: Mapping[str, Any]) -> Placement:
        """The group and search of an event: by default group Test with its own search, or MDC outside of that group."""
        group = self.group or str(record["group"])
        search = self.search
        if search is None:
            search = record.get("search") if group == "Test" else "MDC"
        elif search == "":
            search = record.get("search")
        return Placement(group, search)

    def category_of(self, event: str) -> str:
        """The category of superevents that an event may join: test, mdc or production."""
        placement = self.placement_of(self.histories[event].final)
        return "test" if placement.group == "Test" else "mdc" if placement.search == "MDC" else "production"

    def has(self, graceid: str) -> bool:
        return graceid in self.histories

    def need(self, graceid: str) -> None:
        """Absent if the archive does not hold an object."""
        if not self.has(graceid):
            raise Absent(f"{graceid} is not in the archive")

    # -- when

    def moved(self, gps: float) -> float:
        """GPS seconds, moved."""
        return float(gps) + self.shift_s

    def moved_moment(self, text: str) -> str:
        """A UTC time of a record, moved; as ISO 8601."""
        return (parse_time(text) + timedelta(seconds=self.shift_s)).replace(tzinfo=None).isoformat()

    # -- files

    def contents(self, history: History, name: str, version: int | None) -> Callable[[], bytes]:
        """What reads a file version's contents, its times moved; Absent if the archive lacks it."""
        entry = next((f for f in history.view.files() if f.name == name and version in (None, f.version)), None)
        if entry is None or entry.sha256 is None:
            if self.placeholders:
                self.size += len(_PLACEHOLDER)
                return lambda: _PLACEHOLDER
            why = entry.absent if entry else "the recording does not list it"
            raise Absent(f"the file {name} is absent: {why}")
        self.size += entry.size or 0
        return partial(self._read, entry, str(history.final.get("pipeline") or ""))

    def _read(self, entry: FileEntry, pipeline: str) -> bytes:
        contents = b"".join(self.archive.read(entry))
        return retimed(contents, self.shift_s, pipeline) if self.shift_s else contents

    # -- tags

    def came_along(self, history: History, entry: Entry) -> bool:
        """Whether a tagging entry tells of a tag that came with the entry itself, which the server then writes again."""
        tagged = next((e for e in history.entries if e.n == entry.act.params["n"]), None)
        if tagged is None or entry.created - tagged.created > SAME_UPLOAD:
            return False
        return tagged.act.name == "log" or (tagged.act.name, entry.act.params["tag"]) in _SERVERS_TAGS

    def tags_that_came_along(self, history: History, entry: Entry) -> list[str]:
        """The tags of a log entry that came with it, in their order; those that no entry tells of are taken as such."""
        told = {
            e.act.params["tag"]: e for e in history.entries if e.act.name == "tagged" and e.act.params["n"] == entry.n
        }
        along = [tag for tag, tagging in told.items() if self.came_along(history, tagging)]
        return along + [tag for tag in entry.record.get("tag_names") or [] if tag not in told]
