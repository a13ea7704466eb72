"""Clients that are slow, silent or in pieces keep nobody else from being answered, and are let go in the end."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.server import Server
from gracetape.dummy.serving_limits import ServingLimits

MANY = 300
HEAD = b"POST /api/events/T1/log/ HTTP/1.1\r\nHost: localhost\r\n"
#: What each sends at once; nobody of them reads an answer, and none ends what it began.
SLOW = {
    "nothing": b"",
    "the beginning of a head": b"GET /api/ HTT",
    "a head without an end": b"GET /api/ HTTP/1.1\r\nHost: localhost\r\nX: ",
    "the beginning of a body": HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    "the beginning of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\nabc",
    "many requests whose answers it never reads": b"GET /api/superevents/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40,
}


@pytest.fixture
def server(tape: Archive) -> Iterator[Server]:
    with dummy.serve(dummy.make_app(tape), limits=ServingLimits(header_s=2, grace_s=2, idle_s=2)) as running:
        yield running


def connect(server: Server, stack: ExitStack, number: int, sent: bytes) -> list[socket.socket]:
    found = []
    for _ in range(number):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        connection.sendall(sent)
        found.append(connection)
    return found


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW.keys())
def test_slow_connections_keep_nobody_from_being_answered_and_are_let_go(server: Server, sent: bytes) -> None:
    with ExitStack() as stack:
        connect(server, stack, MANY if len(sent) < 500 else 40, sent)
        for _ in range(3):
            assert requests.get(server.url, timeout=30).status_code == 200
        wait_until(lambda: not server.open_connections)
    assert requests.get(server.url, timeout=30).status_code == 200


def test_a_request_that_drips_is_given_up_although_bytes_keep_coming(server: Server) -> None:
    with ExitStack() as stack:
        (connection,) = connect(server, stack, 1, HEAD + b"Content-Length: 100000\r\n\r\n")
        connection.settimeout(0.05)
        heard = b""
        until = time.monotonic() + 120
        while not heard and time.monotonic() < until:
            try:
                connection.sendall(b"x")
                heard = connection.recv(1000)
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert b"HTTP/1.1 408".startswith(heard[:12])
        assert time.monotonic() < until


def test_a_stop_waits_for_no_slow_client_nor_for_a_request_that_never_ends() -> None:
    def forever(environ: object, start_response: object) -> list[bytes]:
        time.sleep(3600)
        return []

    with ExitStack() as stack:
        server = Server(forever, limits=ServingLimits(stop_s=0.5)).start()
        connect(server, stack, 20, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connect(server, stack, 20, SLOW["the beginning of a body"])
        server.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=60)


def exchange(server: Server, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@pytest.mark.parametrize(
    "sent", [b"GET http://[::1/ HTTP/1.1\r\n\r\n", HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"]
)
def test_an_address_or_a_length_that_cannot_be_read_is_answered_with_400(server: Server, sent: bytes) -> None:
    assert exchange(server, sent).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("fault", ["500", "503@5", "truncate", "latency=0"])
@pytest.mark.parametrize("host", [b"localhost", b"elsewhere.example"])
def test_who_asks_for_a_head_gets_no_body(tape: Archive, fault: str, host: bytes) -> None:
    with dummy.serve(dummy.make_app(tape, faults=[f"*:{fault}"])) as running:
        head, _, body = exchange(running, b"HEAD /api/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 ")
    assert body == b""


def test_who_never_takes_a_long_answer_is_let_go() -> None:
    asked: list[object] = []

    def long(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        asked.append(environ)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(24 << 20))])
        return [b"x" * (24 << 20)]

    with ExitStack() as stack:
        server = stack.enter_context(dummy.serve(long, limits=ServingLimits(grace_s=1)))
        connect(server, stack, 3, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: len(asked) == 3)
        wait_until(lambda: not server.open_connections)


def test_a_long_answer_arrives_whole_however_it_is_taken_and_is_let_go_of_when_it_is_sent() -> None:
    pieces = [bytes([number]) * size for number, size in enumerate((5, 9 << 20, 8 << 10, 3 << 20, 9000))]
    whole = b"".join(pieces)

    def long(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(whole)))])
        return pieces

    with ExitStack() as stack:
        server = stack.enter_context(dummy.serve(long))
        (connection,) = connect(server, stack, 1, b"")
        for pause in (0.0, 0.05, 0.0):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            heard = bytearray()
            while not heard.endswith(whole[-9000:]):
                heard += connection.recv(4 << 20)
                time.sleep(pause)
            assert heard.partition(b"\r\n\r\n")[2] == whole
            (channel,) = server._server.active_channels.values()
            wait_until(lambda: not channel.total_outbufs_len and channel.outbufs[-1].buf is None)  # noqa: B023
