"""What a handler of signals may do: raise a flag, at any moment, or let the main thread end as Ctrl-C does."""

import math
import signal
import time
from collections.abc import Callable

#: Seconds between two looks of who waits for a flag.
_LOOK_S = 0.1


class Flag:
    """Raised once, by any thread or by a signal's handler, also one that interrupts the thread that waits for it.

    Not so an Event: who sets it in a handler while its own thread is about to wait for it waits for ever, for a lock that it holds.
    """

    def __init__(self) -> None:
        self._raised = False

    def __repr__(self) -> str:
        return f"<Flag, {'raised' if self._raised else 'not raised'}>"

    def set(self) -> None:
        """Raise it."""
        self._raised = True

    def is_set(self) -> bool:
        """Whether it is raised."""
        return self._raised

    def wait(self, seconds: float = math.inf) -> bool:
        """Wait until it is raised, or so many seconds; whether it is."""
        end = time.monotonic() + seconds
        while not self._raised and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_S))
        return self._raised


def at_signals(act: Callable[[], object], *others: signal.Signals) -> None:
    """Call `act` at Ctrl-C and SIGTERM from now on, and at other signals if they are named.

    It comes in between whatever the main thread does, and may ask for no lock that this may hold: raising a flag is all that is safe.
    """
    for number in (signal.SIGINT, signal.SIGTERM, *others):
        signal.signal(number, lambda *_: act())


def raised_by_signals(*others: signal.Signals) -> Flag:
    """A flag that Ctrl-C and SIGTERM raise from now on, and other signals if they are named."""
    flag = Flag()
    at_signals(flag.set, *others)
    return flag


class Terminated(KeyboardInterrupt):
    """SIGTERM came, in a command that ends at it as at Ctrl-C."""


def status_of(stop: KeyboardInterrupt) -> int:
    """The exit code of who was stopped."""
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)
