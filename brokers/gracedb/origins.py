"""Whom a client may ask: the server that the user named, and nobody else, wherever links and redirects point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from gracetape.brokers.gracedb.errors import Refused

_PORTS = {"http": 80, "https": 443}
_SHOWN = 120


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a server. Equal ones are one server, to which credentials may go."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """That of a URL, as both that look at it before it is asked read it; ValueError if it has none."""
        try:
            split, parsed = urlsplit(url), parse_url(url)
            port = split.port
        except LocationParseError as error:
            raise ValueError(str(error)) from None
        scheme, host = split.scheme.lower(), (split.hostname or "").lower().rstrip(".")
        if scheme not in _PORTS or not host:
            raise ValueError("it is no http or https URL")
        other = (parsed.host or "").strip("[]").lower().rstrip(".")
        if (parsed.scheme, other, parsed.port) != (scheme, host, port):
            raise ValueError("it can be read in two ways")
        return cls(scheme, host, _PORTS[scheme] if port is None else port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def shown(url: object) -> str:
    """A stranger's link for a sentence: on one line, not too long, without a login."""
    text = " ".join(str(url).split())
    scheme, mark, rest = text.partition("://")
    rest = rest.rpartition("@")[2] if mark else rest
    text = "".join(c if c.isprintable() else "?" for c in f"{scheme}{mark}{rest}")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def check(url: str, homes: Sequence[Origin], path: str = "/") -> None:
    """Refused, saying why, if a URL is not on the service's own origin, the first (and, of a redirect, under `path`).

    There are two where a client is led elsewhere by GRACETAPE_DUMMY, which knows no credentials.
    """
    try:
        found = Origin.of(url)
    except ValueError as error:
        raise Refused(f"the server points to {shown(url)!r}, which is not asked: {error}") from None
    if found not in homes:
        names = ("scheme", "host", "port")
        other = " and ".join(name for name in names if getattr(found, name) != getattr(homes[0], name))
        raise Refused(
            f"the server points to {shown(url)}, which is not asked: it is not on {homes[0]} (another {other}), "
            "and nothing but the service itself gets a credential or is believed"
        )
    if not (urlsplit(url).path or "/").startswith(path):
        raise Refused(f"the server sends us on to {shown(url)}, outside of its API: is a login needed there?")
