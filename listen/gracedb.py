"""The GraceDB that plug-ins work with: `gracedb = URL` is a server's (real or served dummy), other schemes come by entry point."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gracetape.errors import BadConfiguration
from gracetape.lazy import entry_points
from gracetape.shown import target

#: Packages add clients as entry points of this group, named by scheme: functions from what follows `scheme:` to a client.
ENTRY_POINTS = "gracetape.clients"


def check_client(url: str) -> None:
    """BadConfiguration if `client_of` would find nothing by this URL; a server is not asked."""
    _way_to(url)
    scheme, _, rest = url.partition(":")
    if scheme == "dummy" and not Path(rest).exists():
        raise BadConfiguration(f"gracedb = {target(url)}: there is no such archive")


def client_of(url: str) -> Any:
    """A client with the methods of `ligo.gracedb.rest.GraceDb`; BadConfiguration if the URL names none.

    A client asks that server only; on plain HTTP, which is a dummy's, in nobody's name.
    """
    if not url:
        raise BadConfiguration("the configuration names no GraceDB: add gracedb = URL (or dummy:ARCHIVE) to [general]")
    return _way_to(url)()


def _way_to(url: str) -> Callable[[], Any]:
    """What makes the client that a URL means."""
    scheme, _, rest = url.partition(":")
    if scheme in ("http", "https"):
        return partial(_server, url)
    for entry in entry_points(group=ENTRY_POINTS, name=scheme):
        return lambda: entry.load()(rest)
    raise BadConfiguration(f"gracedb = {target(url)} is neither a URL nor dummy:ARCHIVE")


def _server(url: str) -> Any:
    from gracetape.brokers.gracedb import Client

    try:
        return Client(url)
    except ValueError as error:
        raise BadConfiguration(f"gracedb = {url} is no server's URL: {error}") from None
