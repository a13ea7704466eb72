"""An event as one of its earlier files made it: what a replacement overwrote in the record, read from the stored file.

What reads event files is no part of an archive: it comes from whatever is installed under the entry point group
`gracetape.uploads`, as a function of (the event's record, the file's name, its contents) that gives fields of the record,
none if the file cannot be read.
"""

from collections.abc import Callable
from functools import cache, cached_property

from gracetape.archive.history.rules import Record
from gracetape.archive.history.steps import Entry, Steps
from gracetape.errors import GracetapeError
from gracetape.lazy import entry_points
from gracetape.reading_limits import LIMITS, LimitExceeded, joined

Reader = Callable[[Record, str, bytes], Record | None]


@cache
def _reader() -> Reader | None:
    found = next(iter(entry_points(group="gracetape.uploads")), None)
    return found.load() if found else None


class Uploads:
    """The files that an event was made from, in order, and what they say of it. Reads a file when first asked."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.entries = [(i, e) for i, e in enumerate(steps.entries, start=1) if e.act.name in ("uploaded", "replaced")]
        self._read: dict[int, Record] = {}

    def at(self, index: int) -> tuple[Record, list[str]]:
        """What the last file up to an index says, and which fields it could not tell.

        A field is believed if the reader gives the recorded value for the newest file.
        """
        final, newest = self.steps.final, self._fields(len(self.entries) - 1)
        number = max(0, sum(i <= index for i, _ in self.entries) - 1)
        if number == 0 and self.unread:
            return {name: value for name, value in _NOTHING.items() if name in final}, []
        then = self._fields(number)
        asked = [name for name in (newest or _OVERWRITTEN) if name in final]
        believed = {name: then[name] for name in asked if name in then and newest.get(name) == final[name]}
        return believed, [name for name in asked if name not in believed]

    @cached_property
    def unread(self) -> bool:
        """Whether the server could not read the file that the event was made from, and so announced nothing of it.

        It could not if it took nothing from it and said so in the next entry, or if the reader here cannot read it either.
        """
        if not self.entries:
            return False
        index, entry = self.entries[0]
        replaced = len(self.entries) > 1
        if not replaced and any(self.steps.final.get(name) is not None for name in ("gpstime", "far")):
            return False
        if not replaced and any(
            following.act.name == "unreadable" for following in self.steps.entries[index : index + 1]
        ):
            return True
        return _fields_of(self.steps, entry) == {} and not (replaced and not self._fields(len(self.entries) - 1))

    def _fields(self, number: int) -> Record:
        if number not in self._read:
            self._read[number] = (_fields_of(self.steps, self.entries[number][1]) if self.entries else None) or {}
        return self._read[number]


_OVERWRITTEN = ("gpstime", "instruments", "nevents", "far", "likelihood", "extra_attributes")
#: What a record says before any file could be read.
_NOTHING: Record = dict.fromkeys((*_OVERWRITTEN, "reporting_latency")) | {
    "instruments": "", "extra_attributes": {}, "superevent_neighbours": {},
}  # fmt: skip


def _fields_of(steps: Steps, entry: Entry) -> Record | None:
    """What the file of an entry says: nothing if it cannot be read, None if it is not at hand."""
    reader, archive = _reader(), getattr(steps.view, "archive", None)
    name, version = entry.record.get("filename"), entry.record.get("file_version")
    file = next((f for f in steps.view.files() if (f.name, f.version) == (name, version)), None)
    if reader is None or archive is None or file is None or file.sha256 is None or (file.size or 0) > LIMITS.file_bytes:
        return None
    try:
        return reader(steps.final, file.name, joined(archive.read(file), LIMITS.file_bytes))
    except (GracetapeError, KeyError, LimitExceeded):
        return None
