"""What the dummy answers when it refuses: the server's status codes and bodies, never a traceback."""

import logging
import sqlite3
from collections.abc import Sequence

import falcon

from gracetape.archive import ArchiveError, NotFound
from gracetape.archive.encode import encode
from gracetape.terminal import damage

_log = logging.getLogger(__name__)

JSON = "application/json"
#: What the server answers on addresses whose functions it gave up (API v2).
GONE = "This functionality has been deprecated and will not be re-implemented on GraceDB"


class Problem(Exception):
    """An answer that refuses: a status code and the body (any JSON value, or plain text if `plain`)."""

    def __init__(self, status: int, body: object, *, plain: bool = False) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body, self.plain = status, body, plain


def invalid(message: str) -> Problem:
    """400 with the one message that a check of the request's fields gave."""
    return Problem(400, {"error": message})


def invalid_fields(messages: Sequence[str]) -> Problem:
    """400 with what the checks of single fields gave: one message, or all of them."""
    return Problem(400, {"error": messages[0] if len(messages) == 1 else list(messages)})


def not_found() -> Problem:
    """404 as for any object that a look-up did not find."""
    return Problem(404, {"detail": "Not found."})


def write_problem(resp: falcon.Response, problem: Problem) -> None:
    """Make a refusal the response."""
    resp.status = falcon.code_to_http_status(problem.status)
    if problem.plain:
        resp.content_type = "text/html; charset=utf-8"
        resp.data = str(problem.body).encode()
    else:
        resp.content_type = JSON
        resp.data = encode(problem.body).encode()
    resp.stream = None


def _on_problem(req: falcon.Request, resp: falcon.Response, error: Problem, params: dict[str, object]) -> None:
    write_problem(resp, error)


def _on_archive_error(
    req: falcon.Request, resp: falcon.Response, error: ArchiveError, params: dict[str, object]
) -> None:
    status = 404 if isinstance(error, NotFound) else 503
    write_problem(resp, Problem(status, {"error": str(error)}))


def _on_damage(req: falcon.Request, resp: falcon.Response, error: sqlite3.Error, params: dict[str, object]) -> None:
    write_problem(resp, Problem(503, {"error": damage(error)}))


def _on_http_error(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: dict[str, object]
) -> None:
    code = error.status_code
    if isinstance(error, falcon.HTTPRouteNotFound) or code == 404:
        said = "Not found."
    elif isinstance(error, falcon.HTTPMethodNotAllowed):
        said = f'Method "{req.method}" not allowed.'
    else:
        said = error.description or error.title or str(error)
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    write_problem(resp, Problem(code, {"detail": said}))


def _on_bad_request(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, object]) -> None:
    """A request that broke off, or brought numbers or letters that nothing can keep."""
    status, said = (408, "Request timed out.") if isinstance(error, TimeoutError) else (400, "Malformed request.")
    write_problem(resp, Problem(status, {"detail": said}))


def _on_anything_else(req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, object]) -> None:
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    told = _log.isEnabledFor(logging.DEBUG)
    _log.error(
        "unforeseen trouble while answering %s %s: %s", req.method, req.path, what, exc_info=error if told else None
    )
    write_problem(resp, Problem(500, {"error": "Server error"}))


def add_handlers(app: falcon.App[falcon.Request, falcon.Response]) -> None:
    """Let an app answer every error as the server would."""
    app.add_error_handler(Exception, _on_anything_else)
    for kind in (TimeoutError, ConnectionError, OverflowError, UnicodeError):
        app.add_error_handler(kind, _on_bad_request)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(sqlite3.Error, _on_damage)
    app.add_error_handler(ArchiveError, _on_archive_error)
    app.add_error_handler(Problem, _on_problem)
