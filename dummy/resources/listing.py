"""Lists of events and superevents: what was asked for, one page of it, and the forms in which it is answered."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import falcon

from gracetape.dummy.problems import JSON, Problem, not_found, write_problem
from gracetape.dummy.query import structured
from gracetape.dummy.query.fields import EVENT_SORTS, SUPEREVENT_SORTS
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import Found, Order, find, order_of
from gracetape.dummy.query.tree import EVERYTHING, Query, QueryError, TooMuch
from gracetape.dummy.resources import renderings
from gracetape.dummy.resources.resource import Resource, answer, led, root_of
from gracetape.dummy.service import Service
from gracetape.dummy.source import FileView, Source
from gracetape.pipelines.uploads import AT_ONCE

_COUNT, _LARGEST = 10, 1000
#: Forms of a list of events -> media types that ask for them. A list of superevents comes as JSON only.
_FORMS: Mapping[str, tuple[str, ...]] = {
    "json": (JSON, "text/html"),
    "xml": ("application/xml", "application/ligolw"),
    "tsv": ("text/tab-separated-values",),
}


def answer_list(req: falcon.Request, resp: falcon.Response, service: Service, category: str, *, v2: bool) -> None:
    """Answer with one page of the objects that the request's `query` asks for; in API v2 that may be a structured one."""
    form = _form(req, category)
    try:
        asked = _asked(service, category, req.get_param("query") or "", v2)
        _answer(req, resp, service.source(), category, form, asked)
    except Problem as problem:
        if form == "json":
            raise
        body = problem.body
        said = body["error"] if isinstance(body, dict) and "error" in body else body
        write_problem(resp, Problem(problem.status, said, plain=True))


class Search(Resource):
    """A list asked for with a query in the body (v2)."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        text = req.bounded_stream.read(structured.LONGEST + 1).decode(errors="replace")
        query = _structured(self.service, self.category, text or req.get_param("query") or "")
        _answer(req, resp, self.service.source(), self.category, "json", query)


def _form(req: falcon.Request, category: str) -> str:
    """The form of the answer: by `format`, else by what the client accepts."""
    forms = _FORMS if category == "event" else {"json": _FORMS["json"]}
    wanted = req.get_param("format")
    if wanted == "api":
        return "json"
    if wanted is not None:
        if wanted not in forms:
            raise not_found()
        return wanted
    types = {media: form for form, medias in forms.items() for media in medias}
    chosen = req.client_prefers(list(types))
    if chosen is None:
        raise Problem(406, {"detail": "Could not satisfy the request Accept header."})
    return types[chosen]


def _asked(service: Service, category: str, text: str, v2: bool) -> Query:
    """What a query says; Problem (400) as the server if it is not understood."""
    if v2 and text.lstrip().startswith("{"):
        return _structured(service, category, text)
    try:
        return read(service.source().tables(), category, text, service.now(), service.settings)
    except QueryError as error:
        raise _refused(category, error) from None


def _structured(service: Service, category: str, text: str) -> Query:
    try:
        return structured.read(category, text) if text else EVERYTHING
    except structured.StructuredQueryError as error:
        raise Problem(400, error.body()) from None


def _refused(category: str, error: QueryError) -> Problem:
    """As the server words it; what only the dummy's limits refuse is told as it is."""
    if category == "event":
        return Problem(400, {"error": str(error) if isinstance(error, TooMuch) else "Invalid query"})
    return Problem(400, {"detail": str(error)})


def _answer(req: falcon.Request, resp: falcon.Response, source: Source, category: str, form: str, query: Query) -> None:
    start, count = _whole(req, "start", 0, 0, 1 << 40), _whole(req, "count", 1, _COUNT, _LARGEST)
    try:
        found = find(source.tables(), category, query, _order(req, category), start, count)
    except QueryError as error:
        raise _refused(category, error) from None
    views = [source.view(graceid) for graceid in found.objects]
    if form == "xml":
        _answer_xml(resp, source, found, views)
        return
    records = [led(req, view, view.record()) for view in views]
    if form == "tsv":
        resp.content_type = "text/tab-separated-values; charset=utf-8"
        resp.text = renderings.tab_separated(records, req.get_param("columns") or "")
        return
    links = _event_links if category == "event" else _superevent_links
    answer(resp, {"numRows": found.total, f"{category}s": records, "links": links(req, found.total, start, count)})


def _answer_xml(resp: falcon.Response, source: Source, found: Found, views: list[FileView]) -> None:
    if found.total > renderings.MOST_MERGED:
        raise Problem(400, {"error": "Too many events."})
    with AT_ONCE:
        resp.data = renderings.merged(source.archive, views)
    resp.content_type = "application/xml; charset=utf-8"
    resp.set_header("Content-Disposition", "attachment; filename=gracedb-query.xml")


def _whole(req: falcon.Request, name: str, least: int, default: int, largest: int) -> int:
    """A number from the request; what is none, or too small, is not taken into account."""
    text = req.get_param(name) or ""
    if not (text.isascii() and text.isdigit() and len(text) < 19) or int(text) < least:
        return default
    return min(int(text), largest)


def _order(req: falcon.Request, category: str) -> Order:
    """The order asked for: of events one column, of superevents several, of which those that are none do not count."""
    sort = req.get_param("sort") or ""
    if category == "superevent":
        names = [name.strip() for name in sort.split(",")]
        return order_of(category, [name for name in names if name.lstrip("-") in SUPEREVENT_SORTS])
    if sort and sort.removeprefix("-") not in EVENT_SORTS:
        choices = ", ".join(sorted(EVENT_SORTS))
        said = f"Cannot resolve keyword '{sort.removeprefix('-')}' into field. Choices are: {choices}"
        raise Problem(400, {"error": said})
    return order_of(category, [sort] if sort else [])


def _event_links(req: falcon.Request, total: int, start: int, count: int) -> dict[str, Any]:
    links: dict[str, Any] = {"self": _here(req, "events"), "first": _page(req, "events", 0, count)}
    links["last"] = _page(req, "events", _last(total, count), count)
    if start + count < total:
        links["next"] = _page(req, "events", start + count, count)
    return links


def _superevent_links(req: falcon.Request, total: int, start: int, count: int) -> dict[str, Any]:
    return {
        "self": _here(req, "superevents"),
        "next": _page(req, "superevents", start + count, count) if start + count < total else None,
        "previous": _page(req, "superevents", max(0, start - count), count) if start else None,
        "first": _page(req, "superevents", 0, count),
        "last": _page(req, "superevents", _last(total, count), count),
    }


def _here(req: falcon.Request, name: str) -> str:
    return f"{root_of(req)}{name}/" + (f"?{req.query_string}" if req.query_string else "")


def _last(total: int, count: int) -> int:
    return max(0, (total - 1) // count * count)


def _page(req: falcon.Request, name: str, start: int, count: int) -> str:
    """The address of another page of the same list."""
    given = {key: value for key in ("sort", "query", "columns", "format") if (value := req.get_param(key))}
    return f"{root_of(req)}{name}/?{urlencode({'start': start, 'count': count, **given})}"
