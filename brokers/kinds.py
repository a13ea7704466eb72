"""The kinds of broker: one table, by the scheme of their URLs. One more is one row, and what hears and publishes there."""

from collections.abc import Mapping
from dataclasses import dataclass

from gracetape.errors import BadUrl
from gracetape.shown import target


@dataclass(frozen=True)
class BrokerKind:
    """A row: the `port` that is meant where a URL names none, and its `options` after `?`, with what they mean.

    `source` hears and `publisher` sends (`module:class`, loaded when one is opened); `extra` of this package brings the libraries
    that both need.
    """

    port: int
    options: Mapping[str, str]
    source: str
    publisher: str
    extra: str


_PREFIX = "put before the name of every"
_PATIENCE = {"patience": "seconds to try again before giving up"}
BROKERS: Mapping[str, BrokerKind] = {
    "xmpp": BrokerKind(
        5222,
        {
            "tls": "`off`: no encryption, on loopback only",
            "ca": "PEM file of the certificate authorities that are trusted, instead of the system's",
            "prefix": f"{_PREFIX} node",
            "create": "`no`: do not create nodes that are not there",
        }
        | _PATIENCE,
        "gracetape.brokers.xmpp_source:XmppSource",
        "gracetape.brokers.xmpp_publisher:XmppPublisher",
        "lvalert",
    ),
    "kafka": BrokerKind(
        9092,
        {
            "consumer": "the consumer group under which offsets are kept",
            "start": "`earliest` or `latest`: where a consumer group that is new begins",
            "prefix": f"{_PREFIX} topic, after the group",
            "create": "`yes`: create topics that are not there",
            "topics": "sending: topics to be made at once, `igwn` (the usual ones), `public`, or names by commas",
        }
        | _PATIENCE,
        "gracetape.brokers.kafka_source:KafkaSource",
        "gracetape.brokers.kafka_publisher:KafkaPublisher",
        "igwn-alert",
    ),
}


def not_a_broker(url: str) -> BadUrl:
    """What is wrong with a URL of another scheme."""
    known = ", ".join(f"{scheme}://" for scheme in BROKERS)
    return BadUrl(f"{target(url)!r} is no URL of a broker (known: {known})")
