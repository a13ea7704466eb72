"""Asks a server for an object's own record and for its lists of records, every page, each record once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from gracetape.archive import category_of
from gracetape.archive.kinds import Kind, Record
from gracetape.archive.shapes import is_text
from gracetape.brokers.gracedb import unless
from gracetape.capture.answers import check_object, check_rows
from gracetape.capture.errors import Absent
from gracetape.capture.listing import named
from gracetape.capture.service import ask, limits_of
from gracetape.errors import CaptureError

_UNCHANGED = 304
#: An ETag that can be named again, and kept.
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,200}"')


@dataclass(frozen=True)
class Answer:
    """What a server answered: the `value`, None where it has not `changed` since the ETag that we named; `tags` are ETags by address,
    those that the next question may name. `missing` says why it does not give it.
    """

    value: Any
    changed: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None


def fetch(client: Any, graceid: str, tags: Mapping[str, str] | None = None) -> Answer:
    """The event's or superevent's own record."""
    question = client.event if category_of(graceid) == "event" else client.superevent
    answer = ask(client, lambda: _read(lambda: question(graceid), tags)[0], graceid)
    return replace(answer, value=check_object(answer.value, graceid)) if answer.changed else answer


def fetch_root(client: Any) -> Record:
    """The service's root document: its labels, groups, pipelines and other lists; empty if it is none."""
    found = ask(client, lambda: getattr(client, "service_info", None), "the root of the API")
    return found if isinstance(found, dict) else {}


def fetch_files(client: Any, graceid: str, tags: Mapping[str, str] | None = None) -> Answer:
    """The addresses of an object's files, by name; none and the reason why the server does not give them."""
    what = f"the files of {graceid}"
    try:
        answer = ask(client, lambda: _read(lambda: client.files(graceid), tags)[0], what)
    except Absent as error:
        return Answer({}, missing=str(error))
    return replace(answer, value=named(answer.value, what)) if answer.changed else answer


def fetch_list(client: Any, graceid: str, kind: Kind, tags: Mapping[str, str] | None = None) -> Answer:
    """The records of a list, every page; or none and the reason why the server does not give them."""
    if category_of(graceid) not in kind.categories:
        return Answer([])
    what = f"the {what_of(kind)} of {graceid}"
    try:
        address = _address(client, graceid, kind, what)
        if address is None:
            return Answer([])
        question = client.get if kind.template else getattr(client, kind.method)
        answer, size = ask(client, lambda: _read(lambda: question(address), tags), what)
        if not answer.changed:
            return answer
        pages = list(_pages(client, (answer.value, size), kind, what))
        found = _once(chain.from_iterable(pages), kind, what, limits_of(client).rows)
    except NotImplementedError:
        return Answer([])  # the server has no such list for this kind of object
    except Absent as error:
        if not kind.optional:
            raise
        return Answer([], missing=str(error))
    return Answer(found, tags=answer.tags if len(pages) == 1 else {})  # the first page says nothing of the others


def what_of(kind: Kind) -> str:
    """What a kind's list is called, to people and in notes."""
    return kind.method or f"{kind.name}s"


def _address(client: Any, graceid: str, kind: Kind, what: str) -> str | None:
    """What the question about a list is: the object's id, or the address that the service gives; None if it has no such list."""
    if not kind.template:
        return graceid
    templates = ask(client, lambda: getattr(client, "templates", {}), what)
    template = templates.get(kind.template) if isinstance(templates, Mapping) else None
    return str(template).format(graceid=graceid, superevent_id=graceid) if is_text(template) else None


def _read(question: Callable[[], Any], tags: Mapping[str, str] | None = None) -> tuple[Answer, int]:
    """The answer to a question, asked with the ETags that are known, and its length in bytes."""
    with unless(tags or {}):
        response = question()
    address = str(response.url)
    if response.status_code == _UNCHANGED:
        return Answer(None, changed=False, tags={address: (tags or {})[address]}), 0
    tag = response.headers.get("ETag", "")
    known = {address: tag} if _TAG.fullmatch(tag) and not response.history else {}
    return Answer(response.json(), tags=known), len(response.content)


def _pages(client: Any, first: tuple[Any, int], kind: Kind, what: str) -> Iterator[list[Record]]:
    """The pages of a list, each asked for once."""
    limits, seen = limits_of(client), set[str]()
    answer, total = first
    for _ in range(limits.pages):
        if total > limits.list_bytes:
            raise CaptureError(f"{what}: the list is longer than {limits.list_bytes:,} bytes (the limit list_bytes)")
        if not isinstance(answer, dict):
            raise CaptureError(f"{what}: the answer is no JSON object")
        name = next((name for name in kind.answered if name in answer), None)
        if name is None:
            raise CaptureError(f"{what}: the answer has none of {', '.join(kind.answered)} in it")
        yield check_rows(answer[name], kind, what)
        links = answer.get("links")
        following = answer.get("next") or (links.get("next") if isinstance(links, dict) else None)
        if not following:
            return
        if not is_text(following):
            raise CaptureError(f"{what}: the link to the next page is no text")
        if following in seen:
            raise CaptureError(f"{what}: the pages lead in a circle, back to {following[:120]}")
        seen.add(following)
        page, size = ask(client, lambda url=following: _read(lambda: client.get(url)), what)  # type: ignore[misc]
        answer = page.value
        total += size
    raise CaptureError(f"{what}: the list does not end after {limits.pages} pages (the limit pages)")


def _once(found: Iterable[Record], kind: Kind, what: str, most: int) -> list[Record]:
    """Each record once: pages shift while they are read. Two records of one key are none."""
    known: dict[str, Record] = {}
    for count, record in enumerate(found, start=1):
        if count > most:
            raise CaptureError(f"{what}: the list is longer than {most:,} records (the limit rows)")
        key = str(kind.key(record, count))
        if known.setdefault(key, record) != record:
            raise CaptureError(f"{what}: two different records have the key {key[:60]}")
    return list(known.values())
