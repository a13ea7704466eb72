"""Private brokers for a run of tests, started when a test asks for one, and ended with the run."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest

from gracetape.brokers.private import PrivateBroker
from gracetape.errors import BrokerError
from gracetape.installing import hint
from gracetape.testing.leading import environment


@contextmanager
def kafka() -> Iterator[str]:
    """The URL of a private Kafka broker."""
    with _running("kafka_url", "broker", _kafka) as url:
        yield url


@contextmanager
def lvalert() -> Iterator[str]:
    """The URL of a private LVAlert; NETRC of the environment holds its login meanwhile."""
    with _running("lvalert_url", "lvalert", _lvalert) as url:
        yield url


def _kafka() -> PrivateBroker:
    from gracetape.brokers.private_kafka import private_kafka

    return private_kafka()


def _lvalert() -> PrivateBroker:
    from gracetape.brokers.ejabberd import private_xmpp

    return private_xmpp()


@contextmanager
def _running(fixture: str, extra: str, make: Callable[[], PrivateBroker]) -> Iterator[str]:
    try:
        broker = make()
    except ImportError as error:
        _skip(f"{fixture}: {error.name} is not installed: {hint(extra)}")
    except BrokerError as error:
        _skip(f"{fixture}: {error}")
    with broker, environment(broker.environment):
        yield broker.url


def _skip(sentence: str) -> NoReturn:
    """Skip the test, and say so also where skips are counted only."""
    warnings.warn(pytest.PytestWarning(f"tests are skipped: {sentence}"), stacklevel=2)
    pytest.skip(sentence)
