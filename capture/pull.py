"""Pulls whole objects: record, logs, labels, files and the rest, and for a superevent its member events."""

import fnmatch
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from gracetape.archive import Archive, ArchiveError, Capture, FileEntry, category_of
from gracetape.archive.kinds import LISTED, Kind, Record
from gracetape.archive.owners import NOTE, is_alive, notes_of, owner_of
from gracetape.archive.public_view import NOTE as AS_PUBLIC, is_shortened, public_record, public_records
from gracetape.archive.services import keep_service, same_object
from gracetape.archive.shapes import is_category
from gracetape.archive.view import StoredView
from gracetape.brokers.gracedb import held
from gracetape.capture import CONNECTIONS
from gracetape.capture.errors import Absent
from gracetape.capture.files import Wanted, download, named, versions
from gracetape.capture.place import Place
from gracetape.capture.progress import Progress, Silent
from gracetape.capture.records import fetch, fetch_list, fetch_root, what_of
from gracetape.capture.service import ask, limits_of, without_login
from gracetape.errors import CaptureError, GracetapeError, UsageError


@dataclass
class CaptureResult:
    """What came of one object: its capture, whether that is a new version, what was fetched (files, bytes) and what not."""

    capture: Capture
    new: bool
    logs: int
    files: int
    fetched: int = 0
    bytes: int = 0
    absent: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<CaptureResult {self.capture.ref}{' (new)' if self.new else ''}, {self.logs} logs, {self.fetched} of {self.files} files fetched>"


def capture(
    ids: str | Iterable[str],
    archive: Archive | str | Path | Callable[[], Archive],
    client: Any,
    *,
    files: bool = True,
    pattern: str | None = None,
    with_events: bool = True,
    recapture: bool = False,
    connections: int = CONNECTIONS,
    progress: Progress | None = None,
    as_public: bool = False,
) -> list[CaptureResult]:
    """Pull objects through a `ligo.gracedb` client into an archive, each kept as soon as it is whole.

    `archive` may be a path, or what opens or makes one: it is made when the first object's records have come, and not before.
    `pattern` (like `*.fits*`) says which files to fetch, `with_events` takes the members of superevents too, `recapture`
    fetches every file again. `as_public`: of superevents what the public sees is kept, of others nothing; what a server gives to who
    has no login is known by itself. An object that has not changed gives no new version. With each goes the service's root document,
    which tells what the server was set up with. Raises ArchiveError.
    """
    if connections < 1:
        raise UsageError(f"files are fetched over 1 connection or more, not {connections}")
    ids = [ids] if isinstance(ids, str) else list(ids)
    if as_public and (events := [graceid for graceid in ids if category_of(graceid) == "event"]):
        raise UsageError(f"the public sees no events: {events[0]} cannot be captured as public, its superevent can")
    choice, shown = _Choice(files, pattern), progress or Silent()
    results: dict[str, CaptureResult] = {}
    with held(client), Place(archive) as place:
        pull = partial(
            _Pull, place, client, choice=choice, recapture=recapture, connections=connections, progress=shown,
            as_public=as_public,
        )  # fmt: skip
        try:
            _pull_all(ids, client, pull, results, with_events and not as_public)
        except GracetapeError as error:
            kept = [result.capture.ref for result in _once(results)]
            if kept:
                kind = CaptureError if isinstance(error, CaptureError) else ArchiveError
                raise kind(f"{error} (kept so far: {', '.join(kept)})") from None
            raise
    return _once(results)


def _once(results: dict[str, CaptureResult]) -> list[CaptureResult]:
    """Each object's result, whatever names it was asked by."""
    return list({result.capture.object: result for result in results.values()}.values())


def _pull_all(
    waiting: list[str],
    client: Any,
    pull: Callable[[str, Record, Record], "_Pull"],
    results: dict[str, CaptureResult],
    with_events: bool,
) -> None:
    """Pull objects one after another, a superevent's members after it, into `results`."""
    for graceid in waiting:
        category_of(graceid)
    root = fetch_root(client) if waiting else {}
    while waiting:
        graceid = waiting.pop(0)
        if graceid in results:
            continue
        record = fetch(client, graceid)
        superevent = category_of(graceid) == "superevent"  # an event has no members, whatever its record says
        hidden = superevent and is_shortened(record)  # the server takes us for anybody: it would give none of them
        members = _members(record, limits_of(client).members) if superevent and with_events and not hidden else []
        own = record["superevent_id"] if superevent else graceid
        if own not in results:
            results[own] = pull(own, record, root).run()
        results.setdefault(graceid, results[own])
        waiting[:0] = [member for member in members if member not in results]


def _members(record: Record, most: int) -> list[str]:
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


@dataclass(frozen=True)
class _Choice:
    """Which files' contents are asked for."""

    any: bool
    pattern: str | None

    def __call__(self, name: str) -> bool:
        return self.any and (self.pattern is None or fnmatch.fnmatch(name, self.pattern))


class _Pull:
    """One object on its way into the archive."""

    def __init__(
        self, place: Place, client: Any, graceid: str, record: Record, root: Record, *, choice: Any,
        recapture: bool, connections: int, progress: Progress, as_public: bool = False,
    ) -> None:  # fmt: skip
        self.place, self.client, self.graceid, self.record, self.root = place, client, graceid, record, root
        self.choice, self.recapture, self.connections, self.progress = choice, recapture, connections, progress
        self.as_public = category_of(graceid) == "superevent" and (as_public or is_shortened(record))
        self.notes: dict[str, Any] = {AS_PUBLIC: True} if self.as_public else {}
        if self.as_public:
            self.record = public_record(record)

    @property
    def archive(self) -> Archive:
        return self.place.archive

    @property
    def service(self) -> str:
        return without_login(str(getattr(self.client, "_service_url", "")))

    def run(self) -> CaptureResult:
        self.progress.begin(self.graceid)
        with ThreadPoolExecutor(max_workers=self.connections) as pool:
            asked = pool.submit(self._listing)
            lists = dict(zip((kind.name for kind in LISTED), pool.map(self._list, LISTED), strict=True))
            listing = asked.result()
        if self.as_public:
            lists = {name: public_records(name, records) for name, records in lists.items()}
            self.notes.pop("not given", None)
        wanted = versions(listing, lists["log"])
        if self.as_public:
            shown = {(log.get("filename"), log.get("file_version")) for log in lists["log"]}
            wanted = [file for file in wanted if (file.name, file.version) in shown]
        try:
            capture = self._start(lists)
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
            raise CaptureError(f"{self.graceid}: its records cannot be kept: {type(error).__name__}: {error}") from None
        result = self._files(capture, wanted)
        result.logs = len(lists["log"])
        result.capture, result.new = self._finish(capture)
        self.progress.end(result)
        return result

    def _list(self, kind: Kind) -> list[Record]:
        found, missing = fetch_list(self.client, self.graceid, kind)
        if missing:
            self.notes.setdefault("not given", {})[what_of(kind)] = missing
        return found

    def _listing(self) -> dict[str, str]:
        what = f"the files of {self.graceid}"
        try:
            listing = ask(self.client, lambda: self.client.files(self.graceid).json(), what)
        except Absent as error:
            self.notes.setdefault("not given", {})["files"] = str(error)
            return {}
        return named(listing, what)

    def _known(self) -> dict[tuple[str, int], FileEntry]:
        """File versions that are here from earlier captures, finished or not: they never change on a server."""
        found, whole = {}, {}
        for old in self.archive.captures(self.graceid, unfinished=True):
            if old.service == self.service and old.origin == "capture":
                for entry in StoredView(self.archive, old).files():
                    if entry.sha256 not in whole:  # what was lost or damaged since is fetched again
                        whole[entry.sha256] = self.archive.holds(entry)
                    if whole[entry.sha256]:
                        found[entry.name, entry.version] = entry
        return found

    def _start(self, lists: dict[str, list[Record]]) -> Capture:
        """The unfinished capture with all records in it: the one that an interrupted run left, or a new one."""
        with self.archive.transaction() as tx:
            left = self._left()
            mine = [c for c in left if c.service == self.service]
            capture = mine[-1] if mine else tx.begin(self.graceid, self.service, "capture")
            tx.note(capture, self.notes | {NOTE: self.place.owner.token})
            for other in left:
                if other.id != capture.id:
                    tx.drop(other)
            for name, key, _, _ in list(StoredView(self.archive, capture).items()):
                tx.delete(capture, name, key)
            if self.recapture:
                for entry in list(StoredView(self.archive, capture).files()):
                    tx.remove_file(capture, entry)
            tx.put(capture, "object", "", self.record)
            for kind in LISTED:
                for i, record in enumerate(lists[kind.name], start=1):
                    tx.put(capture, kind.name, kind.key(record, i), record, order=i)
            if self.root:
                keep_service(tx, capture, self.root)
        return capture

    def _left(self) -> list[Capture]:
        """What interrupted runs left unfinished. What somebody is at work on is not ours to go on with, nor to drop."""
        unfinished = [c for c in self.archive.captures(self.graceid, unfinished=True) if c.completed is None]
        left = [c for c in unfinished if c.origin == "capture"]
        return [c for c in left if not is_alive(self.archive, owner_of(c))]

    def _files(self, capture: Capture, wanted: list[Wanted]) -> CaptureResult:
        result = CaptureResult(capture, True, 0, len(wanted))
        listed = {(file.name, file.version) for file in wanted}
        missing = []
        known = {} if self.recapture else self._known()  # reads contents, so before the archive is held
        with self.archive.transaction() as tx:
            self.place.check(capture)
            known = {place: entry for place, entry in known.items() if self.archive.lists(entry)}
            for entry in StoredView(self.archive, capture).files():
                if (entry.name, entry.version) not in listed or entry.sha256 is None:
                    tx.remove_file(capture, entry)
            for file in wanted:
                if kept := known.get((file.name, file.version)):
                    tx.add_file(capture, file.name, self.archive.blob(kept.sha256 or ""), file.version)
                elif not self.choice(file.name):
                    tx.add_file(capture, file.name, None, file.version, absent="not asked for when it was captured")
                else:
                    missing.append(file)
        self.progress.files(len(missing))
        for file, blob in download(self.place, capture, self.client, missing, self.connections, self.progress.arrived):
            if isinstance(blob, str):
                result.absent.append(blob)
            else:
                result.fetched += 1
                result.bytes += blob.size
            self.progress.file(file.name)
        return result

    def _finish(self, capture: Capture) -> tuple[Capture, bool]:
        """Let readers see the capture, unless the one before or after it, which others may have made, is the same."""
        with self.archive.transaction() as tx:
            now = self.place.check(capture)
            whole = [c for c in self.archive.captures(self.graceid) if not c.writable]
            before, after = [c for c in whole if c.id < now.id], [c for c in whole if c.id > now.id]
            for other in (*before[-1:], *after[:1]):
                if same_object(self.archive, other, now) and notes_of(other) == self.notes:
                    tx.drop(now)
                    if self.root:
                        keep_service(tx, other, self.root)
                    return other, False
            tx.note(now, self.notes)
            return tx.finish(now), True
