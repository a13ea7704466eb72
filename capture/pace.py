"""One budget of questions over all connections to a server: what it asked to wait for, and never more than so many a second."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from gracetape.brokers.gracedb import Stopped

#: By how much each answer lets a pace that a throttle taught become faster again.
_EASED = 0.99
#: Questions are this much further apart than the rate says, since they do not all take equally long to arrive.
_MARGIN = 1.05
#: How many times as long as it is held whoever waited for something else goes on, at least.
_FREE = 10
#: Seconds that are looked back on to learn what the server bears.
_WINDOW_S = 10.0


class TooLong(Exception):
    """The server wants to be left alone for longer than anybody here waits: so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Pace:
    """When the next question may go out, of whichever thread. `max_rate` is the most a second (None: what the server bears).

    A server that throttles is left alone by all for as long as it says; what it had borne until then is the pace from there on.
    Time in which it is left alone does not count: who waits for a turn meanwhile is as far behind the one before it afterwards.
    """

    def __init__(self, max_rate: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._least = _MARGIN / max_rate if max_rate else 0.0
        self._learned = 0.0
        self._next = self._rest_until = self._told_until = 0.0
        self._rested = 0.0  # seconds for which it is left alone, up to `_rest_until`; `_next` counts without them
        self._since, self._answered, self._held_since = clock(), 0, 0.0
        self._before = 0.0, 0  # the seconds and the answers of the time before `_since` that count still

    def turn(self) -> float:
        """Take the next place in the line; when it comes, on the clock."""
        return self._place() + self._rested

    def wait(self, client: Any, most: float = math.inf) -> float:
        """Wait for a turn; when it came, on the clock. Stopped if the client is told to stop meanwhile, TooLong if the server asks for
        more than `most` seconds.
        """
        place = self._place()
        while (left := (at := max(place + self._rested, self._rest_until)) - self._clock()) > 0:
            if (told := self._told_until - self._clock()) > most:
                raise TooLong(told)
            pause(client, left)
        return at

    def _place(self) -> float:
        """Take the next place in the line: a moment, without the time in which the server is left alone."""
        with self._lock:
            place = max(max(self._clock(), self._rest_until) - self._rested, self._next)
            self._next = place + max(self._least, self._learned)
            return place

    def _leave_alone(self, now: float, seconds: float) -> None:
        until = max(self._rest_until, now + seconds)
        self._rested += until - max(now, self._rest_until)
        self._rest_until = until

    def answered(self) -> None:
        """The server has borne a question."""
        with self._lock:
            if (spent := (now := self._clock()) - self._since) > _WINDOW_S:
                self._before = (spent, self._answered) if spent < 2 * _WINDOW_S else (0.0, 0)
                self._since, self._answered = now, 0
            self._answered += 1
            self._learned *= _EASED

    def hold(self, seconds: float, most: float) -> None:
        """Let something else go first; `most` seconds in a row, then questions go on for some times `seconds`."""
        with self._lock:
            now = self._clock()
            if now > self._rest_until + _FREE * seconds:  # the last time is over
                self._held_since = now
            if now - self._held_since < most:
                self._leave_alone(now, seconds)

    def rest(self, seconds: float) -> None:
        """The server wants to be left alone, by everybody."""
        with self._lock:
            now = self._clock()
            if now >= self._rest_until:  # not what others had asked before they were told
                spent = self._before[0] + min(now - self._since, _WINDOW_S) + seconds
                answered = self._before[1] + self._answered
                self._learned = min(spent / answered, 1.0) if answered else self._learned
                self._before = spent, answered  # the few that come until it throttles again are no measure
                self._since, self._answered = now + seconds, 0
            self._told_until = max(self._told_until, now + seconds)
            self._leave_alone(now, seconds)


def pace_of(client: Any) -> Pace:
    """The budget of a client; one without limits for a client that was given none."""
    found = getattr(client, "pace", None)
    return found if isinstance(found, Pace) else Pace()


def pause(client: Any, seconds: float) -> None:
    """Wait, unless the client is told to stop."""
    watch = getattr(client, "watch", None)
    if watch is None:
        time.sleep(seconds)
    elif watch.stopped.wait(seconds):
        raise Stopped("stopped")
