"""Servers that tests share tapes through: a small web server that takes files and gives ranges, and an S3 server (moto)."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Web:
    """What a web server holds, and what was asked of it: (method, path, bytes answered, Authorization).

    It takes no notice of If-Match unless it `heeds` that. `instead` may answer in its place (True: it has), `cut` is where answers break off.
    """

    def __init__(self, *, ranges: bool = True, writable: bool = True, heeds: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, int, str | None]] = []
        self.ranges, self.writable, self.heeds = ranges, writable, heeds
        self.instead: Callable[[Any], bool] = lambda request: False
        self.cut: int | None = None
        self.redirects: dict[str, str] = {}
        self.url = ""

    @property
    def bytes_given(self) -> int:
        return sum(size for _, _, size, _ in self.asked)


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, body: bytes = b"", **headers: str | None) -> None:
            web.asked.append((self.command, self.path, len(body), self.headers.get("Authorization")))
            self.send_response(status)
            for name, value in headers.items():
                if value is not None:
                    self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: web.cut])
            if web.cut is not None and len(body) > web.cut:
                self.close_connection = True

        def do_HEAD(self) -> None:
            if web.instead(self):
                return
            found = web.files.get(self.path)
            if found is None:
                self.answer(404)
            else:
                self.answer(200, ETag=_tag(found), Content_Length=str(len(found)))

        def do_GET(self) -> None:
            if web.instead(self):
                return
            if self.path in web.redirects:
                self.answer(302, Location=web.redirects[self.path])
                return
            found = web.files.get(self.path)
            wanted = self.headers.get("Range")
            if found is None:
                self.answer(404)
            elif wanted is None or not web.ranges:
                self.answer(200, found, ETag=_tag(found))
            else:
                start, end = wanted.removeprefix("bytes=").split("-")
                if int(start) >= len(found):
                    self.answer(416, Content_Range=f"bytes */{len(found)}")
                    return
                part = found[int(start) : int(end) + 1 if end else None]
                said = f"bytes {start}-{int(start) + len(part) - 1}/{len(found)}"
                self.answer(206, part, ETag=_tag(found), Content_Range=said)

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found = web.files.get(self.path)
            if web.instead(self):
                return
            if not web.writable:
                self.answer(405)
            elif "Transfer-Encoding" in self.headers:
                self.answer(400)  # beside a Content-Length, nobody may
            elif web.heeds and (
                (self.headers.get("If-None-Match") == "*" and found is not None)
                or ((match := self.headers.get("If-Match")) and (found is None or match != _tag(found)))
            ):
                self.answer(412)
            else:
                web.files[self.path] = body
                self.answer(201)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _tag(contents: bytes) -> str:
    return f'"{hashlib.sha256(contents).hexdigest()[:16]}"'


@contextmanager
def web_server(**options: bool) -> Iterator[Web]:
    web = Web(**options)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(web))
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
