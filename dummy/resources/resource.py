"""What every resource does: find its object, answer with links on the client's own host, and write."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import falcon

from gracetape.archive.encode import encode
from gracetape.archive.kinds import KINDS
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Form, read_form
from gracetape.dummy.kept_answers import Answer
from gracetape.dummy.links import relink
from gracetape.dummy.problems import JSON, Problem
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.service import Service
from gracetape.dummy.source import ComposedView, FileView, Record, Source
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
        name = KINDS[kind].answered_by("v2" if self.is_v2 else "v1")
        self.answer_kept(req, resp, graceid, lambda view: self._list(req, view, kind, name))

    def _list(self, req: falcon.Request, view: FileView, kind: str, name: str) -> bytes:
        if not isinstance(view, ComposedView):
            return encode(led(req, view, page(req, name, view.records(kind)))).encode()
        old, new = _roots(req, view)
        texts = [
            self.service.verbatim.text(text, sha256, partial(view.read, text, kind, key), old, new)
            for text, sha256, key in view.texts(kind)
        ]
        head = encode(led(req, view, page(req, name, [])) | {"numRows": len(texts)})
        return f"{head.removesuffix(']}')}{','.join(texts)}]}}".encode()

    def answer_kept(
        self, req: falcon.Request, resp: falcon.Response, graceid: str, make: Callable[[FileView], bytes]
    ) -> None:
        """Answer with what `make` makes of an object as it is in the archive and of nothing else, once for all who ask for it."""
        view, kept = self.view(graceid), self.service.kept
        resp.content_type = JSON
        if not isinstance(view, ComposedView):
            resp.data = make(view)
            return
        found = kept.get(req.uri, (view.capture.id, view.capture.digest))
        if found is None:
            with self.service.archive.reading():  # what is kept by a digest is what had that digest
                now = self.view(graceid)
                assert isinstance(now, ComposedView)
                found = kept.put(req.uri, (now.capture.id, now.capture.digest), make(now))
        answer_with(resp, found)

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


def record_as_json(
    root: str, service: Service, source: Source, graceid: str, stamp: Hashable, view: FileView | None = None
) -> Answer:
    """An object's record as it is answered at an API root; put together once for each `stamp` of the archive, asked for before all else."""
    place = graceid, root
    found = service.kept.get(place, stamp) if source.position is None else None
    if found is not None:
        return found
    view = view or source.view(graceid)
    if not isinstance(view, ComposedView):
        return Answer.of(encode(relink(view.record(), _root_within(view), root)).encode())
    return service.kept.put(place, stamp, _record_as_json(service, view, root).encode())


def _record_as_json(service: Service, view: ComposedView, new: str) -> str:
    old = _root_within(view)
    if not view.capture.writable and (stored := view.texts("object")):
        ((text, sha256, key),) = stored
        return service.verbatim.text(text, sha256, partial(view.read, text, "object", key), old, new)
    return encode(relink(view.record(), old, new))


def root_of(req: falcon.Request) -> str:
    """The API root at which the client asked: `http://host/api/`, or with `v1/` or `v2/` where it named a version."""
    version = next((v for v in ("v1/", "v2/") if f"{req.path}/".startswith(f"/api/{v}")), "")
    return f"{req.prefix}/api/{version}"


def led(req: falcon.Request, view: FileView, value: Any) -> Any:
    """Something of an object with its links led to the host that the client asked."""
    return relink(value, *_roots(req, view))


def _roots(req: falcon.Request, view: FileView) -> tuple[str, str]:
    """The root that an object's links start with, and that at which the client asked."""
    return _root_within(view), root_of(req)


def _root_within(view: FileView) -> str:
    """The root that an object's links start with, in whatever version."""
    service = view.service
    for version in ("v1/", "v2/"):
        service = service.removesuffix(version)
    return service


def answer(resp: falcon.Response, value: Any, status: int = 200) -> None:
    """Answer with JSON."""
    resp.status = falcon.code_to_http_status(status)
    resp.content_type = JSON
    resp.data = encode(value).encode()


def answer_with(resp: falcon.Response, found: Answer) -> None:
    """Answer with JSON that is there already, and need not be hashed again."""
    resp.content_type, resp.data = JSON, found.body
    resp.set_header("ETag", found.tag)


def answer_created(
    req: falcon.Request, resp: falcon.Response, view: FileView, record: Record, link: str | None
) -> None:
    """201 with a record that an object has now, and where it is, as whoever asked reaches it."""
    answer(resp, led(req, view, record), 201)
    if link:
        resp.set_header("Location", led(req, view, {"l": link})["l"])


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
