"""An object's whole story as one JSON document, from which a page shows the state at any place without asking again.

A *place* counts the steps of the object's time line, of which a superevent's events are part: at place p the first p have happened.
The document has no state twice: entries are told once, things that come and go are spans of places (`spans.py`), and the record is its
changes (`patches.py`). The page that is served and the one that is written into a file read the same document.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from gracetape.archive import (
    Alert,
    Archive,
    Entry,
    FileEntry,
    History,
    NotFound,
    Position,
    Snapshot,
    Timeline,
    alerts_of,
    recorded_of,
)
from gracetape.archive.captures import Capture
from gracetape.archive.kinds import Kind, listed_for
from gracetape.errors import GracetapeError
from gracetape.plain_text import plain
from gracetape.times import utc_of
from gracetape.view.comments import MOST, shown_html
from gracetape.view.patches import patch
from gracetape.view.remembered import Remembered
from gracetape.view.schema import LINE, SCHEMA
from gracetape.view.spans import Spans

Record = dict[str, Any]
#: Acts that change nothing but the log, and the tags of its entries.
_WITHOUT_EFFECT = ("log", "tagged", "untagged")
#: Seconds between an event in the sky and its first entry, at most: of what was found much later, times are told from that entry.
_NEAR_S = 7200.0


class Film:
    """An object of an archive (`S1`, `S1@2`) on a time line with those that it names; NotFound if it is not there."""

    def __init__(self, archive: Archive, ref: str) -> None:
        with archive.reading():
            self.capture = archive.capture(ref)
            self.versions = archive.captures(self.capture.object)
            own = _history(archive, self.capture.ref)
            others = [_history(archive, graceid) for graceid in _related(archive, own)]
        self.own = own
        self.answered: bytes | None = None  # the document as it was sent before
        self.timeline = Timeline([own, *others])
        self.when: dict[str, list[int]] = {graceid: [] for graceid in self.timeline.histories}
        for place, step in enumerate(self.timeline.steps, start=1):
            for graceid, _ in sorted(step.entries, key=lambda item: item[1]):
                self.when[graceid].append(place)

    @property
    def graceid(self) -> str:
        return self.own.graceid

    @property
    def category(self) -> str:
        return self.own.category

    @property
    def last(self) -> int:
        """The place where everything has happened."""
        return len(self.timeline.steps)

    def at(self, place: int) -> Snapshot | None:
        """The object at a place; None before it was there."""
        return self.timeline.snapshot(self.graceid, Position(place))

    @cached_property
    def alerts(self) -> list[Alert]:
        """What the server announced along the time line, in order."""
        return list(alerts_of(self.timeline))

    # -- the document

    def document(self) -> Record:
        """The film as JSON: `schema` says of which form."""
        kinds = [kind for kind in listed_for(self.own.category) if kind.name != "log"]
        walk = _Walk(kinds)
        for place in self._changing():
            if (snapshot := self.at(place)) is not None:
                walk.at(place, snapshot)
        return {
            "schema": SCHEMA,
            "id": self.graceid,
            "ref": self.capture.ref,
            "category": self.own.category,
            "versions": [_version(capture) for capture in self.versions],
            "objects": [_about(history) for history in self.timeline.histories.values()],
            "zero": self._zero(),
            "places": [step.created.timestamp() for step in self.timeline.steps],
            "entries": list(self._entries()),
            "kinds": [_kind(kind) for kind in kinds],
            "spans": {name: spans.documents() for name, spans in walk.spans.items()},
            "files": self._files(),
            "record": walk.changes,
            "doubts": walk.doubts,
        }

    def _zero(self) -> float:
        """When it happened in the sky, as seconds since 1970; where that is no time near the first entry, when that was made."""
        first = self.timeline.steps[0].created.timestamp()
        gps = self.own.final.get("t_0", self.own.final.get("gpstime"))
        if isinstance(gps, (int, float)) and 0 < gps < 1e11:
            zero = utc_of(gps).timestamp()
            if abs(first - zero) < _NEAR_S:
                return zero
        return first

    def _changing(self) -> Iterator[int]:
        """The places at which the record or a list, other than the log, can differ from the place before.

        After its last entry an object is as it was captured, with what no entry told.
        """
        ends = {places[-1] for places in self.when.values() if places}
        kinds = [
            kind for kind in listed_for(self.own.category) if kind.name != "log" and self.own.view.records(kind.name)
        ]
        with_files = any(kind.told_by == "file" for kind in kinds)
        anywhere = any(kind.created and not kind.act and not kind.told_by for kind in kinds)  # by their own times alone
        for place, step in enumerate(self.timeline.steps, start=1):
            entries = [self._entry(graceid, index) for graceid, index in step.entries]
            files = with_files and any(entry.record.get("filename") for entry in entries)
            if files or anywhere or place in ends or any(entry.act.name not in _WITHOUT_EFFECT for entry in entries):
                yield place

    def _entry(self, graceid: str, index: int) -> Entry:
        return self.timeline.histories[graceid].entries[index - 1]

    def _entries(self) -> Iterator[Record]:
        """Every entry of the object and of those beside it, in order; of others without what only their own film needs."""
        for place, step in enumerate(self.timeline.steps, start=1):
            for graceid, index in step.entries:
                entry, own = self._entry(graceid, index), graceid == self.graceid
                yield {"place": place, "of": graceid, **_told(entry, self.own.service, own)} | (
                    self._tags(entry) if own else {}
                )

    def _tags(self, entry: Entry) -> Record:
        """The tags of one of the object's entries, as spans: [tag, from, to]."""
        if entry.n is None:
            return {}
        when, mine = self.when[self.graceid], self.own.intervals.tags_of.get(entry.n, ())
        logged = {tag for tag, _ in mine}
        found = [[tag, 0, None] for tag in entry.record.get("tag_names") or [] if tag not in logged]
        for tag, span in mine:
            found.append([tag, when[span.first - 1], when[span.last - 1] if span.last is not None else None])
        return {"tags": found} if found else {}

    def _files(self) -> list[Record]:
        """Every version of every file, with the place at which it came."""
        came: dict[tuple[str, Any], int] = {}
        snapshot = self.own.at(len(self.own.entries))
        first = self.when[self.graceid][0]
        for name, version, index in snapshot.files_came():
            came[name, version] = self.when[self.graceid][index - 1]
        return [_file(entry, came.get((entry.name, entry.version), first)) for entry in self.own.view.files()]


class _Walk:
    """What is found by going from place to place."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = kinds
        self.spans = {kind.name: Spans() for kind in kinds} | {"member": Spans(), "preferred": Spans()}
        self.changes: list[tuple[int, Record]] = []
        self.doubts: list[tuple[int, str, str]] = []
        self._record: Record = {}

    def at(self, place: int, snapshot: Snapshot) -> None:
        record = snapshot.record()
        if change := patch(self._record, record):
            self.changes.append((place, change))
            self._record = record
        for kind in self.kinds:
            records = snapshot.records(kind.name)
            self.spans[kind.name].at(place, {kind.key(one, i): one for i, one in enumerate(records, start=1)})
        members = [*(record.get("gw_events") or ()), *(record.get("em_events") or ())]
        self.spans["member"].at(place, dict.fromkeys(sorted(map(str, members))))
        preferred = record.get("preferred_event")
        self.spans["preferred"].at(place, {str(preferred): None} if preferred else {})
        for doubt in snapshot.doubts:
            if not self.doubts or self.doubts[-1][1:] != doubt:
                self.doubts.append((place, *doubt))


def film_of(archive: Archive, ref: str) -> Record:
    """The story of an object of an archive as one JSON document; NotFound if it is not there."""
    return Film(archive, ref).document()


def _history(archive: Archive, ref: str) -> History:
    view = Remembered(archive.view(ref))
    return History(view, recorded_of(archive, view.graceid))


def _related(archive: Archive, own: History) -> list[str]:
    """The objects of the archive that an object's record names: a superevent's events, an event's superevent."""
    final = own.final
    named = [*(final.get("gw_events") or ()), *(final.get("em_events") or ()), final.get("preferred_event")]
    named += [final.get("superevent"), *(name for name, _ in own.intervals.members.intervals)]
    found = dict.fromkeys(archive.owner(str(name)) for name in named if name)
    return [graceid for graceid in found if graceid and graceid != own.graceid and _whole(archive, graceid)]


def _whole(archive: Archive, graceid: str) -> bool:
    """Whether a history can be told of an object; of one that can't, the film of another does without it."""
    try:
        archive.capture(graceid)
    except (NotFound, GracetapeError):
        return False
    return True


def _told(entry: Entry, service: str, own: bool) -> Record:
    """What the page tells of an entry; names that do not apply are left out."""
    record, act = entry.record, entry.act
    comment = str(record.get("comment") or "")
    html = shown_html(comment, service) if own else None
    whole = own and html is None
    text = comment[:MOST] if whole else plain(comment)[:LINE]
    found: Record = {"n": entry.n, "t": entry.created.timestamp(), "act": act.name, "text": text or _said(entry)}
    issuer = record.get("issuer")
    who = issuer.get("username") if isinstance(issuer, dict) else issuer
    optional = {"who": who, "html": html, "file": record.get("filename") or None}
    found |= {name: value for name, value in optional.items() if value is not None}
    if "file" in found:
        found["version"] = record.get("file_version")
    return found


def _said(entry: Entry) -> str:
    """What an entry without words tells of."""
    params = ", ".join(str(value) for value in entry.act.params.values() if isinstance(value, (str, int, float)))
    return f"{entry.act.name.replace('_', ' ')} {params}".strip()


def _file(entry: FileEntry, place: int) -> Record:
    found: Record = {"name": entry.name, "version": entry.version, "size": entry.size, "from": place}
    return found | ({"sha256": entry.sha256} if entry.sha256 else {"absent": entry.absent or "absent"})


def _version(capture: Capture) -> Record:
    return {
        "ref": capture.ref, "origin": capture.origin, "tool": capture.tool, "completed": capture.completed,
        "service": capture.service, "started": capture.started,
    }  # fmt: skip


def _about(history: History) -> Record:
    """An object of the time line, as its lane names it."""
    final = history.final
    names = ("group", "pipeline", "search", "instruments", "gw_id")
    return {"id": history.graceid, "category": history.category} | {
        name: str(final[name]) for name in names if final.get(name)
    }


def _kind(kind: Kind) -> Record:
    """A kind of record: whether its records come and stay (numbered) or hold from one place to another, and the act that brings one."""
    return {"name": kind.name, "numbered": kind.numbered, "act": kind.act}
