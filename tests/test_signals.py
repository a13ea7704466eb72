"""A flag that signals raise: nobody waits for ever for it, however the signal meets the wait."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from gracetape.signals import Flag, raised_by_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As they were, afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_at_any_moment_of_a_wait_ends_it() -> None:
    flags: list[Flag] = [Flag()]
    signal.signal(signal.SIGALRM, lambda *_: flags[-1].set())
    for moment in range(300):  # microseconds: around the beginning of the wait
        flags.append(Flag())
        signal.setitimer(signal.ITIMER_REAL, (moment + 1) / 1e6)
        assert flags[-1].wait(60)
    assert not Flag().wait(0.01)


def test_another_thread_may_raise_it() -> None:
    flag = Flag()
    threading.Timer(0.05, flag.set).start()
    begun = time.monotonic()
    assert flag.wait(60)
    assert time.monotonic() - begun < 50
    assert repr(flag) == "<Flag, raised>"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_raise_it(number: signal.Signals) -> None:
    flag = raised_by_signals(signal.SIGHUP)
    assert not flag.is_set()
    signal.raise_signal(number)
    assert flag.is_set()
