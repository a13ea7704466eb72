"""Keeps tests with tapes off the network: whoever asks for a host that is not this machine is refused with a sentence."""

import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import requests

from gracetape.destinations import is_loopback
from gracetape.errors import UsageError


@contextmanager
def no_network(mode: str, allowed: Collection[str] = ()) -> Iterator[None]:
    """A block in which connections to other hosts than this one, and those `allowed`, raise UsageError.

    `mode` is named in the sentence. Sockets are looked at where their names are looked up and where they connect; of requests, which
    may go through a proxy, the address that they are for.
    """

    def check(host: Any) -> None:
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host or "localhost")
        if not is_loopback(name.strip("[]")) and name.lower() not in allowed and name not in ("0.0.0.0", "::"):
            raise UsageError(
                f"{name} was not asked: a test with a tape never touches the network (--tape-record={mode}); use the fixture "
                f"gracedb_url to lead clients to the tape, --tape-record=rewrite or new to record, or add {name} to "
                f"tape_allowed_hosts"
            )

    ordinary_send, lookup = requests.adapters.HTTPAdapter.send, socket.getaddrinfo

    @wraps(ordinary_send)
    def send(self: Any, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        check(urlsplit(str(request.url)).hostname)
        return ordinary_send(self, request, *args, **options)

    @wraps(lookup)
    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        check(host)
        return lookup(host, *args, **options)

    class Socket(socket.socket):
        """A socket that connects within this machine alone."""

        def connect(self, address: Any) -> None:
            _check_address(self, address, check)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            _check_address(self, address, check)
            return super().connect_ex(address)

    Socket.__name__ = Socket.__qualname__ = "socket"
    with (
        mock.patch.object(requests.adapters.HTTPAdapter, "send", send),
        mock.patch.object(socket, "getaddrinfo", getaddrinfo),
        mock.patch.object(socket, "socket", Socket),
    ):
        yield


def _check_address(opened: socket.socket, address: Any, check: Any) -> None:
    if opened.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and address:
        check(address[0])
