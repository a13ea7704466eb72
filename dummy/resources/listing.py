"""Lists of events and superevents: what was asked for, one page of it, and the forms in which it is answered."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import falcon

from gracetape.archive.encode import encode
from gracetape.dummy.conditional import tag_of
from gracetape.dummy.kept_answers import Answer
from gracetape.dummy.problems import JSON, Problem, Style, write_problem
from gracetape.dummy.query import structured
from gracetape.dummy.query.fields import EVENT_SORTS, SUPEREVENT_SORTS
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import Found, Order, find, order_of
from gracetape.dummy.query.tree import EVERYTHING, Query, QueryError, TooMuch
from gracetape.dummy.refusals import not_found, refused
from gracetape.dummy.resources import renderings
from gracetape.dummy.resources.resource import Resource, answer_with, led, record_as_json, root_of
from gracetape.dummy.service import Service
from gracetape.dummy.source import FileView, PublicSource, Source
from gracetape.pipelines.uploads import AT_ONCE

_COUNT, _LARGEST = 10, 1000
#: Media types of queries that are YAML.
_YAML = ("application/yaml", "application/x-yaml", "text/yaml")
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
        asked = _asked_v2(req, service, category) if v2 else _asked(service, category, req.get_param("query") or "")
        _answer(req, resp, service, category, form, asked)
    except Problem as problem:
        if form == "json":
            raise
        write_problem(resp, Problem(problem.status, problem.said, Style.PLAIN))


class Search(Resource):
    """A list asked for with a query in the body (v2)."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = _structured(self.category, *_query(req))
        _answer(req, resp, self.service, self.category, "json", query)


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
        raise refused("not_acceptable")
    return types[chosen]


def _asked(service: Service, category: str, text: str) -> Query:
    """What a query in words says; Problem (400) as the server if it is not understood."""
    try:
        return read(service.source().tables(), category, text, service.now(), service.settings)
    except QueryError as error:
        raise _refused(category, error) from None


def _asked_v2(req: falcon.Request, service: Service, category: str) -> Query:
    """What a query of API v2 says: a structured one, in the body or the parameter, or one in words, which its servers took before."""
    text, is_yaml = _query(req)
    if not text or is_yaml or text.lstrip().startswith(("{", "[")):
        return _structured(category, text, is_yaml)
    try:
        return read(service.source().tables(), category, text, service.now(), service.settings)
    except TooMuch as error:
        raise _refused(category, error) from None
    except QueryError:
        return _structured(category, text)  # which says why it is none


def _query(req: falcon.Request) -> tuple[str, bool]:
    """The text of a query, that of the body before that of the address, and whether it is YAML."""
    body = req.bounded_stream.read(structured.LONGEST + 1).decode(errors="replace") if req.content_length else ""
    return body or req.get_param("query") or "", any(kind in (req.content_type or "").lower() for kind in _YAML)


def _structured(category: str, text: str, is_yaml: bool = False) -> Query:
    try:
        return structured.read(category, text, is_yaml=is_yaml) if text else EVERYTHING
    except structured.StructuredQueryError as error:
        raise Problem(400, error.body()) from None


def _refused(category: str, error: QueryError) -> Problem:
    """As the server words it; what only the dummy's limits refuse is told as it is."""
    if category == "superevent":
        return Problem(400, str(error), Style.DETAIL)
    return Problem(400, str(error), Style.ERROR) if isinstance(error, TooMuch) else refused("event_query")


def _answer(
    req: falcon.Request, resp: falcon.Response, service: Service, category: str, form: str, query: Query
) -> None:
    source = service.source()
    start, count = _whole(req, "start", 0, 0, 1 << 40), _whole(req, "count", 1, _COUNT, _LARGEST)
    stamp = source.archive.stamp()
    try:
        found = _found(source, category, query, _order(req, category), start, count)
    except QueryError as error:
        raise _refused(category, error) from None
    if form == "xml":
        _answer_xml(resp, source, found, [source.view(graceid) for graceid in found.objects])
        return
    if form == "tsv":
        records = [led(req, view, view.record()) for view in map(source.view, found.objects)]
        resp.content_type = "text/tab-separated-values; charset=utf-8"
        resp.text = renderings.tab_separated(records, req.get_param("columns") or "")
        return
    links = (_event_links if category == "event" else _superevent_links)(req, found.total, start, count)
    root = root_of(req)
    records = [record_as_json(root, service, source, graceid, stamp) for graceid in found.objects]
    begin, end = b'{"numRows":%d,"%ss":[' % (found.total, category.encode()), b'],"links":%b}' % encode(links).encode()
    body = b"%b%b%b" % (begin, b",".join([record.body for record in records]), end)
    tag = tag_of(
        begin + "".join([record.tag for record in records]).encode() + end
    )  # the tags say as much as the records
    answer_with(resp, Answer(body, tag))


def _found(source: Source, category: str, query: Query, order: Order, start: int, count: int) -> Found:
    """A page of what a query matches, as far as whoever asks may see it."""
    if not isinstance(source, PublicSource):
        return find(source.tables(), category, query, order, start, count)
    shown = [name for name in find(source.tables(), category, query, order).objects if source.has(name)]
    return Found(len(shown), shown[start : start + count])


def _answer_xml(resp: falcon.Response, source: Source, found: Found, views: list[FileView]) -> None:
    if found.total > renderings.MOST_MERGED:
        raise refused("too_many_to_merge")
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
        raise refused("unsortable", name=sort.removeprefix("-"), choices=choices)
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
