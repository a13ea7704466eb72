"""The page as a web application (WSGI): its files, and the JSON from which it shows an archive. It answers GET alone."""

import logging
import sqlite3
from collections.abc import Mapping
from itertools import chain
from typing import Any

import falcon

from gracetape.archive import Archive
from gracetape.errors import GracetapeError, NotFound, UsageError
from gracetape.media_types import media_type
from gracetape.shown import printable
from gracetape.terminal import damage
from gracetape.view.announced import alerts_document, message_document
from gracetape.view.answers import answer_document, asked
from gracetape.view.files import attachment, found_file, picture_of, shown_file
from gracetape.view.films import Films
from gracetape.view.objects import about, objects
from gracetape.view.page_json import encode_for_page
from gracetape.view.page_parts import Part, parts

_log = logging.getLogger(__name__)
#: What a browser may do with the page: run its own scripts and styles, ask this server, and nothing else.
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "frame-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    "trusted-types gracetape",
))  # fmt: skip
#: With what is no page: nothing in it is run, wherever it is shown.
SEALED = "default-src 'none'; sandbox"
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache",
}  # fmt: skip


def make_page(archive: Archive | None, more: Mapping[str, Any] | None = None, live: str | None = None) -> Any:
    """A WSGI application that shows `archive`, open for reading. `more` are further addresses with the resources that answer there;
    `live` says what happens now, for a page that shows it (of no archive, if there is none)."""
    app = falcon.App(middleware=[_Headers()])
    app.req_options.strip_url_path_trailing_slash = False
    for address, part in parts().items():
        app.add_route(address, _File(part))
    rows = _rows(archive) if archive is not None else {}
    rows["/api/about"] = _About(archive, live)
    for address, resource in (rows | dict(more or {})).items():
        app.add_route(address, resource)
    app.add_error_handler(Exception, _unforeseen)
    app.add_error_handler(GracetapeError, _failed)
    app.add_error_handler(falcon.HTTPError, _refused)
    app.add_error_handler(sqlite3.Error, _damaged)
    app.set_error_serializer(_serialize)
    return app


def _rows(archive: Archive) -> dict[str, Any]:
    """What answers of an archive, by its address."""
    films = Films(archive)
    return {
        "/api/objects": _Objects(archive),
        "/api/objects/{ref}": _Film(films),
        "/api/objects/{ref}/alerts": _Alerts(films),
        "/api/objects/{ref}/alerts/{number:int}": _Message(films),
        "/api/objects/{ref}/answers": _Answers(films),
        "/api/objects/{ref}/files/{name}": _Contents(archive),
        "/api/objects/{ref}/files/{name}/shown": _Shown(archive),
        "/api/objects/{ref}/files/{name}/pictures/{which}": _Picture(archive),
    }


class _Headers:
    """Puts on every answer what keeps browsers from doing more with it than they need."""

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool) -> None:
        for name, value in _HEADERS.items():
            resp.set_header(name, value)
        page = isinstance(resource, _File) and resource.is_page
        resp.set_header("Content-Security-Policy", POLICY if page else SEALED)


class _File:
    """A file of the page."""

    def __init__(self, part: Part) -> None:
        self._part, self.is_page = part, part.address == "/"

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type, resp.data = self._part.media_type, self._part.contents


class _OfArchive:
    """Answers of an archive."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive


class _About:
    """What there is to see: an archive, what happens now, or both."""

    def __init__(self, archive: Archive | None, live: str | None) -> None:
        self._archive, self._live = archive, live

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        found = about(self._archive) if self._archive is not None else {"name": self._live, "live_only": True}
        answer(resp, found | ({"live": self._live} if self._live else {}))


class _Objects(_OfArchive):
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        category, query = req.get_param("category", default="superevent"), req.get_param("query", default="")
        start, count = req.get_param_as_int("start", default=0), req.get_param_as_int("count", default=100)
        answer(resp, objects(self.archive, category, query, req.get_param("sort", default=""), start, count))


class _OfFilms:
    """Answers of an object's film."""

    def __init__(self, films: Films) -> None:
        self.films = films


class _Film(_OfFilms):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str) -> None:
        film = self.films.film(ref)
        if film.answered is None:
            film.answered = encode_for_page(film.document() | {"asked": asked(film)}).encode()
        resp.content_type, resp.data = "application/json", film.answered


class _Alerts(_OfFilms):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str) -> None:
        answer(resp, alerts_document(self.films.film(ref)))


class _Message(_OfFilms):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str, number: int) -> None:
        answer(resp, message_document(self.films.film(ref), number))


class _Answers(_OfFilms):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str) -> None:
        film = self.films.film(ref)
        place = req.get_param_as_int("place", default=film.last, min_value=0, max_value=film.last)
        answer(resp, answer_document(self.films.archive, film, place, req.get_param("address", required=True)))


class _Contents(_OfArchive):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str, name: str) -> None:
        entry = found_file(self.archive.view(ref).files(), name)
        resp.content_type = media_type(entry.name)
        resp.set_header("Content-Disposition", attachment(entry.name))
        contents = self.archive.read(entry)
        first = next(contents, b"")  # before anything is answered: they may be missing
        resp.stream, resp.content_length = chain([first], contents), entry.size


class _Shown(_OfArchive):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str, name: str) -> None:
        answer(resp, shown_file(self.archive, found_file(self.archive.view(ref).files(), name)))


class _Picture(_OfArchive):
    def on_get(self, req: falcon.Request, resp: falcon.Response, ref: str, name: str, which: str) -> None:
        entry = found_file(self.archive.view(ref).files(), name)
        dark = req.get_param_as_bool("dark", default=False)
        resp.content_type, resp.data = "image/png", picture_of(self.archive, entry, which, bool(dark))


def answer(resp: falcon.Response, value: Any, status: int = 200) -> None:
    """Answer with JSON."""
    resp.status, resp.content_type = falcon.code_to_http_status(status), "application/json"
    resp.data = encode_for_page(value).encode()


def _failed(req: falcon.Request, resp: falcon.Response, error: GracetapeError, params: object) -> None:
    """One sentence: what was asked for is not there, makes no sense, or the archive is at fault."""
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, UsageError) else 500
    answer(resp, {"error": " ".join(str(error).split())}, status)


def _damaged(req: falcon.Request, resp: falcon.Response, error: sqlite3.Error, params: object) -> None:
    answer(resp, {"error": damage(error)}, 500)


def _refused(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: object) -> None:
    """As Falcon does it, which a handler of everything else would come before."""
    raise error


def _unforeseen(req: falcon.Request, resp: falcon.Response, error: Exception, params: object) -> None:
    """What nobody thought of is a sentence, too; `logging` at DEBUG tells where it was."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    told = _log.isEnabledFor(logging.DEBUG)
    _log.error(
        "unforeseen trouble while showing %s: %s",
        printable(req.path)[:300],
        printable(what),
        exc_info=error if told else None,
    )
    answer(resp, {"error": f"this cannot be shown: {what}"}, 500)


def _serialize(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """What Falcon itself refuses, as one sentence."""
    said = error.description or error.title or "that cannot be answered"
    if isinstance(error, falcon.HTTPNotFound):
        said = f"there is nothing at {req.path}"
    resp.content_type = "application/json"
    resp.data = encode_for_page({"error": " ".join(str(said).split())}).encode()
