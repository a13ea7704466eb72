"""Fixtures for pytest: private brokers, one each for a whole test run. Use: `pytest_plugins = ["gracetape.brokers.fixtures"]`."""

from collections.abc import Iterator

import pytest

from gracetape.brokers.private import PrivateBroker


@pytest.fixture(scope="session")
def _xmpp_server() -> Iterator[PrivateBroker]:
    from gracetape.brokers.ejabberd import library, private_xmpp

    if library() is None:
        pytest.skip("ejabberd is not installed (Debian: apt-get install ejabberd): nothing over XMPP is tested")
    with private_xmpp(("alice", "bob")) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[PrivateBroker]:
    """A private igwn-alert; topics are made as they are named."""
    from gracetape.brokers.tansu import private_kafka

    with private_kafka() as broker:
        yield broker


@pytest.fixture
def xmpp_broker(_xmpp_server: PrivateBroker, monkeypatch: pytest.MonkeyPatch) -> PrivateBroker:
    """A private LVAlert with the accounts alice and bob; alice's password is where `$NETRC` says."""
    for name, value in _xmpp_server.environment.items():
        monkeypatch.setenv(name, value)
    return _xmpp_server


@pytest.fixture(params=["xmpp", "kafka"])
def broker(request: pytest.FixtureRequest) -> PrivateBroker:
    """Each of the two, one after the other."""
    found: PrivateBroker = request.getfixturevalue(f"{request.param}_broker")
    return found
