"""A server on loopback that answers honestly, but for what a test wants otherwise: any bytes, in any time."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Writes an answer to a connection. `None` in place of one: the honest answer.
Answer = Callable[[socket.socket], None]

LOG = [
    {"N": n, "comment": f"word {n}", "created": "2026-01-01 00:00:00 UTC", "filename": "", "file_version": None, "tag_names": []}
    for n in (1, 2)
]  # fmt: skip
EVENT = {"graceid": "T1", "gpstime": 1e9, "created": "2026-01-01 00:00:00 UTC", "labels": [], "group": "Test"}
SUPEREVENT = {
    "superevent_id": "S260101a", "gw_id": None, "t_0": 1e9, "gw_events": ["T1"], "em_events": [], "preferred_event": "T1",
    "created": "2026-01-01 00:00:00 UTC", "labels": [],
}  # fmt: skip


def raw(data: bytes, *, hang: bool = False) -> Answer:
    """These bytes, and then the end, or silence."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        if hang:
            connection.recv(1)  # until the client gives up

    return answer


def body(content: bytes, status: str = "200 OK", length: object = None, **headers: str) -> Answer:
    told = len(content) if length is None else length
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if told != "none":
        lines.append(f"Content-Length: {told}")
    head = "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *lines, "", ""])
    return raw(head.encode("latin-1") + content)


def value(found: Any, **headers: str) -> Answer:
    return body(json.dumps(found).encode(), Content_Type="application/json", **headers)


def redirect(to: str, status: str = "302 Found") -> Answer:
    return body(b"", status, Location=to)


def endless(head: bytes, piece: bytes) -> Answer:
    """The same piece for ever, as fast as it is taken."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return answer


def dripping(head: bytes, piece: bytes, every_s: float = 0.05) -> Answer:
    """The same piece for ever, but now and then only."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(every_s)

    return answer


def silent(connection: socket.socket) -> None:
    connection.recv(1)


OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


class Unfriendly:
    """The server. `answers` holds what is answered instead, by a pattern of the path; `asked` are requests as they came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.root = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/api/"
        self.answers: dict[str, Answer] = {}
        self.asked: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                request = b""
                while b"\r\n\r\n" not in request:
                    if not (piece := connection.recv(65536)):
                        return
                    request += piece
                self.asked.append(request)
                path = request.split(b" ")[1].decode()
                chosen = next((a for pattern, a in self.answers.items() if re.search(pattern, path)), None)
                (chosen or self._honest(path))(connection)
            except OSError:
                pass

    def _honest(self, path: str) -> Answer:
        for pattern, make in HONEST:
            if re.fullmatch(f"/api/{pattern}", path):
                return value(make(self.root))
        if path.endswith("/files/a.txt,0"):
            return body(b"contents")
        return body(b"{}", "404 Not Found")

    def logins(self) -> set[bytes]:
        """The `Authorization` of all requests."""
        heads = [line for request in self.asked for line in request.split(b"\r\n")]
        return {line.partition(b": ")[2] for line in heads if line.lower().startswith(b"authorization")}

    def close(self) -> None:
        self._listener.close()


def root(url: str) -> dict[str, Any]:
    events, superevents = f"{url}events/{{graceid}}", f"{url}superevents/{{superevent_id}}"
    return {
        "links": {"events": f"{url}events/", "superevents": f"{url}superevents/", "self": url},
        "templates": {
            "event-detail-template": events, "event-log-template": f"{events}/log/",
            "event-label-template": f"{events}/labels/{{label}}", "voevent-list-template": f"{events}/voevent/",
            "emobservation-list-template": f"{events}/emobservation/", "files-template": f"{events}/files/{{filename}}",
            "superevent-detail-template": f"{superevents}/", "superevent-log-list-template": f"{superevents}/logs/",
            "superevent-label-list-template": f"{superevents}/labels/", "superevent-voevent-list-template": f"{superevents}/voevents/",
            "superevent-emobservation-list-template": f"{superevents}/emobservations/",
            "superevent-file-list-template": f"{superevents}/files/",
            "superevent-signoff-list-template": f"{superevents}/signoffs/", "superevent-permission-list-template": f"{superevents}/permissions/",
        },
    }  # fmt: skip


#: What is answered to whom, by the path under the API root.
HONEST: list[tuple[str, Callable[[str], Any]]] = [
    ("", root),
    ("events/T1", lambda url: EVENT),
    ("events/T1/log/", lambda url: {"log": LOG}),
    ("events/T1/labels/.*", lambda url: {"labels": []}),
    ("events/T1/files/", lambda url: {"a.txt": f"{url}events/T1/files/a.txt", "a.txt,0": f"{url}events/T1/files/a.txt,0"}),
    ("events/T1/voevent/", lambda url: {"voevents": []}),
    ("events/T1/emobservation/", lambda url: {"observations": []}),
    ("superevents/S260101a/", lambda url: SUPEREVENT),
    ("superevents/S260101a/logs/", lambda url: {"log": LOG}),
    ("superevents/S260101a/files/", lambda url: {}),
]  # fmt: skip


@contextmanager
def unfriendly(tls: ssl.SSLContext | None = None) -> Iterator[Unfriendly]:
    server = Unfriendly(tls)
    try:
        yield server
    finally:
        server.close()
