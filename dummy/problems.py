"""What the dummy answers when it refuses: the server's status codes and bodies, never a traceback."""

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import falcon

from gracetape.archive import ArchiveError, NotFound
from gracetape.archive.encode import encode
from gracetape.terminal import damage

_log = logging.getLogger(__name__)

JSON = "application/json"


class Style(Enum):
    """How the server writes a refusal."""

    CHECKED = 'what its checks of fields found: {"error": …} with a blank, as json.dumps writes it; before that a bare JSON text'
    TEXT = "a bare JSON text"
    ERROR = '{"error": …}, compactly'
    ERRORS = '{"errors": […]}, compactly'
    DETAIL = '{"detail": …}, compactly'
    LIST = "a list of one JSON text"
    JSON = "a JSON value, compactly"
    PLAIN = "plain text that says it is HTML"


class Problem(Exception):
    """An answer that refuses: a status code, what is said (texts, or any JSON value for Style.JSON) and how it is written.

    `earlier` is what servers answered whose checks of fields gave bare texts.
    """

    def __init__(self, status: int, said: Any, style: Style = Style.JSON, *, earlier: "Problem | None" = None) -> None:
        super().__init__(f"{status}: {said}")
        self.status, self.said, self.style, self.earlier = status, said, style, earlier

    def body(self, *, bare: bool = False) -> bytes:
        """What is sent; `bare` as by servers whose checks of fields gave bare texts."""
        match self.style:
            case Style.PLAIN:
                return str(self.said).encode(errors="backslashreplace")
            case Style.CHECKED if not bare:
                return json.dumps({"error": self.said}).encode()
            case Style.ERROR | Style.DETAIL:
                return encode({self.style.name.lower(): self.said}).encode()
            case Style.ERRORS:
                return encode({"errors": self.said if isinstance(self.said, list) else [self.said]}).encode()
            case Style.LIST:
                return encode([self.said]).encode()
            case _:
                return encode(self.said).encode()


def invalid(message: str) -> Problem:
    """400 with the one message that a check of the request's fields gave."""
    return Problem(400, message, Style.CHECKED)


def invalid_fields(messages: Sequence[str]) -> Problem:
    """400 with what the checks of single fields gave: one message, or all of them."""
    return Problem(400, messages[0] if len(messages) == 1 else list(messages), Style.CHECKED)


def write_problem(resp: falcon.Response, problem: Problem, *, bare: bool = False) -> None:
    """Make a refusal the response; `bare` as in `Problem.body`."""
    if bare and problem.earlier is not None:
        problem = problem.earlier
    resp.status = falcon.code_to_http_status(problem.status)
    resp.content_type = "text/html; charset=utf-8" if problem.style is Style.PLAIN else JSON
    resp.data = problem.body(bare=bare)
    resp.stream = None


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
        said = "Not found."
    elif isinstance(error, falcon.HTTPMethodNotAllowed):
        said = f'Method "{req.method}" not allowed.'
    else:
        said = error.description or error.title or str(error)
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    write_problem(resp, Problem(code, said, Style.DETAIL))


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
