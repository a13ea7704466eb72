"""Catalogues: all of them, the versions of one, one version."""

from typing import Any
from urllib.parse import urlencode

import falcon

from gracetape.archive.catalogues import catalogues_of
from gracetape.dummy.acts import gwtc as acts
from gracetape.dummy.links import quoted
from gracetape.dummy.refusals import not_found
from gracetape.dummy.resources.resource import Resource, answer, root_of
from gracetape.dummy.source import Record

_COUNT = 10


class Catalogues(Resource):
    """All catalogues, or all versions of one, newest first, by pages; a new one."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, number: str | None = None) -> None:
        found = catalogues_of(self.service.archive, number)
        count = _whole(req, "count", _COUNT) or _COUNT
        start = _whole(req, "start", 0)
        shown = [_shown(req, record) for record in found[start : start + count]]
        here = req.prefix + req.path
        following = start + count if start + count < len(found) else None
        previous = max(0, start - count) if start else None
        answer(
            resp,
            {
                "count": len(found),
                "next": _page(here, count, following),
                "previous": _page(here, count, previous),
                "results": shown,
            },
        )

    def on_post(self, req: falcon.Request, resp: falcon.Response, number: str | None = None) -> None:
        if number is not None:
            raise falcon.HTTPMethodNotAllowed(["GET"])
        with self.form(req) as form:
            with self.writing(req) as (writer, _):
                record = acts.create(writer, form.get("number"), form.get("smap"), form.get("comment"))
        answer(resp, _shown(req, record), 201)


class Catalogue(Resource):
    """One version of a catalogue; `latest` is the newest."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, number: str, version: str) -> None:
        found = catalogues_of(self.service.archive, number)
        wanted = [r for r in found if version.lower() == "latest" or str(r["version"]) == version]
        if not wanted:
            raise not_found()
        answer(resp, _shown(req, wanted[0]))


def _whole(req: falcon.Request, name: str, default: int) -> int:
    text = req.get_param(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _page(here: str, count: int, start: int | None) -> str | None:
    return None if start is None else f"{here}?{urlencode({'count': count, 'start': start})}"


def _shown(req: falcon.Request, record: Record) -> dict[str, Any]:
    return record | {"url": f"{root_of(req)}gwtc/{quoted(record['number'])}/{record['version']}/"}
