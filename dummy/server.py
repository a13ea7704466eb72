"""Serves the dummy's app over HTTP on loopback, with threads, until it is told to stop."""

import signal
import threading
from typing import Any

from cheroot import wsgi

from archive import ArchiveError

THREADS = 16


class Server:
    """A running server; `url` is the API root. Stop it with `stop()`, or use it as a context manager."""

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = wsgi.Server((host, port), app, numthreads=THREADS, server_name="gracetape", shutdown_timeout=5)
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


def serve(app: Any, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve an app on loopback in the background: `with serve(make_app(archive)) as server: server.url`."""
    return Server(app, host, port)


def wait_for_signal() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    while not told.wait(0.5):
        pass
