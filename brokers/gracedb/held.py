"""Holds a client that somebody else made to the rule of ours, as long as we ask with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ligo.gracedb.client import GraceDBClient
from requests.adapters import BaseAdapter, HTTPAdapter

from gracetape.brokers.gracedb.client import Client
from gracetape.brokers.gracedb.limits import Limits
from gracetape.brokers.gracedb.origins import Origin
from gracetape.brokers.gracedb.transport import Guarded, Sockets
from gracetape.brokers.gracedb.watch import Watch


@contextmanager
def held(client: Any) -> Iterator[None]:
    """An ordinary `ligo.gracedb` client asks its own server only, within limits, until the block ends.

    Links, next pages, templates and redirects come from the server: none of them may lead the client's login elsewhere. Clients of
    ours do so anyway, and those that are answered in this process reach nobody.
    """
    if isinstance(client, Client) or not isinstance(client, GraceDBClient) or "get_adapter" in vars(client):
        yield
        return
    root, limits, watch = client._service_url, Limits.meant(), Watch()
    ordinary, guards = client.get_adapter, dict[int, Guarded]()

    def get_adapter(url: str) -> BaseAdapter:
        inner: BaseAdapter = ordinary(url if urlsplit(url).scheme in ("http", "https") else "http://")
        if not isinstance(inner, HTTPAdapter):
            return inner
        if id(inner) not in guards:
            led = getattr(inner, "leads_to", None)
            homes = [Origin.of(where) for where in (root, led) if where]
            path = "/".join(["", *urlsplit(led or root).path.split("/")[1:2]])
            sockets = Sockets(max_retries=inner.max_retries) if type(inner) is HTTPAdapter else inner
            guards[id(inner)] = Guarded(sockets, homes, path, limits, watch)
        return guards[id(inner)]

    client.get_adapter = get_adapter
    try:
        yield
    finally:
        vars(client).pop("get_adapter", None)
