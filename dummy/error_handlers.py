"""Lets an app answer every error as the server would, never with a traceback."""

import logging
import sqlite3
from collections.abc import Callable

import falcon

from gracetape.archive import ArchiveError, NotFound
from gracetape.dummy.problems import Problem, Style, write_problem
from gracetape.dummy.refusals import not_found, refused
from gracetape.terminal import damage

_log = logging.getLogger(__name__)


def _on_problem(bare: Callable[[falcon.Request], bool]) -> Callable[..., None]:
    def write(req: falcon.Request, resp: falcon.Response, error: Problem, params: dict[str, object]) -> None:
        write_problem(resp, error, bare=bare(req))

    return write


def _on_archive_error(
    req: falcon.Request, resp: falcon.Response, error: ArchiveError, params: dict[str, object]
) -> None:
    status = 404 if isinstance(error, NotFound) else 503
    write_problem(resp, Problem(status, str(error), Style.ERROR))


def _on_damage(req: falcon.Request, resp: falcon.Response, error: sqlite3.Error, params: dict[str, object]) -> None:
    write_problem(resp, Problem(503, damage(error), Style.ERROR))


def _on_http_error(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: dict[str, object]
) -> None:
    code = error.status_code
    if isinstance(error, falcon.HTTPRouteNotFound) or code == 404:
        problem = not_found()
    elif isinstance(error, falcon.HTTPMethodNotAllowed):
        problem = refused("method", method=req.method)
    else:
        problem = Problem(code, error.description or error.title or str(error), Style.DETAIL)
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    write_problem(resp, problem)


def _on_bad_request(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, object]) -> None:
    """A request that broke off, or brought numbers or letters that nothing can keep."""
    status, said = (408, "Request timed out.") if isinstance(error, TimeoutError) else (400, "Malformed request.")
    write_problem(resp, Problem(status, said, Style.DETAIL))


def _on_anything_else(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, object]) -> None:
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    told = _log.isEnabledFor(logging.DEBUG)
    _log.error(
        "unforeseen trouble while answering %s %s: %s", req.method, req.path, what, exc_info=error if told else None
    )
    write_problem(resp, Problem(500, "Server error", Style.ERROR))


def add_handlers(
    app: falcon.App[falcon.Request, falcon.Response], bare: Callable[[falcon.Request], bool] = lambda req: False
) -> None:
    """Let an app answer every error as the server would; `bare` says of a request what `Problem.body` asks."""
    app.add_error_handler(Exception, _on_anything_else)
    for kind in (TimeoutError, ConnectionError, OverflowError, UnicodeError):
        app.add_error_handler(kind, _on_bad_request)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(sqlite3.Error, _on_damage)
    app.add_error_handler(ArchiveError, _on_archive_error)
    app.add_error_handler(Problem, _on_problem(bare))
