"""Keeps tests with tapes off the network: whoever asks for a host that is not this machine is refused with a sentence."""

import socket
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import requests

from gracetape.destinations import is_loopback
from gracetape.errors import UsageError

#: What asks for a host by its name, and what of a socket goes to one.
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_CALLS = ("connect", "connect_ex", "sendto")


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

    ordinary_send = requests.adapters.HTTPAdapter.send

    @wraps(ordinary_send)
    def send(self: Any, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        check(urlsplit(str(request.url)).hostname)
        return ordinary_send(self, request, *args, **options)

    def looked_up(lookup: Any) -> Any:
        @wraps(lookup)
        def lookup_here(host: Any, *args: Any, **options: Any) -> Any:
            check(host)
            return lookup(host, *args, **options)

        return lookup_here

    def guarded(connect: Any) -> Any:
        @wraps(connect)
        def connect_here(opened: socket.socket, *args: Any) -> Any:
            address = args[-1] if args else None  # of a datagram that is sent, it is the last
            if opened.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and address:
                check(address[0])
            return connect(opened, *args)

        return connect_here

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(requests.adapters.HTTPAdapter, "send", send))
        for name in _LOOKUPS:
            stack.enter_context(mock.patch.object(socket, name, looked_up(getattr(socket, name))))
        for name in _CALLS:
            stack.enter_context(mock.patch.object(socket.socket, name, guarded(getattr(socket.socket, name))))
        yield
