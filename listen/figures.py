"""Tells Prometheus how a listener does, on a port of loopback: programs of this machine may ask, pages of other origins may not."""

import threading
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from gracetape.same_origin import around

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


def serve(registry: CollectorRegistry, port: int) -> None:
    """Answer on 127.0.0.1 until the process ends. OSError if the port cannot be had."""
    app = around(make_wsgi_app(registry))
    server = make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Handler)
    threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()
