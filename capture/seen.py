"""One look at an object: its record, its lists and its files as the server tells of them, each asked for only if it has changed."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gracetape.archive import Capture, category_of
from gracetape.archive.capture_notes import TAGS
from gracetape.archive.kinds import LISTED, Kind, Record
from gracetape.archive.owners import notes_of
from gracetape.archive.public_view import public_files, public_records
from gracetape.archive.shapes import is_text
from gracetape.archive.store import Archive
from gracetape.archive.view import StoredView
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.listing import Wanted, versions
from gracetape.capture.records import Answer, fetch, fetch_files, fetch_list, what_of
from gracetape.capture.service import without_login

#: What the list of files is called among what a server did not give.
FILES = "files"
_LOG = next(kind for kind in LISTED if kind.name == "log")


@dataclass
class Seen:
    """What a look gave. `files` are file versions with their addresses, None where the server said that those of the look before
    still hold; `tags` are ETags by address, `missing` says what the server did not give, and why.
    """

    record: Record
    lists: dict[str, list[Record]]
    files: list[Wanted] | None
    tags: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def is_kept(self, view: StoredView) -> bool:
        """Whether a capture has the record and the lists as they were seen."""
        return self.record == view.record() and all(self.lists[k.name] == view.records(k.name) for k in LISTED)

    def public_files(self) -> list[Wanted]:
        """The files of which a log entry tells that the public sees."""
        return public_files(self.files or [], public_records("log", self.lists["log"]))


def record_of(answer: Answer, before: Seen | None) -> Record:
    """An object's own record by an answer, or as it was before where that has not changed."""
    record: Record = answer.value if answer.changed or before is None else before.record
    return record


def own_name(asked_as: str, record: Record) -> str:
    """The id of an object that was asked for by one of its names: a superevent has several."""
    return str(record["superevent_id"]) if category_of(asked_as) == "superevent" else asked_as


def as_before(archive: Archive, graceid: str, client: Any) -> tuple[Capture, Seen] | None:
    """The newest capture of an object, if it was made of answers of that service, as a look that was taken earlier; else None."""
    asked = str(getattr(client, "_service_url", ""))
    if (owner := archive.owner(graceid)) is None:
        return None
    whole = [capture for capture in archive.captures(owner) if not capture.writable]
    if not whole or whole[-1].service != without_login(asked) or whole[-1].origin != "capture":
        return None
    return whole[-1], _stored(archive, whole[-1], asked)


def _stored(archive: Archive, capture: Capture, service: str) -> Seen:
    view = StoredView(archive, capture)
    kept = notes_of(capture).get(TAGS)
    tags = {service + str(end): tag for end, tag in kept.items() if is_text(tag)} if isinstance(kept, dict) else {}
    lists = {kind.name: view.records(kind.name) for kind in LISTED} if tags else {}
    return Seen(view.record(), lists, None, tags)


def kept_tags(tags: Mapping[str, str], service: str) -> dict[str, str]:
    """ETags as they are kept, without who asked for what."""
    return {address.removeprefix(service): tag for address, tag in tags.items() if address.startswith(service)}


class Look:
    """Looks at one object, once or again."""

    def __init__(self, hub: Hub[Any], task: Any, client: Any) -> None:
        self.hub, self.task, self.client = hub, task, client

    def begin(self, graceid: str, before: Seen | None) -> Steps[tuple[Answer, Answer]]:
        """The record and the log, before anything else is asked: what is asked later is at least as new."""
        record, log = yield from self.hub.answers(self.ask_again(graceid, before))
        return record, log

    def ask_again(self, graceid: str, before: Seen | None) -> list[Future[Answer]]:
        """Ask for the record and the log, whether or not they are as they were `before`."""
        tags = before.tags if before else {}
        questions = (partial(fetch, self.client, graceid, tags), partial(fetch_list, self.client, graceid, _LOG, tags))
        return [self.hub.ask(self.task, question) for question in questions]

    def rest(self, graceid: str, begun: tuple[Answer, Answer], before: Seen | None) -> Steps[Seen]:
        """Everything else. What has not changed is as it was `before`."""
        tags = before.tags if before else {}
        others = [kind for kind in LISTED if kind is not _LOG]
        questions = [partial(fetch_list, self.client, graceid, kind, tags) for kind in others]
        listing, *lists = yield from self.hub.ask_all(
            self.task, [partial(fetch_files, self.client, graceid, tags), *questions]
        )
        record, log = begun
        answers: list[tuple[Kind, Answer]] = [(_LOG, log), *zip(others, lists, strict=True)]
        found = {kind.name: _value(answer, before, kind) for kind, answer in answers}
        seen = Seen(
            record_of(record, before),
            {kind.name: found[kind.name] for kind in LISTED},
            versions(listing.value, found["log"]) if listing.changed else (before.files if before else []),
        )
        for answer in (record, listing, *(answer for _, answer in answers)):
            seen.tags.update(answer.tags)
        seen.missing = {what_of(kind): answer.missing for kind, answer in answers if answer.missing}
        if listing.missing:
            seen.missing[FILES] = listing.missing
        return seen

    def addresses(self, graceid: str, seen: Seen) -> Steps[None]:
        """Ask for the files' addresses after all, where the server had said that the list has not changed."""
        (listing,) = yield from self.hub.ask_all(self.task, [partial(fetch_files, self.client, graceid)])
        seen.files = versions(listing.value, seen.lists["log"])
        if listing.missing:
            seen.missing[FILES] = listing.missing
        seen.tags.update(listing.tags)

    def stood_still(self, again: list[Future[Answer]], seen: Seen) -> Steps[bool]:
        """Whether the object's record and log are still as they were seen: whatever happens to an object, one of them tells of it."""
        record, log = yield from self.hub.answers(again)
        return (not record.changed or record.value == seen.record) and (
            not log.changed or log.value == seen.lists["log"]
        )


def _value(answer: Answer, before: Seen | None, kind: Kind) -> list[Record]:
    if answer.changed or before is None:
        found: list[Record] = answer.value
        return found
    return before.lists[kind.name]
