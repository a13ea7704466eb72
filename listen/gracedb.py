"""The GraceDB that plug-ins work with: `gracedb = URL` is a server's (real or served dummy), other schemes come by entry point."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gracetape.errors import BadConfiguration

#: Packages add clients as entry points of this group, named by scheme: functions from what follows `scheme:` to a client.
ENTRY_POINTS = "gracetape.clients"

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_client(url: str) -> None:
    """BadConfiguration if `client_of` would find nothing by this URL; a server is not asked."""
    _way_to(url)
    scheme, _, rest = url.partition(":")
    if scheme == "dummy" and not Path(rest).exists():
        raise BadConfiguration(f"gracedb = {url}: there is no such archive")


def client_of(url: str) -> Any:
    """A client with the methods of `ligo.gracedb.rest.GraceDb`; BadConfiguration if the URL names none.

    A plain http server on loopback is a dummy's and is asked without credentials.
    """
    if not url:
        raise BadConfiguration("the configuration names no GraceDB: add gracedb = URL (or dummy:ARCHIVE) to [general]")
    return _way_to(url)()


def _way_to(url: str) -> Callable[[], Any]:
    """What makes the client that a URL means."""
    scheme, _, rest = url.partition(":")
    if scheme in ("http", "https"):
        return partial(_server, url, force_noauth=scheme == "http" and urlsplit(url).hostname in _LOOPBACK)
    for entry in entry_points(group=ENTRY_POINTS, name=scheme):
        return lambda: entry.load()(rest)
    raise BadConfiguration(f"gracedb = {url} is neither a URL nor dummy:ARCHIVE")


def _server(url: str, *, force_noauth: bool) -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb(url, force_noauth=force_noauth)
