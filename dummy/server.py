"""Serves the dummy's app over HTTP on loopback, with threads, until it is told to stop."""

import contextlib
import signal
import socket
import threading
import time
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

from gracetape.archive import ArchiveError
from gracetape.dummy.faults import Dropped

THREADS = 16
_LINGER_S, _LINGER_PIECE = 2.0, 64 << 10


class _Request(HTTPRequest):
    """A request whose body need not be read: then the answer goes out at once and the connection is closed after it."""

    def parse_request(self) -> None:
        super().parse_request()
        if not self.ready and self.started_request:
            self._linger()

    def read_request_line(self) -> bool:
        try:
            return bool(super().read_request_line())  # type: ignore[no-untyped-call]
        except ValueError:
            self.simple_response("400 Bad Request", "Malformed Request-URI")
            return False

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        length = self.inheaders.get(b"Content-Length", b"0").strip()
        if length.startswith(b"-") or (self.chunked_read and b"Content-Length" in self.inheaders):
            self.simple_response("400 Bad Request", "Malformed Content-Length Header.")
            return False
        return True

    def send_headers(self) -> None:
        if self._unread():
            self.close_connection = True
        super().send_headers()

    def simple_response(self, status: object, msg: str = "") -> None:
        """What is refused before the app sees it; what the request is to blame for is no 5xx."""
        super().simple_response("400 Bad Request" if str(status)[:3] in ("501", "505") else status, msg)

    def respond(self) -> None:
        super().respond()
        if self.ready and self._unread():
            self._linger()

    def _unread(self) -> bool:
        """Whether the client may still be sending."""
        return bool(self.chunked_read or getattr(self.rfile, "remaining", 0) > 0)

    def _linger(self) -> None:
        """Let the client read its answer: closing on unread bytes would make the kernel throw the answer away."""
        until = time.monotonic() + _LINGER_S
        with contextlib.suppress(OSError):
            self.conn.socket.shutdown(socket.SHUT_WR)
            self.conn.socket.settimeout(_LINGER_S)
            while time.monotonic() < until and self.conn.socket.recv(_LINGER_PIECE):
                pass


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request


class _Gateway(wsgi.Gateway_10):
    """Calls the app; a fault that drops the connection ends the answer where it is."""

    def respond(self) -> None:
        try:
            super().respond()
        except Dropped:
            self.req.ready, self.req.chunked_write, self.req.close_connection = False, False, True


class Server:
    """A running server; `url` is the API root. Stop it with `stop()`, or use it as a context manager.

    `timeout_s`: how long it waits for the next byte of a request before it gives up on it (408).
    """

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0, timeout_s: int = 10) -> None:
        self._server = wsgi.Server(
            (host, port), app, numthreads=THREADS, server_name="gracetape", shutdown_timeout=5, timeout=timeout_s,
            request_queue_size=128,
        )  # fmt: skip
        self._server.gateway, self._server.ConnectionClass = _Gateway, _Connection
        self._server.max_request_header_size = 64 << 10
        try:
            self._server.prepare()
        except OSError as error:
            raise ArchiveError(f"cannot listen on {host}:{port}: {error}") from None
        self.port = int(self._server.bind_addr[1])
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self.port}/api/"
        self._thread = threading.Thread(target=self._server.serve, name="dummy", daemon=True)

    def start(self) -> "Server":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join(10)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(app: Any, host: str = "127.0.0.1", port: int = 0, timeout_s: int = 10) -> Server:
    """Serve an app on loopback in the background: `with serve(make_app(archive)) as server: server.url`."""
    return Server(app, host, port, timeout_s)


def wait_for_signal() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    while not told.wait(0.5):
        pass
