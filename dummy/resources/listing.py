"""Lists of events and superevents: choosing, sorting and paging."""

import re
from typing import Any
from urllib.parse import urlencode

import falcon

from dummy.problems import Problem
from dummy.resources.resource import led, root_of
from dummy.source import FileView, Source

_COUNT = {"event": 10, "superevent": 10}
_LARGEST = 1000
_ID = re.compile(r"[GTMEH]\d+|[TM]?(S\d{6}[a-z]+|GW\d{6}[A-Z]+)")
_FIELD = re.compile(r"(id|gid|label|labels|group|pipeline|search|category):")
_NAMES = {"event": "events", "superevent": "superevents"}


def _matches(view: FileView, words: list[str]) -> bool:
    """Whether an object has every word of a query: as its id, a label, group, pipeline, search or category."""
    record = view.record()
    own = {view.graceid, record.get("gw_id"), *record.get("labels", ())}
    about = {str(record.get(name)).lower() for name in ("group", "pipeline", "search", "category", "submitter")}
    return all(word in own or word.lower() in about for word in words)


def _words(query: str) -> list[str]:
    """The words of a query that this list understands; Problem (400) for any other."""
    words = [word.strip("\"'") for word in query.split()]
    words = [
        word.split(":", 1)[1] if re.match(r"(id|gid|label|labels|group|pipeline|search|category):", word) else word
        for word in words
    ]
    odd = [word for word in words if not re.fullmatch(r"[\w.-]+", word)]
    if odd:
        raise Problem(
            400, {"error": f"Invalid query: {odd[0]!r} is not understood: use ids, labels, groups, pipelines, searches"}
        )
    return words


def _whole(req: falcon.Request, name: str, default: int, largest: int) -> int:
    text = req.get_param(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Problem(400, {"error": f"Invalid {name}: {text!r} is not a number"})
    return min(int(text), largest)


def listed(req: falcon.Request, source: Source, category: str) -> dict[str, Any]:
    """A page of the list: `numRows`, the objects, and links to this, the first, the next and the last page."""
    query, sort = req.get_param("query") or "", req.get_param("sort")
    start, count = _whole(req, "start", 0, 1 << 40), max(1, _whole(req, "count", _COUNT[category], _LARGEST))
    views = _chosen(source, category, query)
    if sort:
        views = _sorted(views, sort)
    shown = views[start : start + count]
    columns = [name for name in (req.get_param("columns") or "").split(",") if name]
    records = [led(req, view, view.record()) for view in shown]
    if columns:
        records = [{name: record.get(name) for name in columns} for record in records]
    last = max(0, (len(views) - 1) // count * count)
    base = f"{root_of(req)}{category}s/?"
    given = {"count": count} | ({"sort": sort} if sort else {}) | ({"query": query} if query else {})
    links = {
        "self": req.uri,
        "first": base + urlencode({"start": 0, **given}),
        "last": base + urlencode({"start": last, **given}),
    }
    if start + count < len(views):
        links["next"] = base + urlencode({"start": start + count, **given})
    return {"numRows": len(views), _NAMES[category]: records, "links": links}


def _chosen(source: Source, category: str, query: str) -> list[FileView]:
    words = _words(query)
    if not words:
        return list(source.views(category))
    ids = [word for word in words if _ID.fullmatch(word)]
    if ids and len(ids) == len(words):
        return [view for name in ids if source.has(name) and (view := source.view(name)).category == category]
    return [view for view in source.views(category) if _matches(view, words)]


def _sorted(views: list[FileView], sort: str) -> list[FileView]:
    for name in reversed([part.strip() for part in sort.split(",") if part.strip()]):
        key = name.lstrip("-+")

        def value(view: FileView, key: str = key) -> tuple[bool, Any]:
            found = view.record().get(key)
            return (found is None, found if found is not None else 0)

        try:
            views = sorted(views, key=value, reverse=name.startswith("-"))
        except TypeError:
            raise Problem(400, {"error": f"Invalid sort: {key!r} has no order"}) from None
    return views
