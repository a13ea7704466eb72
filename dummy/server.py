"""Serves the dummy's app over HTTP on loopback, until it is told to stop.

Requests are read, and answers sent, by one loop (waitress); a worker sees a request only when it is there as a whole, so that clients
that are slow, or say nothing, keep nobody else from being answered.
"""

import contextlib
import logging
import re
import resource
import socket
import sqlite3
import threading
import time
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import WSGITask
from waitress.utilities import BadRequest

from gracetape.dummy.faults import Dropped
from gracetape.dummy.serving_limits import LIMITS, ServingLimits
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.same_origin import around, check_loopback
from gracetape.shown import printable

_log = logging.getLogger(__name__)
THREADS = 16
#: Bytes of which a copy more does no harm, and that are read from a connection at once.
_SHORT, _AT_ONCE = 8 << 10, 64 << 10
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """A request that says its length in two ways is refused: readers could see different requests in it."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and re.search(rb"(?i)\ncontent-length[ \t]*:", header_plus):
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")

    def received(self, data: bytes) -> int:
        try:
            taken: int = super().received(data)
        except ValueError:  # an address or a length that Python's own readers refuse
            self.error, self.completed, self.headers_finished = BadRequest("it cannot be read"), True, True
            return len(data)
        error: Any = self.error
        if error is not None and error.code >= 500:  # what the request is to blame for is no failure of ours
            self.error = BadRequest(error.body)
        return taken


class _Task(WSGITask):  # type: ignore[misc]
    """Calls the app; a fault that drops the connection ends the answer where it is, and who asks for a head gets no body."""

    def execute(self) -> None:
        try:
            super().execute()
        except (Dropped, GracetapeError, sqlite3.Error) as error:
            if not isinstance(
                error, Dropped
            ):  # what is sent turned out to be damaged: its reader sees that the end is missing
                _log.error(
                    "the answer to %s ends early: %s", printable(str(self.request.path))[:300], printable(str(error))
                )
            self.complete = self.wrote_header = self.close_on_finish = True
            self.chunked_response = False

    def set_close_on_finish(self) -> None:
        """An answer that has no body (204, 304) has an end all the same: its connection stays."""
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked or self.version != "1.1":
            super().set_close_on_finish()

    def write(self, data: bytes) -> None:
        head_only = self.request.command == "HEAD"
        super().write(b"" if head_only else data)
        self.chunked_response = self.chunked_response and not head_only


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it owes something: the rest of a request, or taking its answer."""

    task_class, parser_class = _Task, _Parser

    def __init__(self, *args: Any, **options: Any) -> None:
        self._since, self._moved, self._sending, self._asked = time.monotonic(), 0, False, False
        super().__init__(*args, **options)

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self._since, self._moved, self._sending = time.monotonic(), 0, False
        self._moved, self._asked = self._moved + len(data), True
        taken: bool = super().received(data)
        if self.request is None:
            self._since = time.monotonic()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        if not self._sending:
            self._since, self._moved, self._sending = time.monotonic(), 0, True
        sent: int = super().send(data, do_close=do_close)
        self._moved += sent
        return sent

    def write_soon(self, data: Any) -> int:
        """What the system takes at once of a long piece goes there as it is; only the rest waits in a buffer."""
        sent = 0
        if isinstance(data, bytes) and len(data) > _SHORT:
            with self.outbuf_lock:  # nobody else sends meanwhile
                if self.connected and not self.total_outbufs_len:
                    sent, _ = self._flush_exception(lambda do_close: self.send(data, do_close=do_close), do_close=False)
                if sent < len(data):
                    super().write_soon(data[sent:])
            return len(data)
        written: int = super().write_soon(data)
        return written

    def _flush_some(self, do_close: bool = True) -> bool:
        """An answer that is sent is let go of, and not first when the next one is asked for: most connections wait."""
        sent: bool = super()._flush_some(do_close=do_close)
        if not self.total_outbufs_len and self.outbufs[-1].buf is not None:
            self.outbufs[-1].close()
            self.outbufs[-1] = OverflowableBuffer(self.adj.outbuf_overflow)
        return sent

    def is_overdue(self, limits: ServingLimits) -> bool:
        """Whether its client has kept the connection for longer than it may."""
        passed = time.monotonic() - self._since
        if self.total_outbufs_len:
            return self._is_too_slow(passed, limits)
        if self._sending and not self.requests:
            self._sending, self._since = False, time.monotonic()
        if self.requests:
            return False  # it waits for us
        if self.request is None:
            return passed > (limits.idle_s if self._asked else limits.header_s)
        if not self.request.headers_finished:
            return passed > limits.header_s
        return self._is_too_slow(passed, limits)

    def _is_too_slow(self, passed: float, limits: ServingLimits) -> bool:
        """Whether too little moved in the last span of `grace_s`. What went fast before, into the system's buffers, is no excuse."""
        if passed <= limits.grace_s:
            return False
        if self._moved < limits.slowest * passed:
            return True
        self._since, self._moved = time.monotonic(), 0
        return False

    def give_up(self) -> None:
        """Close it; whoever was in the middle of a request is told."""
        if self.request is not None and not self.total_outbufs_len:
            with contextlib.suppress(OSError):
                self.socket.send(_TIMED_OUT)
        self.will_close = True
        with contextlib.suppress(OSError):  # who takes nothing is never written to again, and so would never be closed
            self.socket.shutdown(socket.SHUT_RDWR)


class Server:
    """A running server; `url` is the API root. Stop it with `stop()`, or use it as a context manager.

    `allowed_hosts`: names, beside this machine's own, under which browsers and clients may ask, and what `sealed` means: see
    `gracetape.same_origin`. `listening`: a socket that is bound, in the place of the port, which others may listen on, too.
    Raises ArchiveError if the port cannot be listened on.
    """

    def __init__(
        self,
        app: Any,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: ServingLimits = LIMITS,
        allowed_hosts: tuple[str, ...] = (),
        *,
        sealed: bool = True,
        listening: socket.socket | None = None,
    ) -> None:
        connections = _let_open(limits.connections)
        logging.getLogger("waitress").setLevel(logging.ERROR)
        where: dict[str, Any] = {"sockets": [listening]} if listening else {"host": address_of(host), "port": port}
        try:
            self._server: Any = create_server(
                around(app, (host, *allowed_hosts), sealed=sealed), map={}, **where, threads=THREADS, ident="gracetape",
                backlog=1024, recv_bytes=_AT_ONCE, connection_limit=connections, cleanup_interval=1, channel_timeout=1 << 30,
                max_request_header_size=limits.header_bytes, max_request_body_size=limits.body_bytes, outbuf_high_watermark=1 << 50,
                clear_untrusted_proxy_headers=True, log_socket_errors=False, expose_tracebacks=False,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise ArchiveError(f"cannot listen on {host}:{port}: {error}") from None
        self._limits = limits
        self._server.channel_class = _Channel
        self._server.maintenance = self._close_overdue
        self.port = int(self._server.effective_port)
        self.url = url_of(host, self.port)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="dummy", daemon=True)

    @property
    def open_connections(self) -> int:
        """How many connections it holds."""
        return len(self._server.active_channels)

    def _close_overdue(self, now: float) -> None:
        for channel in list(self._server.active_channels.values()):
            if channel.is_overdue(self._limits):
                channel.give_up()

    def _loop(self) -> None:
        loop, channels = self._server.asyncore.loop, self._server._map
        while not self._stopping.is_set():
            loop(timeout=0.25, map=channels, use_poll=True, count=1)

    def start(self) -> "Server":
        self._thread.start()
        return self

    def stop(self) -> None:
        """Let the requests that are being answered end, for a few seconds at the most, and close every connection."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.accepting = False
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=self._limits.stop_s)
        self._server.pull_trigger()
        if self._thread.is_alive():
            self._thread.join(self._limits.stop_s)
        self._server.asyncore.close_all(self._server._map, ignore_all=True)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def address_of(host: str) -> str:
    """One address, where a name may mean two."""
    return "127.0.0.1" if host == "localhost" else host


def url_of(host: str, port: int) -> str:
    """The API's root on a port."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/api/"


def _let_open(wanted: int) -> int:
    """How many connections this process can hold, once it may open as many files as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + 512 if hard == resource.RLIM_INFINITY else min(hard, wanted + 512)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return wanted if soft == resource.RLIM_INFINITY else max(64, min(wanted, soft - 256))


def serve(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: ServingLimits = LIMITS,
    allowed_hosts: tuple[str, ...] = (),
) -> Server:
    """Serve an app on loopback in the background: `with serve(make_app(archive)) as server: server.url`.

    UsageError for another host: a dummy has no logins.
    """
    check_loopback(host, port)
    return Server(app, host, port, limits, allowed_hosts)
