"""Throttling as the server does it: how many requests of a kind one user may make in a span of time."""

import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from gracetape.archive import UsageError
from gracetape.dummy.refusals import refused

#: The server's rates by scope (config/settings/base.py).
RATES: Mapping[str, str] = {"event_creation": "25/second", "annotation": "25/second"}

#: Which requests count for a scope: new events, and log entries of events; only POST and PUT are counted and refused.
_SCOPES = {
    "event_creation": re.compile(r"/api/(v\d/)?events/?"),
    "annotation": re.compile(r"/api/(v\d/)?events/[^/]+/logs?/?"),
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(?:(?P<scope>\w+)=)?(?P<number>\d+)/(?P<span>[smhd])\w*")


def read_rates(given: Iterable[str]) -> dict[str, str]:
    """The server's rates with those changed that `5/minute` (all) or `annotation=5/minute` names; UsageError if unread."""
    rates = dict(RATES)
    for text in given:
        found = _RATE.fullmatch(text)
        if found is None or (found["scope"] or "annotation") not in RATES:
            raise UsageError(
                f"cannot read the rate {text!r}: write 5/minute, or for one kind {'=5/minute, '.join(RATES)}=5/minute"
            )
        for scope in [found["scope"]] if found["scope"] else list(rates):
            rates[scope] = text.rpartition("=")[2]
    return rates


class Throttle:
    """Counts requests in sliding spans, one per scope. `clock` gives seconds; everybody is one user."""

    def __init__(self, rates: Mapping[str, str] = RATES, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._rates = clock, rates
        self._lock = threading.Lock()
        self._limits: dict[str, tuple[int, int]] = {}
        for scope, rate in rates.items():
            number, _, span = rate.partition("/")
            self._limits[scope] = int(number), _SECONDS[span[0]]
        self._past: dict[str, deque[float]] = {scope: deque() for scope in rates}

    def __repr__(self) -> str:
        return f"<Throttle of {', '.join(self._limits)}>"

    def anew(self) -> "Throttle":
        """One with the same rates that has counted nothing yet."""
        return Throttle(self._rates, self._clock)

    def wait(self, method: str, path: str) -> float | None:
        """Seconds until such a request will be let through; None if it is now, and then it is counted."""
        if method not in ("POST", "PUT"):
            return None
        for scope, (number, span) in self._limits.items():
            if not _SCOPES[scope].fullmatch(path):
                continue
            with self._lock:
                past, now = self._past[scope], self._clock()
                while past and past[0] <= now - span:
                    past.popleft()
                if len(past) >= number:
                    return span - (now - past[0]) if past else float(span)
                past.append(now)
        return None

    def around(self, app: WSGIApplication) -> WSGIApplication:
        """The same app, throttled."""

        def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            wait = self.wait(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return app(environ, start_response) if wait is None else _refuse(math.ceil(wait), start_response)

        return answer


def _refuse(seconds: int, start_response: StartResponse) -> list[bytes]:
    """429 with the words of Django REST framework, which the server runs on."""
    body = refused("throttled", seconds=seconds, unit="second" if seconds == 1 else "seconds").body()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Retry-After", str(seconds))]
    start_response("429 Too Many Requests", headers)
    return [body]
