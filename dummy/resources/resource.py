"""What every resource does: find its object, answer with links on the client's own host, and write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import falcon

from gracetape.archive.encode import encode
from gracetape.archive.kinds import KINDS
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Form, read_form
from gracetape.dummy.links import HOME, relink
from gracetape.dummy.problems import JSON, Problem
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.service import Service
from gracetape.dummy.source import FileView, Record
from gracetape.errors import GracetapeError, NotFound


class Resource:
    """A resource of events, of superevents or of neither; `category` says which objects its address names, `version`
    (v1 or v2) which API it speaks.
    """

    #: Whether it is asked of an object that is there.
    of_object = True
    #: Whether only those who have a login are told of it.
    for_members = False

    def __init__(self, service: Service, category: str = "", version: str = "v1") -> None:
        self.service, self.category, self.version = service, category, version

    @property
    def is_v2(self) -> bool:
        """Whether it answers in v2's own way, not in that of v1."""
        return self.version == "v2" and self.service.settings.own_v2

    # -- reading

    def view(self, graceid: str) -> FileView:
        """The object; 404 if there is none of that category."""
        try:
            found = self.service.source().view(graceid)
        except NotFound:
            raise self.unknown() from None
        except GracetapeError:
            raise
        if found.category != self.category:
            raise self.unknown()
        return found

    def answer_list(self, req: falcon.Request, resp: falcon.Response, graceid: str, kind: str) -> None:
        """Answer with all records of a kind, under the name that the list has in this version of the API."""
        view = self.view(graceid)
        answer(
            resp, led(req, view, page(req, KINDS[kind].answered_by("v2" if self.is_v2 else "v1"), view.records(kind)))
        )

    def answer_one(
        self, req: falcon.Request, resp: falcon.Response, graceid: str, kind: str, key: str | int,
        absent: Problem | None = None,
    ) -> None:  # fmt: skip
        """Answer with one record of a kind; 404, as `absent` says it, if there is none."""
        view = self.view(graceid)
        record = view.one(kind, key)
        if record is None:
            raise absent or not_found()
        answer(resp, led(req, view, record))

    def unknown(self) -> Problem:
        """What the server answers for an id that it does not know."""
        return refused("unknown_event") if self.category == "event" else not_found()

    # -- writing

    @contextmanager
    def form(self, req: falcon.Request) -> Iterator[Form]:
        """What came with a request; files that nothing keeps are removed again."""
        self.service.check_writable()
        form = read_form(req, self.service.archive)
        try:
            yield form
        finally:
            form.drop_files()

    @contextmanager
    def writing(self, req: falcon.Request, graceid: str | None = None) -> Iterator[tuple[Writer, Subject]]:
        """A write to the object that the address names."""
        with self.service.write(root_of(req)) as writer:
            subject = None if graceid is None else writer.find(graceid)
            if graceid is not None and (subject is None or subject.category != self.category):
                raise self.unknown()
            yield writer, subject  # type: ignore[misc]

    def group(self, writer: Writer, event: Subject) -> None:
        """Put an event that has just come into a superevent, where the dummy does that."""
        if self.service.grouping is not None:
            self.service.grouping.take_in(writer, event)


def root_of(req: falcon.Request) -> str:
    """The API root at which the client asked: `http://host/api/`, or with `v1/` or `v2/` where it named a version."""
    version = next((v for v in ("v1/", "v2/") if f"{req.path}/".startswith(f"/api/{v}")), "")
    return f"{req.prefix}/api/{version}"


def led(req: falcon.Request, view: FileView, value: Any) -> Any:
    """Something of an object with its links led to the host that the client asked."""
    service = view.service
    for version in ("v1/", "v2/"):
        service = service.removesuffix(version)
    return relink(value, service, root_of(req))


def answer(resp: falcon.Response, value: Any, status: int = 200) -> None:
    """Answer with JSON."""
    resp.status = falcon.code_to_http_status(status)
    resp.content_type = JSON
    resp.data = encode(value).encode()


def answer_created(req: falcon.Request, resp: falcon.Response, record: Record, link: str | None) -> None:
    """201 with a record whose links are those of the dummy's own storage, and where it now is."""
    answer(resp, relink(record, HOME, root_of(req)), 201)
    if link:
        resp.set_header("Location", relink({"l": link}, HOME, root_of(req))["l"])


def page(req: falcon.Request, name: str, records: list[Any]) -> dict[str, Any]:
    """A list as the server gives it whole: `start` and `links` as on lists of one page."""
    here = req.uri
    links = {"self": here, "first": here, "last": here}
    return {"start": 0, "numRows": len(records), "links": links, name: records}


def number(text: str) -> int:
    """An N in an address; 404 if it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise not_found()
    return int(text)
