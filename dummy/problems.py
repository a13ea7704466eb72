"""What the dummy answers when it refuses: a status code, and a body written in one of the server's ways."""

import json
from collections.abc import Sequence
from enum import Enum
from typing import Any

import falcon

from gracetape.archive.encode import encode

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
