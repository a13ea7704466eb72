"""What of an object the public sees: a superevent's shorter record, the log entries that are tagged `public`, and their files.

Facts: gracedb-server, api/v1/superevents/{views,serializers}.py, events/serializers.py (docs/credits.md): whoever is not logged in sees exposed
superevents alone, of these the entries and files that they may view, and no event.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from gracetape.archive.view import FileEntry, StoredView, View

Record = dict[str, Any]


class _Named(Protocol):
    """A version of a file."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...


_Version = TypeVar("_Version", bound=_Named)

#: The tag that makes a log entry and its file public, the group that sees what is exposed, and the note of a capture that is all of it.
TAG, GROUP, NOTE = "public", "public_users", "as public"
#: Fields of a superevent's record, and of its links, that are for members alone.
_HIDDEN = frozenset({"gw_events", "em_events", "preferred_event", "pipeline_preferred_events"})
_HIDDEN_LINKS = frozenset({"events"})
#: What the public sees of the preferred event's attributes: table -> fields; and what stands in its record for members, or in alerts, alone.
_ATTRIBUTES = {"SingleInspiral": ("ifo", "end_time", "end_time_ns"), "MultiBurst": ("ifos", "single_ifo_times")}
_HIDDEN_OF_EVENT = frozenset({"superevent_neighbours"})
#: Kinds of record that are for members alone.
_HIDDEN_KINDS = frozenset({"signoff", "permission", "embb"})


def public_record(record: Record) -> Record:
    """A superevent's record as the public sees it."""
    shown = {name: value for name, value in record.items() if name not in _HIDDEN}
    if isinstance(links := shown.get("links"), dict):
        shown["links"] = {name: link for name, link in links.items() if name not in _HIDDEN_LINKS}
    if isinstance(event := shown.get("preferred_event_data"), dict):
        shown["preferred_event_data"] = _public_event(event)
    return shown


def _public_event(event: Record) -> Record:
    """A preferred event's record inside its superevent's, as the public sees it: of its attributes hardly anything."""
    shown = {name: value for name, value in event.items() if name not in _HIDDEN_OF_EVENT}
    if isinstance(tables := shown.get("extra_attributes"), dict):
        shown["extra_attributes"] = {
            name: [_only(row, fields) for row in tables[name]]
            if isinstance(tables[name], list)
            else _only(tables[name], fields)
            for name, fields in _ATTRIBUTES.items()
            if name in tables
        }
    return shown


def _only(row: Any, fields: Iterable[str]) -> Any:
    return {name: row[name] for name in fields if name in row} if isinstance(row, dict) else row


def is_shortened(record: Record) -> bool:
    """Whether a superevent's record is one that the public was given."""
    return not _HIDDEN & record.keys()


def public_records(kind: str, records: Iterable[Record]) -> list[Record]:
    """Those of a superevent's records that the public sees."""
    if kind == "log":
        return [record for record in records if TAG in (record.get("tag_names") or ())]
    if kind == "voevent":
        return [record for record in records if not record.get("internal")]
    return [] if kind in _HIDDEN_KINDS else list(records)


def is_granted(view: View) -> bool:
    """Whether an object was exposed to the public."""
    return any(granted.get("group") == GROUP for granted in view.records("permission"))


def is_exposed(view: View) -> bool:
    """Whether the public sees an object at all: a superevent that was exposed, or of which something was made public."""
    if view.category != "superevent":
        return False
    if is_granted(view):
        return True
    if isinstance(view, StoredView):  # of a long log, few entries are worth reading
        texts = (view.read(text, "log", key) for text, _, key in view.texts("log") if f'"{TAG}"' in text)
        return bool(public_records("log", texts))
    return bool(public_records("log", view.records("log")))


def public_files(files: Iterable[_Version], logs: Iterable[Mapping[str, Any]]) -> list[_Version]:
    """Those of a superevent's files that came with public log entries."""
    shown = {(log.get("filename"), log.get("file_version")) for log in logs}
    return [file for file in files if (file.name, file.version) in shown]


class PublicView:
    """A superevent as the public sees it, of a view of all of it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.graceid, self.category, self.service = view.graceid, view.category, view.service

    def record(self) -> Record:
        return public_record(self._view.record())

    def records(self, kind: str) -> list[Record]:
        return public_records(kind, self._view.records(kind))

    def one(self, kind: str, key: str | int) -> Record | None:
        if kind == "object":
            return self.record()
        found = self._view.one(kind, key)
        return found if found is not None and public_records(kind, [found]) else None

    def count(self, kind: str) -> int:
        return len(self.records(kind))

    def files(self) -> list[FileEntry]:
        return public_files(self._view.files(), self.records("log"))

    def file(self, name: str, version: int | None = None) -> FileEntry | None:
        """One version of a file (default: the newest that is public), or None."""
        found = [f for f in self.files() if f.name == name and (version is None or f.version == version)]
        return max(found, key=lambda f: f.version, default=None)
