"""What a capture would fetch: a task for each object that asks as a capture does, and keeps nothing."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gracetape.archive import Archive, FileEntry, category_of
from gracetape.archive.kinds import Record
from gracetape.archive.making import is_free
from gracetape.archive.public_view import is_shortened
from gracetape.archive.view import StoredView
from gracetape.brokers.gracedb import held
from gracetape.capture.errors import Interrupted
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.in_a_row import InARow
from gracetape.capture.listing import Wanted
from gracetape.capture.objects import Objects
from gracetape.capture.place import Place
from gracetape.capture.pull import Choice, paced
from gracetape.capture.records import fetch_root
from gracetape.capture.run import Asked, asking
from gracetape.capture.seen import Look, as_before, own_name, record_of
from gracetape.capture.service import without_login
from gracetape.capture.stored import Stored
from gracetape.capture.transfers import size_of
from gracetape.errors import CaptureError
from gracetape.progress import progress
from gracetape.tables import show_table
from gracetape.terminal import human_bytes, say, show_json

_LAST_WORDS = "stopped; nothing was to be kept"


@dataclass(frozen=True)
class Planned:
    """What would come of one object: its `state` (new, changed, unchanged), its files, those of them that would be fetched, how large
    these are in bytes, and of how many the server does not tell it."""

    id: str
    state: str
    logs: int
    files: int
    fetched: int
    bytes: int
    unknown: int


class Plan:
    """Looks at objects for what a capture of them would fetch."""

    def __init__(
        self, client: Any, hub: Hub["_Task"], archive: Archive | None, choice: Choice, with_events: bool
    ) -> None:
        self.client, self.hub, self.archive, self.choice = client, hub, archive, choice
        self._total: int | None = 0
        self.objects = Objects(
            client, hub, lambda graceid: _Task(self, graceid), with_events=with_events, on_more=self._more
        )

    def of(self, asked: Asked) -> Iterator[Planned | Exception | None]:
        """What would come of each object, None for one that has another name too; how far that is, is told."""
        with progress("looking at objects", unit="objects") as done:
            self.hub.now(partial(fetch_root, self.client))
            for _, found in self.hub.run(self.objects.tasks(asked.found(self.client, self._more))):
                yield found
                done.total = self._total
                done.advance()

    def _more(self, objects: int | None) -> None:
        """So many more objects will come than was known; None: nobody can tell how many."""
        self._total = None if objects is None or self._total is None else self._total + objects


class _Task:
    def __init__(self, plan: Plan, graceid: str) -> None:
        self.plan, self.graceid = plan, graceid

    def run(self) -> Steps[Planned | None]:
        plan, asked_as = self.plan, self.graceid
        look = Look(plan.hub, self, plan.client)
        before = as_before(plan.archive, asked_as, plan.client) if plan.archive is not None else None
        base = before[1] if before else None
        begun = yield from look.begin(asked_as, base)
        record = record_of(begun[0], base)
        self.graceid = own_name(asked_as, record)
        if not plan.objects.claim(asked_as, self.graceid, record):
            return None
        seen = yield from look.rest(asked_as, begun, base)
        here: Collection[tuple[str, int]] = ()
        if plan.archive is not None:  # as a capture goes on with what interrupted ones left, and what others have
            service = without_login(str(getattr(plan.client, "_service_url", "")))
            here = yield from Stored(plan.hub, self, Place(plan.archive), service, self.graceid).files()
        state, listed = "new", 0
        if before is not None and plan.archive is not None:
            view = StoredView(plan.archive, before[0])
            listed = len(view.files())
            if seen.files is None and any(_is_wanted(entry, here, plan.choice) for entry in view.files()):
                yield from look.addresses(asked_as, seen)
            state = "unchanged" if seen.is_kept(view) else "changed"
        files = seen.public_files() if _is_public(self.graceid, record) else seen.files or []
        wanted = [file for file in files if _is_wanted(file, here, plan.choice)]
        if wanted and state == "unchanged":
            state = "changed"
        sizes = yield from plan.hub.ask_all(
            self, [partial(size_of, plan.client, file, self.graceid) for file in wanted]
        )
        told = [size for size in sizes if size is not None]
        count = listed if seen.files is None else len(files)
        return Planned(
            self.graceid, state, len(seen.lists["log"]), count, len(wanted), sum(told), len(sizes) - len(told)
        )


def _is_wanted(file: Wanted | FileEntry, here: Collection[tuple[str, int]], choice: Choice) -> bool:
    return (file.name, file.version) not in here and choice(file.name)


def _is_public(graceid: str, record: Record) -> bool:
    return category_of(graceid) == "superevent" and is_shortened(record)


def show_plan(
    path: Path | None,
    asked: Asked,
    url: str | None,
    api_version: str | None,
    *,
    as_json: bool,
    files: bool,
    pattern: str | None,
    with_events: bool,
    connections: int,
    max_rate: float | None,
) -> None:
    """Show what a capture into the archive at `path`, if there is one, would fetch. CaptureError at the end if some cannot be had."""
    failed: list[CaptureError] = []
    with ExitStack() as stack:
        client = stack.enter_context(asking(url, api_version, as_public=False, last_words=_LAST_WORDS))
        archive = stack.enter_context(Archive.open(path)) if path is not None and not is_free(path) else None
        stack.enter_context(held(client))
        stack.enter_context(paced(client, max_rate))
        plan = Plan(client, Hub(connections), archive, Choice(files, pattern), with_events)
        found = []
        in_a_row = InARow(client, plan.hub)
        for planned in plan.of(asked):
            if isinstance(planned, Exception):
                if not isinstance(planned, CaptureError) or isinstance(planned, Interrupted):
                    raise planned
                if in_a_row.is_the_last(planned):
                    raise planned
                failed.append(planned)
            elif planned is not None:
                in_a_row.came()
                found.append(planned)
        if asked.query is not None and not found and not failed and not as_json:
            say(asked.nothing)
        else:
            _show(found, as_json)
        if failed:
            more = f" (and {len(failed) - 1} others)" if len(failed) > 1 else ""
            raise CaptureError(f"{failed[0]}{more}")


def _show(found: list[Planned], as_json: bool) -> None:
    total = {
        "objects": len(found), "files": sum(one.fetched for one in found), "bytes": sum(one.bytes for one in found),
        "unknown": sum(one.unknown for one in found),
    }  # fmt: skip
    if as_json:
        show_json({"objects": [asdict(one) for one in found], "total": total})
        return
    rows = [(o.id, o.state, o.logs, o.files, o.fetched, human_bytes(o.bytes)) for o in found]
    show_table(["id", "state", ">logs", ">files", ">to fetch", ">size"], rows)
    unknown = f", besides {total['unknown']} files of unknown size" if total["unknown"] else ""
    say(f"{total['objects']} objects: {total['files']} files to fetch, {human_bytes(total['bytes'])}{unknown}")
