"""Clocks: the only place in replay that tells the time or sleeps (how is lateness kept out? deadlines are absolute)."""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from replay.errors import BadRequest

_LONGEST_WAIT_S = 3600.0  # one real wait; longer ones are made of several, since waits of centuries overflow


class Clock(Protocol):
    """Played time, in seconds since the clock was made.

    A deadline is a moment of played time. It is absolute: whoever is late for one is not late for the next one too.
    """

    def now(self) -> float:
        """Played seconds since the clock was made."""

    def wait_until(self, deadline: float) -> bool:
        """Return at `deadline`, or at once if it is past. False if the wait was cut short by `stop`."""

    def stop(self) -> None:
        """End the wait that is under way, and all later ones, at once; any thread may call it."""


def check_speed(speed: float) -> float:
    """The speed if it is a positive, finite number; BadRequest (a ValueError) otherwise."""
    if not math.isfinite(speed) or speed <= 0:
        raise BadRequest(f"the speed must be a positive number such as 10 or 0.5, not {speed:g}")
    return float(speed)


class ScaledClock:
    """Played time runs `speed` times as fast as real time.

    `monotonic` and `sleep` (seconds to True if it was cut short) stand in for the system's in tests.
    """

    def __init__(
        self,
        speed: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], bool] | None = None,
    ) -> None:
        self.speed = check_speed(speed)
        self._stopped = threading.Event()
        self._monotonic = monotonic
        self._sleep = sleep if sleep is not None else self._stopped.wait
        self._zero = monotonic()

    def now(self) -> float:
        return (self._monotonic() - self._zero) * self.speed

    def wait_until(self, deadline: float) -> bool:
        moment = self._zero + deadline / self.speed
        while not self._stopped.is_set():
            remaining = moment - self._monotonic()
            if remaining <= 0:
                return True
            if self._sleep(min(remaining, _LONGEST_WAIT_S)):
                return False
        return False

    def stop(self) -> None:
        self._stopped.set()


class RealClock(ScaledClock):
    """Played time is real time."""

    def __init__(self) -> None:
        super().__init__(1.0)


class MaxClock:
    """As fast as possible: every deadline is there as soon as somebody waits for it."""

    def __init__(self) -> None:
        self._now = 0.0
        self._stopped = False

    def now(self) -> float:
        return self._now

    def wait_until(self, deadline: float) -> bool:
        if self._stopped:
            return False
        self._now = max(self._now, deadline)
        return True

    def stop(self) -> None:
        self._stopped = True


class VirtualClock(MaxClock):
    """Time that passes only when somebody waits; what was to be called meanwhile is called, each at its own moment."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def call_later(self, delay: float, fn: Callable[[], object]) -> None:
        """Call `fn` when `delay` seconds of virtual time have passed; ValueError if `delay` is negative or not finite."""
        if not math.isfinite(delay) or delay < 0:
            raise ValueError(f"a call can be made 0 or more seconds from now, not {delay:g}")
        heapq.heappush(self._calls, (self._now + delay, next(self._order), fn))

    def wait_until(self, deadline: float) -> bool:
        while self._calls and self._calls[0][0] <= deadline and not self._stopped:
            moment, _, fn = heapq.heappop(self._calls)
            self._now = max(self._now, moment)
            fn()
        return super().wait_until(deadline)

    def run(self) -> None:
        """Let time pass until nothing is left to be called."""
        while self._calls and not self._stopped:
            self.wait_until(self._calls[0][0])
