"""Private brokers for these tests, and an authority for their certificates."""

import pytest

from gracetape.brokers.fixtures import _xmpp_server, broker, kafka_broker, xmpp_broker
from tests.brokers.doors import Authority

__all__ = ["_xmpp_server", "broker", "kafka_broker", "xmpp_broker"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody knows yet."""
    return Authority(tmp_path_factory.mktemp("authority"))
