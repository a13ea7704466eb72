"""Calls per second of the dummy, served and in process, against an app that always answers the same bytes, and one that keeps files as durably."""

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from ligo.gracedb.rest import GraceDb

from benchmarks.calls import median_s
from benchmarks.figure import Figure
from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.store import PassingArchive
from gracetape.dummy.client import mount
from gracetape.dummy.links import HOME

_ENTRIES, _FILES, _SUPEREVENTS = 1000, 200, 100
_FILE = os.urandom(1 << 20)


def _write(client: Any, graceid: str, contents: bytes) -> object:
    return client.write_log(graceid, "big", filename="big.bin", filecontents=contents).json()


def _write_new(client: Any, graceid: str) -> object:
    return _write(client, graceid, os.urandom(16) + _FILE[16:])


class _Call(NamedTuple):
    """What is asked, how often in a round, and what is claimed of it against which app."""

    name: str
    times: int
    claim: str
    do: Callable[[Any, str], object]
    peer: str = "static app"


_CALLS = (
    _Call("ping", 200, "≤ 1.3", lambda client, graceid: client.ping()),
    _Call("event", 200, "≤ 1.5", lambda client, graceid: client.event(graceid).json()),
    _Call(f"logs ({_ENTRIES} entries)", 20, "≤ 1.5", lambda client, graceid: client.logs(graceid).json()),
    _Call(f"files ({_FILES})", 50, "≤ 2", lambda client, graceid: client.files(graceid).json()),
    _Call(
        f"a page of {_SUPEREVENTS} superevents", 20, "≤ 2",
        lambda client, graceid: client.get(f"{client.service_info['links']['superevents']}?count={_SUPEREVENTS}").json(),
    ),
    _Call("write_log with 1 MiB", 20, "≤ 2", _write_new, "as durable"),
    _Call("write_log with 1 MiB", 20, "told", _write_new),
    _Call("write_log with 1 MiB that is there", 20, "told", lambda client, graceid: _write(client, graceid, _FILE)),
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
            self.take(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])), environ.get("CONTENT_TYPE", ""))
        status, headers, body = self._known[what]
        start_response(status, headers)
        return [body]

    def take(self, body: bytes, kind: str) -> None:
        """What comes of what was sent: nothing."""


class _Durable(_Static):
    """One that also keeps a file that a form brings: in a folder and by a row of a database, both on the disk when it answers."""

    def __init__(self, app: Any, folder: Path) -> None:
        super().__init__(app)
        self._folder, self._numbers = folder, count()
        self._turn = threading.Lock()
        self._rows = sqlite3.connect(folder / "rows.sqlite", isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.execute("CREATE TABLE files (number INTEGER PRIMARY KEY, size INTEGER)")

    def take(self, body: bytes, kind: str) -> None:
        boundary = kind.partition("boundary=")[2].encode()
        if not boundary:
            return
        contents = next(part for part in body.split(b"--" + boundary) if b"filename=" in part).partition(b"\r\n\r\n")[2]
        with self._turn:
            number = next(self._numbers)
            with (self._folder / str(number)).open("wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            place = os.open(self._folder, os.O_RDONLY)
            os.fsync(place)
            os.close(place)
            self._rows.execute("INSERT INTO files VALUES (?, ?)", (number, len(contents)))

    def close(self) -> None:
        self._rows.close()


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
    """Each call, served and in process, by turns with its peer: the best of three rounds."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, _filled(Path(folder) / "bench.tape") as (tape, graceid):
        app = dummy.make_app(tape)
        for how, opened in (("in process", _in_process), ("served", _served)):
            place = Path(folder) / how  # of the peer's own files; and its answers have the links of one host
            place.mkdir()
            with closing(_Durable(app, place)) as durable:
                for peer, other in (("static app", _Static(app)), ("as durable", durable)):
                    with opened(app) as ours, opened(other) as theirs:
                        figures += [_figure(call, how, ours, theirs, graceid) for call in _CALLS if call.peer == peer]
    return figures


@contextmanager
def _filled(path: Path) -> Iterator[tuple[Archive, str]]:
    """A tape with an event that has a long log and files, and superevents; the event's id."""
    with PassingArchive.create(path) as made, dummy.GraceDb(made) as client:
        graceid = new_event(client)
        for number in range(2, _ENTRIES + 1):
            file = {"filename": f"{number}.txt", "filecontents": "x"} if number <= _FILES // 2 else {}
            client.write_log(graceid, f"entry {number}", **file)
        for number in range(_SUPEREVENTS):
            preferred = new_event(client)
            client.create_superevent(number * 1000, number * 1000 + 1, number * 1000 + 2, preferred, category="T")
    with Archive.open(path, read_only=False) as tape:
        yield tape, graceid


def _figure(call: _Call, how: str, ours: Any, theirs: Any, graceid: str) -> Figure:
    call.do(ours, graceid), call.do(theirs, graceid)
    rounds = [
        (median_s(lambda: call.do(ours, graceid), call.times), median_s(lambda: call.do(theirs, graceid), call.times))
        for _ in range(3)
    ]
    mine, bare = min(r[0] for r in rounds), min(r[1] for r in rounds)
    return Figure(f"{call.name}, {how}", f"{1 / mine:.0f}/s", f"{1 / bare:.0f}/s, {call.peer}", mine / bare, call.claim)
