"""Faults on demand, for testing clients: which requests go wrong, how, and how often."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from gracetape.archive import UsageError
from gracetape.archive.encode import encode

Environ = dict[str, Any]

#: What a GraceDB in maintenance says, with 503 and no Retry-After.
MAINTENANCE = "The site is temporarily down for maintenance."
#: The rule that makes a dummy be in maintenance.
MAINTENANCE_RULE = "*:503"

_SPEC = re.compile(r"(?:(?P<method>[A-Z*]+)\s+)?(?P<path>[^\s:]+):(?P<effect>[^:]+)(?::(?P<chance>[^:]+))?")
_STATUS = re.compile(r"(?P<code>[45]\d\d)(?:@(?P<wait>\d+))?")


class Dropped(ConnectionError):
    """The connection is to be closed at once, with whatever part of an answer was sent."""


def _answer(status: int, wait: str | None, start_response: StartResponse) -> list[bytes]:
    """An error as the server, or the web server in front of it, answers it."""
    phrase = HTTPStatus(status).phrase
    if status == 503:
        kind, body = "text/html; charset=utf-8", MAINTENANCE
    elif status >= 500:
        kind, body = "text/html; charset=utf-8", f"<h1>{phrase} ({status})</h1>"
    else:
        kind, body = "application/json", encode({"detail": phrase + "."})
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start_response(f"{status} {phrase}", headers + ([("Retry-After", wait)] if wait else []))
    return [body.encode()]


def _latency(app: WSGIApplication, environ: Environ, start_response: StartResponse, seconds: float) -> Iterable[bytes]:
    time.sleep(seconds)
    return app(environ, start_response)


def _drop(app: WSGIApplication, environ: Environ, start_response: StartResponse, _: float) -> Iterable[bytes]:
    raise Dropped("dropped before the request was seen")


def _lose(app: WSGIApplication, environ: Environ, start_response: StartResponse, _: float) -> Iterable[bytes]:
    for _piece in app(environ, lambda status, headers, exc_info=None: lambda data: None):
        pass
    raise Dropped("dropped after the request was done")


def _truncate(app: WSGIApplication, environ: Environ, start_response: StartResponse, _: float) -> Iterable[bytes]:
    length: list[int] = []

    def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        length.extend(int(value) for name, value in headers if name.lower() == "content-length")
        return start_response(status, headers)

    return _half(app(environ, started), length)


def _half(pieces: Iterable[bytes], length: list[int]) -> Iterator[bytes]:
    """The first half of a body whose length is known once it is asked for; an empty body stays whole."""
    left = length[0] // 2 if length else 0
    for piece in pieces:
        if piece[:left]:
            yield piece[:left]
        left -= len(piece)
        if left <= 0 and piece:
            raise Dropped("dropped in the middle of the answer")


#: Effects by name; each is called with the app, the request and its number (seconds of latency).
_EFFECTS: dict[str, Callable[[WSGIApplication, Environ, StartResponse, float], Iterable[bytes]]] = {
    "latency": _latency,
    "drop": _drop,
    "lose": _lose,
    "truncate": _truncate,
}


@dataclass(frozen=True)
class Fault:
    """One rule: requests of a method (`*`: any) whose path matches a shell pattern meet `effect` with some probability.

    `effect` is a name of the table above or a status code; `number` counts seconds of latency, `wait` is a Retry-After.
    """

    method: str
    path: str
    effect: str
    number: float = 0.0
    wait: str | None = None
    chance: float = 1.0

    @classmethod
    def parse(cls, spec: str) -> "Fault":
        """The rule that `[METHOD ]PATH:EFFECT[:PROBABILITY]` means; UsageError if it can't be read."""
        found = _SPEC.fullmatch(spec.strip())
        if found is None:
            raise UsageError(f"cannot read the fault {spec!r}: write it like 'POST */logs/*:503:0.1'")
        name, _, given = found["effect"].partition("=")
        status = _STATUS.fullmatch(found["effect"])
        number = _number(given, spec) if given else 0.0
        chance = _number(found["chance"], spec) if found["chance"] else 1.0
        if status is None and (name not in _EFFECTS or bool(given) != (name == "latency")):
            known = "a status (503, or 503@5 with Retry-After: 5), latency=SECONDS, drop, lose or truncate"
            raise UsageError(f"the fault {spec!r} has no effect that is known: use {known}")
        if not chance <= 1:
            raise UsageError(f"the probability of the fault {spec!r} is more than 1")
        where = found["method"] or "*", found["path"]
        if status is not None:
            return cls(*where, status["code"], wait=status["wait"], chance=chance)
        return cls(*where, name, number, chance=chance)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def befall(self, app: WSGIApplication, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with this fault."""
        if self.effect in _EFFECTS:
            return _EFFECTS[self.effect](app, environ, start_response, self.number)
        return _answer(int(self.effect), self.wait, start_response)


def _number(text: str, spec: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise UsageError(f"{text!r} in the fault {spec!r} is no number that makes sense there")
    return value


class Faults:
    """Rules in order, and the dice: the first rule that matches a request and falls due befalls it.

    `rules` may be changed while requests are answered. The same `seed` and the same requests give the same faults.
    """

    def __init__(self, rules: Iterable[str | Fault] = (), seed: int = 0) -> None:
        self.rules = [rule if isinstance(rule, Fault) else Fault.parse(rule) for rule in rules]
        self._dice, self._seed = random.Random(seed), seed
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Faults: {len(self.rules)} rules>"

    def anew(self) -> "Faults":
        """The same rules with dice that were not thrown yet."""
        return Faults(self.rules, self._seed)

    def due(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; throws the dice."""
        with self._lock:
            for rule in self.rules:
                if rule.matches(method, path) and self._dice.random() < rule.chance:
                    return rule
        return None

    def around(self, app: WSGIApplication) -> WSGIApplication:
        """The same app, with these faults."""

        def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            fault = self.due(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            if fault is None:
                return app(environ, start_response)
            return fault.befall(app, environ, start_response)

        return answer
