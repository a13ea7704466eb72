"""Private brokers, for the tests that go over a wire."""

from gracetape.brokers.fixtures import _xmpp_server, kafka_broker, xmpp_broker

__all__ = ["_xmpp_server", "kafka_broker", "xmpp_broker"]
