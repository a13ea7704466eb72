"""Calls per second of the dummy, served and in process, against an app that always answers the same bytes."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ligo.gracedb.rest import GraceDb

from benchmarks.calls import median_s
from benchmarks.figure import Figure
from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.client import mount
from gracetape.dummy.links import HOME

_ENTRIES, _FILES, _SUPEREVENTS = 1000, 200, 100
_FILE = os.urandom(1 << 20)
#: Calls by name, how often each is made in a round, and what is claimed of it against the static app.
_CALLS: tuple[tuple[str, int, str, Callable[[Any, str], object]], ...] = (
    ("ping", 200, "≤ 1.3", lambda client, graceid: client.ping()),
    ("event", 200, "≤ 1.5", lambda client, graceid: client.event(graceid).json()),
    (f"logs ({_ENTRIES} entries)", 20, "≤ 1.5", lambda client, graceid: client.logs(graceid).json()),
    (f"files ({_FILES})", 50, "≤ 2", lambda client, graceid: client.files(graceid).json()),
    (
        f"a page of {_SUPEREVENTS} superevents", 20, "≤ 2",
        lambda client, graceid: client.get(f"{client.service_info['links']['superevents']}?count={_SUPEREVENTS}").json(),
    ),
    (
        "write_log with 1 MiB", 20, "told",
        lambda client, graceid: client.write_log(graceid, "big", filename="big.bin", filecontents=_FILE).json(),
    ),
)  # fmt: skip


class _Static:
    """An app that answers each path with what the dummy answered to it first, having read the request."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._known: dict[tuple[str, str], tuple[str, list[tuple[str, str]], bytes]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        what = environ["REQUEST_METHOD"], f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        if what not in self._known:
            heard: list[Any] = []
            body = b"".join(self._app(environ, lambda status, headers, exc_info=None: heard.extend((status, headers))))
            self._known[what] = heard[0], heard[1], body
        elif environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, headers, body = self._known[what]
        start_response(status, headers)
        return [body]


@contextmanager
def _in_process(app: Any) -> Iterator[Any]:
    with GraceDb(HOME, force_noauth=True) as client:
        mount(client, app)
        yield client


@contextmanager
def _served(app: Any) -> Iterator[Any]:
    with dummy.serve(app) as server, GraceDb(server.url, force_noauth=True) as client:
        yield client


def calls_against_a_static_app() -> list[Figure]:
    """Each call, served and in process, by turns with the static app: the best of three rounds."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, Archive.create(Path(folder) / "bench.tape") as tape:
        with dummy.GraceDb(tape) as client:
            graceid = new_event(client)
            for number in range(2, _ENTRIES + 1):
                file = {"filename": f"{number}.txt", "filecontents": "x"} if number <= _FILES // 2 else {}
                client.write_log(graceid, f"entry {number}", **file)
            for number in range(_SUPEREVENTS):
                preferred = new_event(client)
                client.create_superevent(number * 1000, number * 1000 + 1, number * 1000 + 2, preferred, category="T")
        app = dummy.make_app(tape)
        for how, opened in (("in process", _in_process), ("served", _served)):
            with opened(app) as ours, opened(_Static(app)) as theirs:
                for name, times, claim, call in _CALLS:
                    call(ours, graceid), call(theirs, graceid)
                    rounds = [
                        (median_s(lambda: call(ours, graceid), times), median_s(lambda: call(theirs, graceid), times))  # noqa: B023
                        for _ in range(3)
                    ]
                    mine, bare = min(r[0] for r in rounds), min(r[1] for r in rounds)
                    figures.append(
                        Figure(
                            f"{name}, {how}", f"{1 / mine:.0f}/s", f"{1 / bare:.0f}/s, static app", mine / bare, claim
                        )
                    )
    return figures
