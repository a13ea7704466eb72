"""Pulls whole objects: record, logs, labels, files and the rest, and for a superevent its member events."""

import fnmatch
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gracetape.archive import Archive, ArchiveError, Capture, FileEntry, category_of
from gracetape.archive.services import keep_service, same_object
from gracetape.archive.view import StoredView
from gracetape.capture.errors import Absent
from gracetape.capture.files import Wanted, download, named, versions
from gracetape.capture.progress import Progress, Silent
from gracetape.capture.records import LISTS, Record, fetch, fetch_list, fetch_root
from gracetape.capture.service import ask, without_login
from gracetape.errors import GracetapeError

CONNECTIONS = 8


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


def capture(
    ids: Iterable[str],
    archive: Archive,
    client: Any,
    *,
    files: bool = True,
    pattern: str | None = None,
    with_events: bool = True,
    recapture: bool = False,
    connections: int = CONNECTIONS,
    progress: Progress | None = None,
) -> list[CaptureResult]:
    """Pull objects through a `ligo.gracedb` client into an archive, each kept as soon as it is whole.

    `pattern` (like `*.fits*`) says which files to fetch, `with_events` takes the members of superevents too, `recapture`
    fetches every file again. An object that has not changed gives no new version. With each goes the service's root document,
    which tells what the server was set up with. Raises ArchiveError.
    """
    shown = progress or Silent()
    results: dict[str, CaptureResult] = {}
    waiting = list(ids)
    for graceid in waiting:
        category_of(graceid)
    root = fetch_root(client) if waiting else {}
    while waiting:
        graceid = waiting.pop(0)
        if graceid in results:
            continue
        record = fetch(client, graceid)
        own = record.get("superevent_id") or record.get("graceid") or graceid
        if own not in results:
            choice = _Choice(files, pattern)
            results[own] = _Pull(archive, client, own, record, root, choice, recapture, connections, shown).run()
        results.setdefault(graceid, results[own])
        if with_events:
            waiting[:0] = [member for member in _members(record) if member not in results]
    return list({result.capture.object: result for result in results.values()}.values())


def _members(record: Record) -> list[str]:
    named = [*(record.get("gw_events") or []), *(record.get("em_events") or [])]
    if preferred := record.get("preferred_event"):
        named.append(preferred)
    if not named and isinstance(data := record.get("preferred_event_data"), dict) and data.get("graceid"):
        named.append(data["graceid"])  # all that anonymous users see
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
        self, archive: Archive, client: Any, graceid: str, record: Record, root: Record, choice: Any,
        recapture: bool, connections: int, progress: Progress,
    ) -> None:  # fmt: skip
        self.archive, self.client, self.graceid, self.record, self.root = archive, client, graceid, record, root
        self.choice, self.recapture, self.connections, self.progress = choice, recapture, connections, progress
        self.notes: dict[str, Any] = {}

    @property
    def service(self) -> str:
        return without_login(str(getattr(self.client, "_service_url", "")))

    def run(self) -> CaptureResult:
        self.progress.begin(self.graceid)
        with ThreadPoolExecutor(max_workers=self.connections) as pool:
            asked = pool.submit(self._listing)
            lists = dict(zip((rows.kind for rows in LISTS), pool.map(self._list, LISTS), strict=True))
            listing = asked.result()
        known = {} if self.recapture else self._known()
        capture = self._start(lists)
        wanted = versions(listing, lists["log"])
        result = self._files(capture, wanted, known)
        result.logs = len(lists["log"])
        result.capture, result.new = self._finish(capture)
        self.progress.end(result)
        return result

    def _list(self, rows: Any) -> list[Record]:
        found, missing = fetch_list(self.client, self.graceid, rows)
        if missing:
            self.notes.setdefault("not given", {})[rows.method] = missing
        return found

    def _listing(self) -> dict[str, str]:
        try:
            listing = ask(lambda: self.client.files(self.graceid).json(), f"the files of {self.graceid}")
        except Absent as error:
            self.notes.setdefault("not given", {})["files"] = str(error)
            return {}
        return named(listing)

    def _known(self) -> dict[tuple[str, int], FileEntry]:
        """File versions that are here from earlier captures, finished or not: they never change on a server."""
        found = {}
        for old in self.archive.captures(self.graceid, unfinished=True):
            if old.service == self.service and old.origin == "capture":
                for entry in StoredView(self.archive, old).files():
                    if entry.sha256 is not None:
                        found[entry.name, entry.version] = entry
        return found

    def _start(self, lists: dict[str, list[Record]]) -> Capture:
        """The unfinished capture with all records in it: the one that an interrupted run left, or a new one."""
        with self.archive.transaction() as tx:
            left = [c for c in self.archive.captures(self.graceid, unfinished=True) if c.completed is None]
            mine = [c for c in left if c.service == self.service and not self.recapture]
            for other in left:
                if other not in mine[-1:]:
                    tx.drop(other)
            capture = mine[-1] if mine else tx.begin(self.graceid, self.service, "capture")
            for kind, key, _, _ in list(StoredView(self.archive, capture).items()):
                tx.delete(capture, kind, key)
            tx.put(capture, "object", "", self.record)
            if self.root:
                keep_service(tx, capture, self.root)
            for rows in LISTS:
                for i, record in enumerate(lists[rows.kind], start=1):
                    tx.put(capture, rows.kind, rows.key(record, i), record, order=i)
            tx.note(capture, self.notes)
        return capture

    def _files(self, capture: Capture, wanted: list[Wanted], known: dict[tuple[str, int], FileEntry]) -> CaptureResult:
        result = CaptureResult(capture, True, 0, len(wanted))
        listed = {(file.name, file.version) for file in wanted}
        missing = []
        with self.archive.transaction() as tx:
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
        for file, blob in download(
            self.archive, capture, self.client, missing, self.connections, self.progress.arrived
        ):
            if isinstance(blob, str):
                result.absent.append(blob)
            else:
                result.fetched += 1
                result.bytes += blob.size
            self.progress.file(file.name)
        return result

    def _finish(self, capture: Capture) -> tuple[Capture, bool]:
        with self.archive.transaction() as tx:
            whole = [c for c in self.archive.captures(self.graceid) if c.origin != "dummy"]
            now = next(c for c in self.archive.captures(self.graceid, unfinished=True) if c.id == capture.id)
            if whole and same_object(self.archive, whole[-1], now) and json.loads(whole[-1].notes) == self.notes:
                tx.drop(now)
                if self.root:
                    keep_service(tx, whole[-1], self.root)
                return whole[-1], False
            return tx.finish(now), True


def capture_many(ids: Sequence[str], archive: Archive, client: Any, **options: Any) -> list[CaptureResult]:
    """`capture`, with what was already kept told in the error: nothing stored is lost."""
    try:
        return capture(ids, archive, client, **options)
    except GracetapeError as error:
        kept = [c.ref for c in archive.captures() if c.object in ids]
        if kept and len(ids) > 1:
            raise ArchiveError(f"{error} (kept so far: {', '.join(kept)})") from None
        raise
