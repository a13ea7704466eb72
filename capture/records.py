"""Which lists of records an object has, where they stand in the server's answers, and what tells their records apart."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from gracetape.archive import category_of
from gracetape.archive.rules import signoff_key
from gracetape.capture.errors import Absent
from gracetape.capture.service import ask, limits_of
from gracetape.capture.shapes import Record, check_object, check_rows, is_text
from gracetape.errors import CaptureError


@dataclass(frozen=True)
class List:
    """A list of records: its kind in archives, the client's method, its names in the answer (v1, v2, …), its key."""

    kind: str
    method: str
    names: tuple[str, ...]
    key: Callable[[Record, int], str | int]
    optional: bool = True


LISTS = (
    List("log", "logs", ("log", "logs"), lambda record, i: record["N"], optional=False),
    List("label", "labels", ("labels",), lambda record, i: record["name"]),
    List("voevent", "voevents", ("voevents",), lambda record, i: record["N"]),
    List("emobservation", "emobservations", ("observations", "emobservations"), lambda record, i: record["N"]),
    List(
        "signoff",
        "signoffs",
        ("signoffs", "signoff"),
        lambda record, i: signoff_key(record.get("signoff_type") or "", record.get("instrument")),
    ),
    List("permission", "permissions", ("permissions",), lambda record, i: i),
)


def fetch(client: Any, graceid: str) -> Record:
    """The event's or superevent's own record."""
    question = client.event if category_of(graceid) == "event" else client.superevent
    return check_object(ask(client, lambda: question(graceid).json(), graceid), graceid)


def fetch_root(client: Any) -> Record:
    """The service's root document: its labels, groups, pipelines and other lists; empty if it is none."""
    found = ask(client, lambda: getattr(client, "service_info", None), "the root of the API")
    return found if isinstance(found, dict) else {}


def fetch_list(client: Any, graceid: str, rows: List) -> tuple[list[Record], str | None]:
    """The records of a list, every page; or none and the reason why the server does not give them."""
    what = f"the {rows.method} of {graceid}"
    try:
        answer = ask(client, lambda: _read(getattr(client, rows.method)(graceid)), what)
        found = _once(chain.from_iterable(_pages(client, answer, rows, what)), rows, what, limits_of(client).rows)
    except NotImplementedError:
        return [], None  # the server has no such list for this kind of object
    except Absent as error:
        if not rows.optional:
            raise
        return [], str(error)
    return found, None


def _read(response: Any) -> tuple[Any, int]:
    """The value of an answer, and its length in bytes."""
    return response.json(), len(response.content)


def _pages(client: Any, first: tuple[Any, int], rows: List, what: str) -> Iterator[list[Record]]:
    """The pages of a list, each asked for once."""
    limits, seen = limits_of(client), set[str]()
    answer, total = first
    for _ in range(limits.pages):
        if total > limits.list_bytes:
            raise CaptureError(f"{what}: the list is longer than {limits.list_bytes:,} bytes (the limit list_bytes)")
        if not isinstance(answer, dict):
            raise CaptureError(f"{what}: the answer is no JSON object")
        name = next((name for name in rows.names if name in answer), None)
        if name is None:
            raise CaptureError(f"{what}: the answer has none of {', '.join(rows.names)} in it")
        yield check_rows(answer[name], rows.kind, what)
        links = answer.get("links")
        following = answer.get("next") or (links.get("next") if isinstance(links, dict) else None)
        if not following:
            return
        if not is_text(following):
            raise CaptureError(f"{what}: the link to the next page is no text")
        if following in seen:
            raise CaptureError(f"{what}: the pages lead in a circle, back to {following[:120]}")
        seen.add(following)
        answer, size = ask(client, lambda url=following: _read(client.get(url)), what)  # type: ignore[misc]
        total += size
    raise CaptureError(f"{what}: the list does not end after {limits.pages} pages (the limit pages)")


def _once(found: Iterable[Record], rows: List, what: str, most: int) -> list[Record]:
    """Each record once: pages shift while they are read. Two records of one key are none."""
    known: dict[str, Record] = {}
    for count, record in enumerate(found, start=1):
        if count > most:
            raise CaptureError(f"{what}: the list is longer than {most:,} records (the limit rows)")
        key = str(rows.key(record, count))
        if known.setdefault(key, record) != record:
            raise CaptureError(f"{what}: two different records have the key {key[:60]}")
    return list(known.values())
