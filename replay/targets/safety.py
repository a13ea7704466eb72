"""Where messages may go: freely to this machine, elsewhere only if the user names the host, and never under production's names.

A replayed alert looks like a real one to whoever hears it.
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from brokers import BrokerUrl, is_loopback
from replay.errors import BadRequest

#: What readers of URLs take differently, so that they see different hosts.
_AMBIGUOUS = re.compile(r"[\x00- \\\x7f]")
#: The igwn-alert group of the production GraceDB.
PRODUCTION_GROUP = "gracedb"
#: How the names of nodes begin that the production GraceDB keeps for tests and mock data.
_HARMLESS = ("test_", "mdc_")


def check_destination(url: str, really: Collection[str] = ()) -> None:
    """BadRequest if a URL names a host that is not this machine and is not among the hosts that the user named."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return  # whoever reads it will say so
    if parts.netloc and _AMBIGUOUS.search(url):
        raise BadRequest(f"{url!r} is no URL: a backslash, a space or a control character stands in it")
    if host and not is_loopback(host) and host not in {name.lower() for name in really}:
        raise BadRequest(
            f"{host} is not this machine, and who listens there cannot tell a replay from the real thing: "
            f"if that is what you want, add --yes-really-send-to {host}"
        )


def check_names(url: BrokerUrl, node: str) -> None:
    """BadRequest if a message would go to a node of the production GraceDB on another machine."""
    if url.loopback or url.options.get("prefix"):
        return
    if url.scheme == "kafka" and url.path == PRODUCTION_GROUP:
        raise BadRequest(
            f"{url}/{url.path} is the production GraceDB's own group: send to another group, or add ?prefix=NAME"
        )
    if url.scheme == "xmpp" and not node.startswith(_HARMLESS):
        raise BadRequest(
            f"{node} is a node of the production GraceDB: rename it on {url.host} with ?prefix=NAME in the URL"
        )
