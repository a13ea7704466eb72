"""A line per request of a served dummy, on standard error: what was asked, what was answered, how long that took."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from gracetape.shown import say

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def with_lines(app: WSGIApplication, verbose: bool) -> WSGIApplication:
    """The same app, which tells of each write on a terminal, and with `verbose` of each request anywhere."""
    if not verbose and not sys.stderr.isatty():
        return app

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        begun, status = time.monotonic(), "?"

        def started(line: str, *rest: Any) -> Any:
            nonlocal status
            status = line.partition(" ")[0]
            return start_response(line, *rest)

        try:
            yield from app(environ, started)
        finally:
            method = environ["REQUEST_METHOD"]
            if verbose or method not in _READING:
                took = (time.monotonic() - begun) * 1000
                say(f"{datetime.now(UTC):%H:%M:%S} {method:6} {_asked(environ)} {status} {took:.0f} ms", error=True)

    return answer


def _asked(environ: dict[str, Any]) -> str:
    """The address under the API's root, with its query."""
    path = str(environ.get("PATH_INFO", "")).removeprefix("/api/") or "/"
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path
