"""Leads every Kafka consumer that asks the brokers of the public alerts to another broker; needs nothing else of gracetape.

Programs that hear GCN or SCiMMA (gcn-kafka, hop-client) mostly name no broker, or have it written into them; all of them make their consumers of
`confluent_kafka`.
"""

from typing import Any

#: Whose brokers are meant: those below these names.
PUBLIC_HOSTS = ("gcn.nasa.gov", "scimma.org")
#: Settings of logins and encryption, which a broker on this machine has not.
_OF_LOGINS = ("sasl.", "ssl.", "https.", "enable.ssl", "oauth_cb")
_SERVERS, _PROTOCOL = ("bootstrap.servers", "metadata.broker.list"), "security.protocol"


def lead(module: Any, name: str, broker: str) -> None:
    """Put in the place of a class of `confluent_kafka`, which takes settings, one that asks `broker` (HOST:PORT) for public alerts."""
    original = getattr(module, name)

    class Led(original):  # type: ignore[misc, valid-type]
        """The class itself, but for the broker that it asks."""

        def __init__(self, *given: Any, **settings: Any) -> None:
            first = [led(given[0], broker)] if given and isinstance(given[0], dict) else list(given[:1])
            super().__init__(*first, *given[1:], **led(settings, broker))

    Led.__name__, Led.__qualname__, Led.__module__ = original.__name__, original.__qualname__, original.__module__
    setattr(module, name, Led)


def led(settings: dict[str, Any], broker: str) -> dict[str, Any]:
    """Settings of a consumer, those that ask for public alerts with another broker; no login goes there."""
    if not any(_is_public(str(settings.get(name) or "")) for name in _SERVERS):
        return settings
    kept = {name: value for name, value in settings.items() if not name.startswith(_OF_LOGINS) and name not in _SERVERS}
    return kept | {_SERVERS[0]: broker, _PROTOCOL: "plaintext"}


def _is_public(servers: str) -> bool:
    """Whether a list of servers, `HOST:PORT` by commas, names one of those that the public hears."""
    hosts = (server.rpartition("://")[2].partition(":")[0].strip().lower().rstrip(".") for server in servers.split(","))
    return any(host == name or host.endswith(f".{name}") for host in hosts for name in PUBLIC_HOSTS)
