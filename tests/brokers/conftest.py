"""Private brokers for these tests."""

from brokers.fixtures import _xmpp_server, kafka_broker, xmpp_broker

__all__ = ["_xmpp_server", "kafka_broker", "xmpp_broker"]
