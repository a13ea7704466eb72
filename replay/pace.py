"""How a replay goes on: played time that a clock lets pass, or that stands still; messages a second; what is to be done when."""

import heapq
import itertools
import math
import threading
from collections.abc import Callable

from gracetape.clocks import Clock, ScaledClock
from gracetape.errors import BadRequest


class Pace:
    """Played seconds since the beginning of what is played; they stand still at first. `rate`: messages a second at most."""

    def __init__(self, clock: Clock, rate: float | None = None) -> None:
        if rate is not None and not 0 < rate < math.inf:
            raise BadRequest(f"the rate must be a positive number of messages a second, not {rate:g}")
        self.clock, self.rate = clock, rate
        self.origin: float | None = None  # the clock's time at which it began; None while time stands still
        self._at = 0.0  # played seconds, while time stands still
        self._free_at = 0.0  # real time from which the rate allows the next message

    @property
    def elapsed_s(self) -> float:
        """Played seconds since the beginning."""
        origin = self.origin
        return self._at if origin is None else self.clock.now() - origin

    @property
    def speed(self) -> float | None:
        """Times as fast as it happened; None where time is not real."""
        return self.clock.speed if isinstance(self.clock, ScaledClock) else None

    @speed.setter
    def speed(self, speed: float) -> None:
        if not isinstance(self.clock, ScaledClock):
            raise BadRequest("the speed can only be changed of a replay that has one: this one goes as fast as it can")
        self.clock.speed = speed

    def go_to(self, elapsed_s: float) -> None:
        """Let it be that many played seconds now; time stands still, or passes, as before."""
        if self.origin is None:
            self._at = elapsed_s
        else:
            self.origin = self.clock.now() - elapsed_s

    def let_run(self) -> None:
        """Let time pass from now on."""
        self.origin = self.clock.now() - self._at

    def hold(self) -> None:
        """Let time stand still."""
        self._at, self.origin = self.elapsed_s, None

    def allows(self) -> bool:
        """Wait until the rate allows a message; False if the wait was cut short."""
        if self.rate is None:
            return True
        wait = self._free_at - self.clock.real()
        return wait <= 0 or self.clock.wait_real(wait)

    def used(self, messages: int) -> None:
        """So many messages come now."""
        if self.rate is not None:
            self._free_at = max(self._free_at, self.clock.real()) + messages / self.rate


class Errands:
    """What is to be done at some played second, in order. Any thread may add to it; the one that plays does it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    @property
    def next_dt(self) -> float | None:
        """The played second of the next one; None if nothing is to be done."""
        return self._waiting[0][0] if self._waiting else None

    def add(self, dt: float, errand: Callable[[], object]) -> None:
        """Have something done at `dt`."""
        with self._lock:
            heapq.heappush(self._waiting, (dt, next(self._order), errand))

    def do_next(self) -> None:
        """Do the next one."""
        with self._lock:
            _, _, errand = heapq.heappop(self._waiting)
        errand()
