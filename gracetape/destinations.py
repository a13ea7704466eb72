"""Where messages and writes may go: one policy for targets, re-enactment, simulation and the alerts of a dummy.

This machine is always allowed. Another machine is sent messages only if its host is named once more (who listens there cannot tell
them from the real thing), and never under the names that the production GraceDB uses. A GraceDB elsewhere is written to, but a
production one only if its host is named once more, and groups other than Test only if that is allowed expressly.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from gracetape.errors import BadRequest
from gracetape.shown import target
from gracetape.topics import is_public

#: What readers of URLs take differently, so that they see different hosts.
_AMBIGUOUS = re.compile(r"[\x00- \\\x7f]")
#: The servers on which everybody's alerts are real.
PRODUCTION_HOSTS = frozenset({"gracedb.ligo.org", "gracedb.igwn.org"})
#: The igwn-alert group of the production GraceDB.
PRODUCTION_GROUP = "gracedb"
#: How the names of nodes begin that the production GraceDB keeps for tests and mock data.
_HARMLESS = ("test_", "mdc_")


class _Broker(Protocol):
    """What is asked of a broker's URL that has been read."""

    @property
    def scheme(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def loopback(self) -> bool: ...
    @property
    def options(self) -> Mapping[str, str]: ...


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address alone; nothing is looked up."""
    name = host.lower().rstrip(".")
    if name in ("localhost", "ip6-localhost") or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def local_broker(url: str | None) -> str | None:
    """HOST:PORT of a Kafka broker on this machine; None for what is none."""
    try:
        parts = urlsplit(url or "")
        host, port = parts.hostname or "", parts.port or 9092
    except ValueError:
        return None  # whoever opens it will say so
    return f"{f'[{host}]' if ':' in host else host}:{port}" if parts.scheme == "kafka" and is_loopback(host) else None


def check_messages(url: str, really: Collection[str] = ()) -> None:
    """BadRequest if a URL for messages names a host that is not this machine and is not among those that the user named."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return  # whoever reads it will say so
    if parts.netloc and _AMBIGUOUS.search(url):
        raise BadRequest(f"{target(url)!r} is no URL: a backslash, a space or a control character stands in it")
    if host and not is_loopback(host) and not _is_named(host, really):
        raise BadRequest(
            f"{host} is not this machine, and who listens there cannot tell a replay from the real thing: "
            f"if that is what you want, add --yes-really-send-to {host}"
        )


def check_node(broker: _Broker, node: str) -> None:
    """BadRequest if a message would go to a node, or topic, of the production GraceDB on another machine."""
    if broker.loopback or broker.options.get("prefix"):
        return
    if broker.scheme == "kafka" and broker.path == PRODUCTION_GROUP:
        raise BadRequest(
            f"{broker}/{broker.path} is the production GraceDB's own group: send to another group, or add ?prefix=NAME"
        )
    if broker.scheme == "kafka" and is_public(node):
        raise BadRequest(
            f"{node} is the topic on which everybody hears of real events: rename it on {broker.host} with ?prefix=NAME in the URL"
        )
    if broker.scheme == "xmpp" and not node.startswith(_HARMLESS):
        raise BadRequest(
            f"{node} is a node of the production GraceDB: rename it on {broker.host} with ?prefix=NAME in the URL"
        )


def is_server(place: str) -> bool:
    """Whether a place to write to is a server, not an archive: `http(s)://…` or `gracedb+http(s)://…`."""
    return server_address(place).lower().startswith(("http://", "https://"))


def server_address(place: str) -> str:
    """The URL of a server that may be written with `gracedb+` before it."""
    return place[len("gracedb+") :] if place[: len("gracedb+")].lower() == "gracedb+" else place


def is_dummy(place: str) -> bool:
    """Whether a place is surely a dummy: an archive, or a server of plain HTTP on this machine (GraceDB itself has HTTPS alone)."""
    if not is_server(place):
        return True
    try:
        parts = urlsplit(server_address(place))
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False


def check_writes(
    place: str, really: Collection[str] = (), groups: Collection[str] | None = None, *, unsafe: bool = False
) -> None:
    """BadRequest if a place may not be written to.

    A production server must be among `really`. Where the groups of the events are known, those other than Test go to a server that
    may be a real one only if that is allowed expressly (`unsafe`).
    """
    if is_dummy(place):
        return
    address = server_address(place)
    try:
        host = (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        host = ""
    if not host or _AMBIGUOUS.search(address):
        raise BadRequest(f"{target(place)!r} names no GraceDB: write https://HOST/api/")
    if host in PRODUCTION_HOSTS and not _is_named(host, really):
        raise BadRequest(
            f"{host} is a production server: to write there all the same, name it again with --yes-really-send-to {host}"
        )
    others = sorted(set(groups or ()) - {"Test"})
    if others and not unsafe:
        raise BadRequest(
            f"{target(address)} may be a real GraceDB, where only group Test is simulated, not {', '.join(others)}: --unsafe allows it"
        )


def _is_named(host: str, really: Collection[str]) -> bool:
    return host.lower().rstrip(".") in {name.lower().rstrip(".") for name in really}
