"""Reads the URLs of brokers: `xmpp://USER@HOST:PORT/?tls=off`, `kafka://HOST:PORT/GROUP?consumer=NAME`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from gracetape.brokers.kinds import BROKERS, not_a_broker
from gracetape.destinations import is_loopback
from gracetape.errors import BadUrl
from gracetape.shown import target


@dataclass(frozen=True)
class BrokerUrl:
    """A broker's URL, read. `path` is without slashes at its ends."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """`HOST:PORT`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether the broker is on this machine."""
        return is_loopback(self.host)

    @property
    def patience_s(self) -> float:
        """How long to try again while the broker is away, in seconds."""
        text = self.options.get("patience", "60")
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            raise BadUrl(f"patience={text} is no number of seconds: write patience=60")
        return seconds

    def flag(self, option: str, default: bool) -> bool:
        """An option that is on or off."""
        text = self.options.get(option)
        if text is None:
            return default
        if text.lower() not in ("yes", "no", "on", "off"):
            raise BadUrl(f"{option}={text} makes no sense: write {option}=yes or {option}=no")
        return text.lower() in ("yes", "on")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.address}"


def is_plain(name: str) -> bool:
    """Whether a name is one that every broker takes for an account, a group or a topic."""
    return re.fullmatch(r"[A-Za-z0-9._-]+", name) is not None


def parse_url(url: str) -> BrokerUrl:
    """Read a broker's URL; BadUrl with one sentence if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its words may hold what stands in the place of a port: a password
        raise BadUrl(f"cannot read the URL {target(url)!r}: its host or port makes no sense") from None
    if parts.scheme not in BROKERS:
        raise not_a_broker(url)
    if parts.password is not None:
        raise BadUrl(
            "a URL must not hold a password, which others on the machine could read: put it in ~/.netrc (XMPP) "
            "or hop's auth.toml (Kafka)"
        )
    if not parts.hostname:
        raise BadUrl(f"{target(url)!r} names no host: write {parts.scheme}://HOST/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    broker = BROKERS[parts.scheme]
    if unknown := sorted(set(options) - set(broker.options)):
        raise BadUrl(f"{parts.scheme}:// has no option {unknown[0]!r} (known: {', '.join(broker.options)})")
    return BrokerUrl(parts.scheme, parts.hostname, port or broker.port, parts.username, parts.path.strip("/"), options)
