"""Hostile requests are answered with 4xx, never a traceback, and touch nothing outside the archive.

HOSTILE=50000 asks for that many instead of the usual share.
"""

import json
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

import pytest

from demo.lives import whole_life
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.archive.verify import verify
from gracetape.dummy.server import Server
from gracetape.dummy.serving_limits import ServingLimits
from tests.dummy.hostile import Request, requests

HOSTILE = int(os.environ.get("HOSTILE", "1500"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[WSGIApplication]:
    """A dummy with a whole life in it; at the end its archive is sound, and nothing else was written."""
    with Archive.create(folder / "run.tape") as tape:
        with dummy.GraceDb(tape) as client:
            whole_life(client)
        yield dummy.make_app(tape)
        assert list(verify(tape)) == []
    assert [path.name for path in folder.iterdir()] == ["run.tape"]
    assert {path.name for path in (folder / "run.tape").iterdir()} <= {"archive.sqlite", "blobs"}
    assert all(len(path.name) == 64 for path in (folder / "run.tape" / "blobs").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server(app: WSGIApplication) -> Iterator[Server]:
    with dummy.serve(app, limits=ServingLimits(header_s=60, grace_s=1, idle_s=1)) as running:
        yield running


def ask(app: WSGIApplication, request: Request) -> tuple[int, bytes]:
    """The status and body of an answer, the request given as a server gives it; ValueError if it says JSON and is none."""
    started: list[str] = []
    told: dict[str, str] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started.append(status)
        told.update((name.lower(), value) for name, value in headers)

    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method, "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"), "SCRIPT_NAME": "",
        "QUERY_STRING": request.query, "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)), "wsgi.input": BytesIO(request.body), "wsgi.url_scheme": "http",
        "wsgi.errors": None, "HTTP_HOST": "localhost",
    }  # fmt: skip
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    body = b"".join(app(environ, start_response))
    if body and told["content-type"] == "application/json" and "/files/" not in request.path:
        json.loads(body, parse_constant=no_json)
    return int(started[-1][:3]), body


def no_json(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def is_fit(status: int, body: bytes) -> bool:
    """Whether this may be said to a hostile request."""
    return 200 <= status < 500 and b"Traceback" not in body and b"root:x:0" not in body


def test_no_request_makes_the_dummy_fail(app: WSGIApplication) -> None:
    statuses: Counter[int] = Counter()
    for request in requests(1, HOSTILE):
        status, body = ask(app, request)
        assert is_fit(status, body), (request, status, body)
        statuses[status] += 1
    assert statuses[200] + statuses[201] > HOSTILE / 50, "hardly any request got far: the fuzz shows nothing"


def say(server: Server, sent: bytes, *, then_end: bool = True) -> bytes:
    """What a server answers to raw bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        with suppress(ConnectionError):  # it may close before it has heard all
            connection.sendall(sent)
        if then_end:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        return heard_on(connection)


def heard_on(connection: socket.socket) -> bytes:
    """What comes over a connection until its other end closes it."""
    heard = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            heard += piece
    return heard


POST = b"POST /api/events/T1/log/ HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
MULTIPART = b"Content-Type: multipart/form-data; boundary=b\r\n"
RAW = {
    "no request": b"\r\n\r\n",
    "noise": bytes(range(256)) * 4 + b"\r\n\r\n",
    "no version": b"GET /api/\r\n\r\n",
    "version of the future": b"GET /api/ HTTP/9.9\r\n\r\n",
    "a long line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    "a huge header": b"GET /api/ HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET /api/ HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "a header without a name": b"GET /api/ HTTP/1.1\r\n: y\r\n\r\n",
    "a header without a colon": b"GET /api/ HTTP/1.1\r\nnonsense\r\n\r\n",
    "NUL in a header": b"GET /api/ HTTP/1.1\r\nX: \0\r\nConnection: close\r\n\r\n",
    "NUL in the path": b"GET /api/events/T1\0 HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a bad escape": b"GET /api/events/%zz%f HTTP/1.1\r\nConnection: close\r\n\r\n",
    "bytes that are no UTF-8": b"GET /api/events/%ff%fe/\xff HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a path upwards": b"GET /api/events/T1/files/../../../../../etc/passwd HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a quoted path upwards": b"GET /api/events/T1/files/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a path that is a URL": b"GET http://[::1 HTTP/1.1\r\nConnection: close\r\n\r\n",
    "an unknown encoding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "a length that is no number": POST + FORM + b"Content-Length: many\r\n\r\n",
    "a length below zero": POST + FORM + b"Content-Length: -5\r\n\r\ncomment=x",
    "a length and chunks": POST + FORM + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad chunks": POST + FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n",
    "1 GiB of form declared": POST + FORM + b"Content-Length: 1073741824\r\n\r\ncomment=x",
    "1 GiB of JSON declared": POST + JSON + b"Content-Length: 1073741824\r\n\r\n{}",
    "1 GiB of multipart declared": POST + MULTIPART + b"Content-Length: 1073741824\r\n\r\n--b\r\n",
    "1 GiB declared for nothing": b"POST /nowhere HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\nx",
    "a body cut short": POST + JSON + b"Content-Length: 100\r\n\r\n{",
    "multipart cut short": POST + MULTIPART + b"Content-Length: 100\r\n\r\n--b\r\nContent-Disposition: form-data; name=a",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW.keys())
@pytest.mark.parametrize("then_end", [True, False], ids=["and ends", "and waits"])
def test_raw_bytes_are_answered_with_4xx_or_not_at_all(server: Server, sent: bytes, then_end: bool) -> None:
    heard = say(server, sent, then_end=then_end)
    assert not heard or heard.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 2")), heard
    assert b"Traceback" not in heard
    assert b"root:x:0" not in heard
    assert say(server, b"GET /api/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )


@pytest.mark.parametrize("kind", [FORM, JSON, MULTIPART], ids=["form", "JSON", "multipart"])
def test_a_body_that_never_comes_is_given_up(server: Server, kind: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(POST + kind + b"Content-Length: 64\r\n\r\n{")
        assert heard_on(connection).startswith(b"HTTP/1.1 408")


def test_a_body_that_is_longer_than_any_may_be_is_refused_before_it_comes(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(POST + FORM + b"Content-Length: 1000000000000\r\n\r\n")
        heard = heard_on(connection)
    assert heard.startswith(b"HTTP/1.1 413")
    assert b"Connection: close" in heard


def test_no_request_makes_the_server_fail(server: Server) -> None:
    for request in requests(2, HOSTILE // 10):
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        start = f"{request.method} {request.target} HTTP/1.1\r\n{head}Connection: close\r\n"
        length = f"Content-Length: {len(request.body)}\r\n\r\n"
        heard = say(server, (start + length).encode("latin-1") + request.body, then_end=False)
        assert heard.startswith(b"HTTP/1.1 "), (request, heard)
        assert is_fit(int(heard[9:12]), heard), (request, heard)
