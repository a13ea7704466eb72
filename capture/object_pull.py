"""One object on its way from a server into the archive: looked at, kept, and looked at again until it stands still."""

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from gracetape.archive import Archive, Capture, FileEntry, category_of
from gracetape.archive.capture_notes import TAGS, TORN
from gracetape.archive.kinds import LISTED, Record
from gracetape.archive.owners import NOTE, notes_of
from gracetape.archive.public_view import NOTE as AS_PUBLIC, is_shortened, public_record, public_records
from gracetape.archive.services import SERVICE, keep_service, same_object
from gracetape.archive.view import StoredView
from gracetape.capture.files import Downloads
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.listing import Wanted
from gracetape.capture.place import Place
from gracetape.capture.progress import Progress
from gracetape.capture.seen import FILES, Look, Seen, as_before, kept_tags, own_name, record_of
from gracetape.capture.service import without_login
from gracetape.capture.stored import Stored
from gracetape.capture.transfers import Absence
from gracetape.capture.withheld import NOT_GIVEN, Earlier, earlier
from gracetape.errors import CaptureError

#: How often an object that does not stand still is read before what was read is kept as it is, marked `torn`.
LOOKS = 5


@dataclass
class CaptureResult:
    """What came of one object: its capture, whether that is a new version, what was fetched (files, bytes) and what not (`kept`:
    of that, what an earlier version has; `failed`: at what of that the server failed), and what moved while it was captured (`torn`;
    empty if it stood still). `withheld`: what the version before has and the server gives no longer; `unasked`: files that are not
    here, and were not to be fetched.
    """

    capture: Capture
    new: bool
    logs: int
    files: int
    fetched: int = 0
    bytes: int = 0
    absent: list[str] = field(default_factory=list)
    kept: int = 0
    torn: str = ""
    withheld: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unasked: int = 0

    def __repr__(self) -> str:
        return f"<CaptureResult {self.capture.ref}{' (new)' if self.new else ''}, {self.logs} logs, {self.fetched} of {self.files} files fetched>"


@dataclass(frozen=True)
class Run:
    """What is the same for all objects of one run."""

    place: Place
    client: Any
    hub: Hub[Any]
    root: Record
    root_tags: dict[str, str]
    choice: Callable[[str], bool]
    recapture: bool
    progress: Progress
    as_public: bool
    claim: Callable[[str, str, Record], bool]

    @property
    def service(self) -> str:
        return without_login(str(getattr(self.client, "_service_url", "")))

    @property
    def asked(self) -> str:
        """The service as its addresses begin when we ask."""
        return str(getattr(self.client, "_service_url", ""))


class Pull:
    """One object. What it comes to is a CaptureResult, or None if it turns out to be one that is on its way already."""

    def __init__(self, run: Run, graceid: str) -> None:
        self.on, self.graceid = run, graceid
        self.asked_as = graceid
        self.as_public = False
        self.notes: dict[str, Any] = {}
        self.earlier: Earlier | None = None

    @property
    def archive(self) -> Archive:
        return self.on.place.archive

    @property
    def _stored(self) -> Stored:
        return Stored(self.on.hub, self, self.on.place, self.on.service, self.graceid)

    def run(self) -> Steps[CaptureResult | None]:
        before, seen = self._before(), None
        base = before[1] if before else None
        look = Look(self.on.hub, self, self.on.client)
        result: CaptureResult | None = None
        for count in itertools.count(1):
            begun = yield from look.begin(self.asked_as, seen or base)
            if seen is None and not self._is_ours(record_of(begun[0], base)):
                return None
            self.earlier = self.earlier or earlier(self.on.place.known, self.graceid, self.on.service)
            seen = yield from look.rest(self.asked_as, begun, seen or base)
            if before is not None and result is None:
                unchanged = yield from self._unchanged(before[0], seen)
                if unchanged is not None:
                    return unchanged
            if seen.files is None:
                yield from look.addresses(self.asked_as, seen)
            still, result = yield from self._keep(look, seen, result)
            if still or count == LOOKS:
                if not still:
                    result.torn = self.notes[TORN] = f"it changed each of the {LOOKS} times that it was read"
                result.capture, result.new = self._finish(result.capture)
                if result.new and self.earlier is not None:
                    result.withheld = [*self.earlier.told(seen, as_public=self.as_public, kept=result.kept)]
                self.on.progress.end(result)
                return result
        raise AssertionError("unreachable")

    def _is_ours(self, record: Record) -> bool:
        """Whether the object is on its way under no other of its names."""
        self.graceid = own_name(self.asked_as, record)
        superevent = category_of(self.asked_as) == "superevent"
        self.as_public = superevent and (self.on.as_public or is_shortened(record))
        if not self.on.claim(self.asked_as, self.graceid, record):
            return False
        self.on.progress.begin(self.graceid)
        return True

    # -- what is here already

    def _before(self) -> tuple[Capture, Seen] | None:
        """The newest capture of the object, and how the object looked then; None if it tells nothing of what is asked now."""
        archive = self.on.place.known
        if (
            archive is None or self.on.recapture or self.on.as_public
        ):  # what was shortened is not what the server answered
            return None
        return as_before(archive, self.graceid, self.on.client)

    def _unchanged(self, before: Capture, seen: Seen) -> Steps[CaptureResult | None]:
        """What comes of an object of which the server tells nothing new, with all that was asked for here; None if that is not so."""
        view = StoredView(self.archive, before)
        kept = notes_of(before)
        if kept.get(TORN) or _but_tags(kept) != self._said(seen) or not seen.is_kept(view):
            return None
        entries = view.files()
        listed = None if seen.files is None else [(file.name, file.version) for file in self._shown(seen)]
        if listed is not None and listed != [(entry.name, entry.version) for entry in entries]:
            return None
        if any(entry.sha256 is None and self.on.choice(entry.name) for entry in entries):
            return None
        held = {entry.sha256 for entry in entries if entry.sha256 is not None}
        if (yield from self._stored.sound(held)) != held:
            return None
        tags = kept_tags(seen.tags, self.on.asked) | self.on.root_tags
        if kept.get(TAGS) != tags or self.on.root not in view.records(SERVICE):
            with self.archive.transaction() as tx:
                if tags:
                    tx.note(before, _but_tags(kept) | {TAGS: tags})
                if self.on.root:
                    keep_service(tx, before, self.on.root)
        unasked = sum(entry.sha256 is None for entry in entries)
        result = CaptureResult(
            self.archive.capture(before.ref), False, len(seen.lists["log"]), len(entries), unasked=unasked
        )
        self.on.progress.end(result)
        return result

    # -- keeping

    def _said(self, seen: Seen) -> dict[str, Any]:
        """The notes of what was seen."""
        missing = {NOT_GIVEN: seen.missing} if seen.missing and not self.as_public else {}
        return {**({AS_PUBLIC: True} if self.as_public else {}), **missing}

    def _shown(self, seen: Seen) -> list[Wanted]:
        """The file versions that are to be kept."""
        if not self.as_public:
            return self.earlier.files() if FILES in seen.missing and self.earlier is not None else seen.files or []
        return seen.public_files()

    def _keep(self, look: Look, seen: Seen, result: CaptureResult | None) -> Steps[tuple[bool, CaptureResult]]:
        """Put what was seen into an unfinished capture, and fetch the files that are not here; whether the object stood still."""
        self.notes = self._said(seen)
        tags = {} if self.on.as_public else kept_tags(seen.tags, self.on.asked) | self.on.root_tags
        notes = self.notes | ({TAGS: tags} if tags else {})
        known, wanted = (yield from self._here(result)), self._shown(seen)
        with Downloads(self.on.hub, self, self.on.place, self.graceid, self.on.client, self.on.progress) as downloads:
            # The server has them ready while the records are brought to the disk.
            asked = [
                file
                for file in wanted
                if file.url and (file.name, file.version) not in known and self.on.choice(file.name)
            ]
            downloads.ask(asked)
            yield from self.on.hub.turn(self)
            try:
                capture = self._start(seen, notes, result.capture if result else None)
            except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
                why = f"{type(error).__name__}: {error}"
                raise CaptureError(f"{self.graceid}: its records cannot be kept: {why}") from None
            self.on.hub.had_turn(self)
            missing = self._share(capture, wanted, known, seen.missing.get(FILES))
            self.on.progress.files(self.graceid, len(missing))
            downloads.ask(file for file in missing if file not in asked)
            yield from downloads.arrive(capture)
            again = look.ask_again(self.asked_as, seen)  # while the last of them are kept
            downloads.keep(capture)
            still = yield from look.stood_still(again, seen)
        come = [blob for _, blob in downloads.found if not isinstance(blob, Absence)]
        refused = {(file.name, file.version): blob for file, blob in downloads.found if isinstance(blob, Absence)}
        kept = (yield from self._kept_anyway(capture, refused)) if refused and self.on.recapture else set()
        absent = [blob.why for place, blob in refused.items() if place not in kept]
        failed = [blob.why for place, blob in refused.items() if blob.failed]
        result = result or CaptureResult(capture, True, 0, 0)
        unasked = sum(not self.on.choice(file.name) for file in wanted if (file.name, file.version) not in known)
        return still, replace(
            result, capture=capture, logs=len(seen.lists["log"]), files=len(wanted), fetched=result.fetched + len(come),
            bytes=result.bytes + sum(blob.size for blob in come), absent=absent, kept=len(kept), failed=failed, unasked=unasked,
        )  # fmt: skip

    def _here(self, result: CaptureResult | None) -> Steps[dict[tuple[str, int], FileEntry]]:
        """The file versions that are here: those of the look before, or of earlier captures."""
        if result is None:
            return {} if self.on.recapture else (yield from self._stored.files())
        entries = StoredView(self.archive, result.capture).files()
        return {(entry.name, entry.version): entry for entry in entries if entry.sha256}

    def _kept_anyway(self, capture: Capture, refused: Collection[tuple[str, int]]) -> Steps[set[tuple[str, int]]]:
        """Let the capture have what the server refuses now, and gave once."""
        known = yield from self._stored.files()
        with self.archive.transaction() as tx:
            self.on.place.check(capture)
            kept = {place: known[place] for place in refused if place in known and self.archive.lists(known[place])}
            for (name, version), entry in kept.items():
                tx.add_file(capture, name, self.archive.blob(entry.sha256 or ""), version)
        return set(kept)

    def _start(self, seen: Seen, notes: dict[str, Any], capture: Capture | None) -> Capture:
        """The unfinished capture with all records in it: ours, the one that an interrupted run left, or a new one."""
        record = public_record(seen.record) if self.as_public else seen.record
        with self.archive.transaction() as tx:
            if capture is not None:
                capture = self.on.place.check(capture)
            else:
                left = self._stored.left()
                mine = [c for c in left if c.service == self.on.service]
                capture = mine[-1] if mine else tx.begin(self.graceid, self.on.service, "capture")
                for other in left:
                    if other.id != capture.id:
                        tx.drop(other)
                if self.on.recapture:
                    for entry in list(StoredView(self.archive, capture).files()):
                        tx.remove_file(capture, entry)
            tx.note(capture, notes | {NOTE: self.on.place.owner.token})
            for name, key, _, _ in list(StoredView(self.archive, capture).items()):
                tx.delete(capture, name, key)
            tx.put(capture, "object", "", record)
            for kind in LISTED:
                rows = seen.lists[kind.name]
                for i, row in enumerate(public_records(kind.name, rows) if self.as_public else rows, start=1):
                    tx.put(capture, kind.name, kind.key(row, i), row, order=i)
            if self.on.root:
                keep_service(tx, capture, self.on.root)
        return capture

    def _share(
        self, capture: Capture, wanted: list[Wanted], known: dict[tuple[str, int], FileEntry], withheld: str | None
    ) -> list[Wanted]:
        """Let the capture have the files that are here; those that are to be fetched. `withheld`: why nothing can be asked for."""
        listed, missing = {(file.name, file.version) for file in wanted}, []
        with self.archive.transaction() as tx:
            self.on.place.check(capture)
            known = {place: entry for place, entry in known.items() if self.archive.lists(entry)}
            held = set()
            for entry in StoredView(self.archive, capture).files():
                if (entry.name, entry.version) not in listed or entry.sha256 is None:
                    tx.remove_file(capture, entry)
                else:
                    held.add((entry.name, entry.version, entry.sha256))
            for file in wanted:
                if kept := known.get((file.name, file.version)):
                    if (file.name, file.version, kept.sha256) not in held:
                        tx.add_file(capture, file.name, self.archive.blob(kept.sha256 or ""), file.version)
                elif not self.on.choice(file.name):
                    tx.add_file(capture, file.name, None, file.version, absent="not asked for when it was captured")
                elif not file.url:
                    tx.add_file(capture, file.name, None, file.version, absent=withheld)
                else:
                    missing.append(file)
        return missing

    def _finish(self, capture: Capture) -> tuple[Capture, bool]:
        """Let readers see the capture, unless the one before or after it, which others may have made, is the same."""
        with self.archive.transaction() as tx:
            now = self.on.place.check(capture)
            said = {name: value for name, value in notes_of(now).items() if name == TAGS}
            whole = [c for c in self.archive.captures(self.graceid) if not c.writable]
            before, after = [c for c in whole if c.id < now.id], [c for c in whole if c.id > now.id]
            for other in (*before[-1:], *after[:1]):
                if same_object(self.archive, other, now) and _but_tags(notes_of(other)) == self.notes:
                    tx.drop(now)
                    if said:
                        tx.note(other, self.notes | said)
                    if self.on.root:
                        keep_service(tx, other, self.on.root)
                    return other, False
            tx.note(now, self.notes | said)
            return tx.finish(now), True


def _but_tags(notes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in notes.items() if name != TAGS}
