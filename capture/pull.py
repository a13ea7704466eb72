"""Pulls whole objects: record, logs, labels, files and the rest, and for a superevent its member events; many at once."""

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from gracetape.archive import Archive, ArchiveError, category_of
from gracetape.archive.capture_notes import TAGS
from gracetape.archive.kinds import Record
from gracetape.archive.services import SERVICE
from gracetape.archive.view import StoredView
from gracetape.brokers.gracedb import Client, held
from gracetape.capture import CONNECTIONS
from gracetape.capture.errors import Interrupted, Unreachable
from gracetape.capture.hub import Hub
from gracetape.capture.in_a_row import InARow
from gracetape.capture.object_pull import CaptureResult as CaptureResult, Pull, Run
from gracetape.capture.objects import Objects, seen_by_public
from gracetape.capture.pace import Pace
from gracetape.capture.place import Place
from gracetape.capture.progress import Progress, Silent
from gracetape.capture.records import fetch_root
from gracetape.capture.service import without_login
from gracetape.errors import CaptureError, GracetapeError, UsageError

#: How many captures, and how many troubles, a sentence names.
_NAMED = 8


@dataclass(frozen=True)
class Missed:
    """An object that did not come, and why."""

    graceid: str
    error: GracetapeError


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
    max_rate: float | None = None,
    progress: Progress | None = None,
    as_public: bool = False,
) -> list[CaptureResult]:
    """Pull objects through a `ligo.gracedb` client into an archive, each kept as soon as it is whole.

    `archive` may be a path, or what opens or makes one: it is made when the first object's records have come, and not before.
    `pattern` (like `*.fits*`) says which files to fetch, `with_events` takes the members of superevents too, `recapture`
    fetches every file again. Questions go out over `connections` at once, `max_rate` a second at most. `as_public`: of superevents
    what the public sees is kept, of others nothing; what a server gives to who has no login is known by itself. An object that has not
    changed gives no new version; one that changes while it is read is read again. With each goes the service's root document, which tells
    what the server was set up with. An object that cannot be had does not keep the others from being captured. Raises ArchiveError,
    CaptureError.
    """
    asked = [ids] if isinstance(ids, str) else list(ids)
    for graceid in asked:  # told before anything is asked
        (seen_by_public if as_public else category_of)(graceid)
    found = capture_each(
        iter(asked), archive, client, files=files, pattern=pattern, with_events=with_events, recapture=recapture,
        connections=connections, max_rate=max_rate, progress=progress, as_public=as_public,
    )  # fmt: skip
    results: list[CaptureResult] = []
    come(found, results.append)
    return results


def come(found: Iterable["CaptureResult | Missed"], each: Callable[[CaptureResult], object]) -> None:
    """Let objects come, each of them told to `each`. CaptureError at the end if some did not; it says what is kept."""
    kept, missed, failed, first = Some(), Some(), Some(), None
    try:
        for one in found:
            if not isinstance(one, Missed):
                kept.add(one.capture.ref)
                for sentence in one.failed:
                    failed.add(sentence)
                each(one)
            elif first is None:
                first = one
            else:
                missed.add(one.graceid)
    except GracetapeError as error:
        if first is not None:
            missed.first(first.graceid)
        raise _ended(error, kept, missed) from None
    if first is not None:
        raise _ended(first.error, kept, missed)
    if failed.count:
        more = f" (and {failed.count - 1} files more)" if failed.count > 1 else ""
        raise CaptureError(f"{failed.names[0]}{more}; all else is kept, and the same capture asks for it again")


def _ended(error: GracetapeError, kept: "Some", missed: "Some") -> GracetapeError:
    """The error that ends a run, with what became of the objects that it does not name."""
    if isinstance(error, UsageError | Interrupted) or not (kept.count or missed.count):
        return error
    others = f"; not captured either: {missed}" if missed.count else ""
    so_far = f" (kept so far: {kept})" if kept.count else ""
    kind = CaptureError if isinstance(error, CaptureError) else ArchiveError
    return kind(f"{error}{others}{so_far}")


@dataclass
class Some:
    """Names, of which a sentence has the first few, and how many there are."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < _NAMED:
            self.names.append(name)

    def first(self, name: str) -> None:
        """Put a name before the others."""
        self.count, self.names = self.count + 1, [name, *self.names][:_NAMED]

    def __str__(self) -> str:
        more = self.count - len(self.names)
        return f"{', '.join(self.names)}{f' and {more} more' if more else ''}"


def capture_each(
    ids: Iterator[str],
    archive: Archive | str | Path | Callable[[], Archive],
    client: Any,
    *,
    files: bool = True,
    pattern: str | None = None,
    with_events: bool = True,
    recapture: bool = False,
    connections: int = CONNECTIONS,
    max_rate: float | None = None,
    progress: Progress | None = None,
    as_public: bool = False,
) -> Iterator[CaptureResult | Missed]:
    """As `capture`, of any number of ids, which are asked for as they are needed; yields what came of each object, as it comes.

    Ends with an error where nothing more can be had: the archive cannot be written, the server cannot be reached.
    """
    if connections < 1:
        raise UsageError(f"a server is asked over 1 connection or more, not {connections}")
    if max_rate is not None and not max_rate > 0:
        raise UsageError(f"a rate is a number of requests a second above 0, not {max_rate}")
    with held(client), Place(archive) as place, paced(client, max_rate):
        yield from _Capture(
            place, client, Hub(connections), Choice(files, pattern), with_events and not as_public, recapture,
            progress or Silent(), as_public,
        ).run(ids)  # fmt: skip


@contextmanager
def paced(client: Any, max_rate: float | None) -> Iterator[None]:
    """One pace for all that a client asks, unless it has one already."""
    before = getattr(client, "pace", None)
    if before is None or max_rate is not None:
        client.pace = Pace(max_rate)
    try:
        yield
    finally:
        client.pace = before


class _Capture:
    """One run, and what has come of it so far."""

    def __init__(
        self, place: Place, client: Any, hub: Hub[Pull], choice: "Choice", with_events: bool, recapture: bool,
        progress: Progress, as_public: bool,
    ) -> None:  # fmt: skip
        self.place, self.client, self.hub, self.progress = place, client, hub, progress
        self.with_events, self.as_public = with_events, as_public
        self._options = choice, recapture
        self._in_a_row = InARow(client, hub)

    def run(self, ids: Iterator[str]) -> Iterator[CaptureResult | Missed]:
        archive = self.place.known  # a sentence now, if there is something that is no archive
        first = next(ids, None)
        if first is None:
            return
        root = self._root(archive)
        choice, recapture = self._options
        tag = getattr(self.client, "root_tag", None)
        tags = {self.client.root_address: tag} if tag is not None else {}
        objects = Objects(
            self.client, self.hub, lambda graceid: Pull(run, graceid), with_events=self.with_events,
            on_more=self.progress.more,
        )  # fmt: skip
        run = Run(
            self.place,
            self.client,
            self.hub,
            root,
            tags,
            choice,
            recapture,
            self.progress,
            self.as_public,
            objects.claim,
        )
        following = chain((first,), ids)
        asked = map(seen_by_public, following) if self.as_public else following
        for pull, found in self.hub.run(objects.tasks(asked)):
            if isinstance(found, Exception):
                yield self._missed(pull, found)
            elif found is not None:
                yield found
                self._check_files(found)

    def _check_files(self, found: CaptureResult) -> None:
        """Raises an error if the server gives nobody's files any more: no other's need to be asked for then."""
        if not found.failed or found.fetched:
            self._in_a_row.came()
        elif self._in_a_row.is_the_last(error := Unreachable(found.failed[0])):
            raise error

    def _root(self, archive: Archive | None) -> Record:
        """The service's root document, which is not sent again if the newest capture has it as it is."""
        if archive is not None and isinstance(self.client, Client):
            service = without_login(self.client.asked)
            if (known := last_root(archive, service, self.client.root_address)) is not None:
                self.client.expect_root(*known)
        return self.hub.now(partial(fetch_root, self.client))

    def _missed(self, pull: Pull, error: Exception) -> Missed:
        """An object that did not come; raises the error if no other can come either."""
        if not isinstance(error, CaptureError) or isinstance(error, Interrupted):
            if isinstance(error, OSError):
                raise ArchiveError(f"cannot write to {self.place.archive.place}: {error.strerror or error}") from None
            raise error
        if self._in_a_row.is_the_last(error):
            raise error
        self.progress.missed(pull.asked_as, str(error))
        return Missed(pull.asked_as, error)


def last_root(archive: Archive, service: str, address: str) -> tuple[Record, str] | None:
    """The root document of a service that the newest capture from it keeps, and its ETag; None if it has none."""
    query = (
        "SELECT object || '@' || version FROM captures WHERE service = ? AND origin = 'capture' AND completed IS NOT NULL "
        "ORDER BY id DESC LIMIT 1"
    )
    row = archive.connection.execute(query, (service,)).fetchone()
    if row is None:
        return None
    newest = archive.capture(row[0])
    documents, tags = StoredView(archive, newest).records(SERVICE), newest.noted().get(TAGS)
    tag = tags.get(address) if isinstance(tags, dict) else None
    return (documents[-1], tag) if documents and isinstance(tag, str) else None


@dataclass(frozen=True)
class Choice:
    """Which files' contents are asked for."""

    any: bool
    pattern: str | None

    def __call__(self, name: str) -> bool:
        return self.any and (self.pattern is None or fnmatch.fnmatch(name, self.pattern))
