"""Tells Prometheus how a listener does, on a port of loopback: programs of this machine may ask, pages of other origins may not."""

import threading
from collections.abc import Callable, Sequence
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app

from gracetape.listen.handle import Handle
from gracetape.same_origin import around

#: Per child: name of the figure, what it is, and where it comes from.
_FIGURES: dict[str, tuple[str, Callable[[Handle], float]]] = {
    "alerts": ("alerts heard by the child since its start", lambda handle: handle.report.alerts),
    "tasks": ("tasks done since its start", lambda handle: handle.report.tasks),
    "errors": (
        "exceptions of plug-in and tasks, and messages that are no alerts, since its start",
        lambda handle: handle.report.errors,
    ),
    "queue_length": ("items that wait", lambda handle: handle.report.queue),
    "restarts": ("restarts after a death", lambda handle: handle.restarted),
    "up": ("1 if the process runs", lambda handle: int(handle.alive)),
}
_TIMEOUT_S = 10.0  # for each piece of a request, and of its answer
_MOST = (
    16  # connections at once; whoever comes beyond them is turned away, so that the listener never runs out of files
)


class _Handler(WSGIRequestHandler):
    timeout = _TIMEOUT_S

    def log_message(self, *_: Any) -> None:
        """Say nothing: who asks is no news."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    _free = threading.BoundedSemaphore(_MOST)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, *_: Any) -> None:
        """A client that goes away, or says nothing, is no failure of the listener's."""


class Figures:
    """The figures of one listener, answered on 127.0.0.1 until the process ends. OSError if the port cannot be had."""

    def __init__(self, port: int) -> None:
        registry = CollectorRegistry()
        self._total = Gauge("gracetape_accepted", "messages accepted since the start", registry=registry)
        self._refusing = Gauge("gracetape_refusing", "1 while nothing can be accepted", registry=registry)
        self._gauges = {
            name: Gauge(f"gracetape_child_{name}", what, ["child"], registry=registry)
            for name, (what, _) in _FIGURES.items()
        }
        app = around(make_wsgi_app(registry))
        server = make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Handler)
        threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()

    def tell(self, accepted: int, refusing: bool, handles: Sequence[Handle]) -> None:
        """What they are now."""
        self._total.set(accepted)
        self._refusing.set(int(refusing))
        for handle in handles:
            for name, (_, read) in _FIGURES.items():
                self._gauges[name].labels(handle.name).set(read(handle))
