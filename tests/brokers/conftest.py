"""Private brokers for these tests, and an authority for their certificates."""

from pathlib import Path

import pytest

from gracetape.brokers.fixtures import _xmpp_server, broker, kafka_broker, xmpp_broker
from tests.brokers.doors import Authority

__all__ = ["_xmpp_server", "broker", "kafka_broker", "xmpp_broker"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority that nobody knows yet."""
    return Authority(tmp_path)
