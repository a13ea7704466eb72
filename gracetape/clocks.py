"""Clocks: the only place in replay that tells the time or sleeps (how is lateness kept out? deadlines are absolute)."""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from gracetape.errors import BadRequest

_LONGEST_WAIT_S = 3600.0  # one real wait; longer ones are made of several, since waits of centuries overflow


class Clock(Protocol):
    """Played time, in seconds since the clock was made.

    A deadline is a moment of played time. It is absolute: whoever is late for one is not late for the next one too.
    """

    def now(self) -> float:
        """Played seconds since the clock was made."""

    def wait_until(self, deadline: float) -> bool:
        """Return at `deadline`, or at once if it is past. False if the wait was cut short by `stop` or `interrupt`."""

    def rest(self) -> None:
        """Return when somebody calls `interrupt` or `stop`."""

    def real(self) -> float:
        """Seconds of real time, or of what stands for it, for limits that no speed changes."""

    def wait_real(self, seconds: float) -> bool:
        """Let that much real time pass; False if the wait was cut short."""

    def interrupt(self) -> None:
        """End the wait that is under way or else the next one; any thread may call it."""

    def stop(self) -> None:
        """End the wait that is under way, and all later ones, at once; any thread may call it."""


def check_speed(speed: float) -> float:
    """The speed if it is a positive, finite number; BadRequest (a ValueError) otherwise."""
    if not math.isfinite(speed) or speed <= 0:
        raise BadRequest(f"the speed must be a positive number such as 10 or 0.5, not {speed:g}")
    return float(speed)


class _Interruptible:
    """Waits that any thread can end."""

    def __init__(self) -> None:
        self._stopped = False
        self._wake = threading.Event()

    def __repr__(self) -> str:
        clock: Any = self  # each kind of clock is one that can be asked for the time
        return f"<{type(self).__name__} at {clock.now():g} s{', stopped' if self._stopped else ''}>"

    def rest(self) -> None:
        while not self._stopped and not self._wake.is_set():
            self._wake.wait(_LONGEST_WAIT_S)
        self._wake.clear()

    def interrupt(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()


class ScaledClock(_Interruptible):
    """Played time runs `speed` times as fast as real time; setting `speed` changes that from now on.

    `monotonic` and `sleep` (seconds to True if it was cut short) stand in for the system's in tests.
    """

    def __init__(
        self,
        speed: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], bool] | None = None,
    ) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._sleep = sleep if sleep is not None else self._wake.wait
        # A real moment, the played one that it was, and the speed since: one value, as other threads read it.
        self._pace = (monotonic(), 0.0, check_speed(speed))

    @property
    def speed(self) -> float:
        """Times as fast as real time."""
        return self._pace[2]

    @speed.setter
    def speed(self, speed: float) -> None:
        speed = check_speed(speed)
        self._pace = (self._monotonic(), self.now(), speed)
        self.interrupt()

    def now(self) -> float:
        real, played, speed = self._pace
        return played + (self._monotonic() - real) * speed

    def wait_until(self, deadline: float) -> bool:
        real, played, speed = self._pace
        moment = real + (deadline - played) / speed
        while not self._stopped:
            if self._wake.is_set():
                self._wake.clear()
                return False
            remaining = moment - self._monotonic()
            if remaining <= 0:
                return True
            self._sleep(min(remaining, _LONGEST_WAIT_S))
        return False

    def real(self) -> float:
        return self._monotonic()

    def wait_real(self, seconds: float) -> bool:
        return self.wait_until(self.now() + seconds * self.speed)


class RealClock(ScaledClock):
    """Played time is real time."""

    def __init__(self) -> None:
        super().__init__(1.0)


class MaxClock(_Interruptible):
    """As fast as possible: every deadline is there as soon as somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def wait_until(self, deadline: float) -> bool:
        if self._stopped:
            return False
        if self._wake.is_set():
            self._wake.clear()
            return False
        self._now = max(self._now, deadline)
        return True

    def real(self) -> float:
        return time.monotonic()

    def wait_real(self, seconds: float) -> bool:
        cut_short = self._wake.wait(max(0.0, seconds))
        self._wake.clear()
        return not cut_short


class _Call:
    """A function that is to be called at a moment; `fn` None: it was called off."""

    __slots__ = ("fn",)

    def __init__(self, fn: Callable[[], object]) -> None:
        self.fn: Callable[[], object] | None = fn

    def cancel(self) -> None:
        """Do not call it."""
        self.fn = None


class VirtualClock(MaxClock):
    """Time that passes only when somebody waits; what was to be called meanwhile is called, each at its own moment."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[tuple[float, int, _Call]] = []
        self._order = itertools.count()

    def call_later(self, delay: float, fn: Callable[[], object]) -> Callable[[], None]:
        """Call `fn` when `delay` seconds of virtual time have passed; what is returned calls it off.

        Raises ValueError if `delay` is negative or not finite.
        """
        if not math.isfinite(delay) or delay < 0:
            raise ValueError(f"a call can be made 0 or more seconds from now, not {delay:g}")
        call = _Call(fn)
        heapq.heappush(self._calls, (self._now + delay, next(self._order), call))
        return call.cancel

    @property
    def next_call(self) -> float | None:
        """The virtual moment of the next call; None if nothing is to be called."""
        while self._calls and self._calls[0][2].fn is None:
            heapq.heappop(self._calls)
        return self._calls[0][0] if self._calls else None

    def wait_until(self, deadline: float) -> bool:
        while (
            not self._stopped
            and not self._wake.is_set()
            and (moment := self.next_call) is not None
            and moment <= deadline
        ):
            self._call_next()
        return super().wait_until(deadline)

    def _call_next(self) -> None:
        moment, _, call = heapq.heappop(self._calls)
        self._now = max(self._now, moment)
        if call.fn is not None:
            call.fn()

    def rest(self) -> None:
        while not self._stopped and not self._wake.is_set() and self.next_call is not None:
            self._call_next()
        super().rest()

    def real(self) -> float:
        return self._now

    def wait_real(self, seconds: float) -> bool:
        return self.wait_until(self._now + seconds)

    def run(self) -> None:
        """Let time pass until nothing is left to be called."""
        while self.next_call is not None and not self._stopped:
            self._call_next()


def clock_for(speed: float | None = None, maximum: bool = False) -> Clock:
    """The clock for a speed (None: that at which it happened), or for going as fast as possible.

    Raises BadRequest if both are asked for, or for a speed that is no positive, finite number.
    """
    if maximum and speed is not None:
        raise BadRequest("--speed and --max exclude each other")
    return MaxClock() if maximum else ScaledClock(1.0 if speed is None else speed)
