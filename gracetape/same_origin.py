"""Keeps web pages from elsewhere away from servers on this machine: a browser lets any page send requests to loopback.

A request is answered only if its `Host` names this machine (a page's own name that leads here by DNS is refused), and only if no page
of another origin (another port of this machine is one) sent it (`Origin`, `Sec-Fetch-Site`). Programs send neither of the latter.
What is answered is never run by a browser.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication

from gracetape.destinations import is_loopback
from gracetape.errors import UsageError

#: Where servers without logins may listen.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Added to every answer: what it is said to be it is taken for, and nothing in it is run or shown in a page.
_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
#: Kinds of contents that a browser shows as they are and that cannot do anything in it.
_HARMLESS = ("application/json", "text/plain", "image/png", "image/jpeg", "image/gif", "application/octet-stream")

#: What stands in no name or number of a host, and makes a URL of it lead elsewhere.
_MORE_THAN_A_HOST = set("/?#@\\")


def check_loopback(host: str, port: int = 0) -> None:
    """UsageError unless `host` is an address of this machine alone, and `port` one that there is."""
    if host not in LOOPBACK:
        raise UsageError(f"{host} is not a loopback address: the dummy has no logins, so it serves this machine only")
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError(f"there is no port {port!r}: name one from 1 to 65535, or 0 for a free one")


def around(app: WSGIApplication, allowed: Iterable[str] = (), *, sealed: bool = True) -> WSGIApplication:
    """The same app, for clients on this machine: `allowed` are further hosts under whose names it may be asked.

    Not `sealed`: the app says itself what browsers may do with its answers.
    """
    names = {name.lower().strip("[]").rstrip(".") for name in allowed}

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        refusal = _refusal(environ, names)
        if refusal is not None:
            body = json.dumps({"error": refusal}).encode()
            head = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *_HEADERS]
            start_response("403 Forbidden", head)
            return [body]
        return app(environ, _sealed(start_response) if sealed else start_response)

    return answer


def _refusal(environ: dict[str, Any], names: set[str]) -> str | None:
    """Why a request is not answered; None if it is."""
    asked = str(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""))
    place = _place("" if _MORE_THAN_A_HOST & set(asked) else f"//{asked}")
    host = place[0]
    if not _is_ours(host, names):
        return f"this server answers for this machine only, not for {host or 'a host without a name'}: allow it with --allow-host NAME"
    origin = environ.get("HTTP_ORIGIN")
    theirs = _place(origin or "")
    if origin is not None and theirs != place and (theirs[0] not in names or is_loopback(theirs[0])):
        return "a page of another origin may not ask this server"
    if origin is None and environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site"):
        return "a page of another site may not ask this server"
    return None


def _place(url: str) -> tuple[str, int | None]:
    """The host and port that a URL names; no host if it cannot be read."""
    try:
        found = urlsplit(url)
        return (found.hostname or "").rstrip("."), found.port or (443 if found.scheme == "https" else 80)
    except ValueError:
        return "", None


def _is_ours(host: str, names: set[str]) -> bool:
    return bool(host) and (is_loopback(host) or host.lower() in names)


def _sealed(start_response: StartResponse) -> Callable[..., Any]:
    def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        head = [*headers, *_HEADERS]
        if kind.partition(";")[0].strip().lower() not in _HARMLESS and status.startswith("200"):
            head.append(("Content-Disposition", "attachment"))
        return start_response(status, head, exc_info) if exc_info else start_response(status, head)

    return started
