"""Which lists of records an object has, where they stand in the server's answers, and what tells their records apart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gracetape.archive.rules import signoff_key
from gracetape.capture.errors import Absent
from gracetape.capture.service import ask
from gracetape.errors import CaptureError

Record = dict[str, Any]


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
    event = graceid[0] in "GTMEH" and graceid[1:].isdigit()
    question = client.event if event else client.superevent
    record = ask(lambda: question(graceid).json(), graceid)
    if not isinstance(record, dict) or not ("graceid" in record or "superevent_id" in record):
        raise CaptureError(f"{graceid}: the answer is not a GraceDB record: is the service URL that of its API?")
    return record


def fetch_root(client: Any) -> Record:
    """The service's root document: its labels, groups, pipelines and other lists; empty if it is none."""
    found = ask(lambda: getattr(client, "service_info", None), "the root of the API")
    return found if isinstance(found, dict) else {}


def fetch_list(client: Any, graceid: str, rows: List) -> tuple[list[Record], str | None]:
    """The records of a list, every page; or none and the reason why the server does not give them."""
    what = f"the {rows.method} of {graceid}"
    try:
        answer = ask(lambda: getattr(client, rows.method)(graceid).json(), what)
        found = list(_pages(client, answer, rows, what))
    except NotImplementedError:
        return [], None  # the server has no such list for this kind of object
    except Absent as error:
        if not rows.optional:
            raise
        return [], str(error)
    return found, None


def _pages(client: Any, answer: Any, rows: List, what: str) -> Iterator[Record]:
    while True:
        name = next((name for name in rows.names if name in answer), None)
        if name is None:
            raise CaptureError(f"{what}: the answer has none of {', '.join(rows.names)} in it")
        yield from answer[name]
        links = answer.get("links")
        following = answer.get("next") or (links.get("next") if isinstance(links, dict) else None)
        if not following:
            return
        answer = ask(lambda url=following: client.get(url).json(), what)  # type: ignore[misc]
