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
    """

    def __init__(self, max_rate: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._least = _MARGIN / max_rate if max_rate else 0.0
        self._learned = 0.0
        self._next = self._rest_until = self._told_until = 0.0
        self._since, self._answered, self._held_since = clock(), 0, 0.0
        self._before = 0.0, 0  # the seconds and the answers of the time before `_since` that count still

    def turn(self) -> float:
        """Take the next place in the line; when it comes, on the clock."""
        with self._lock:
            at = max(self._clock(), self._next, self._rest_until)
            self._next = at + max(self._least, self._learned)
            return at

    def wait(self, client: Any, most: float = math.inf) -> None:
        """Wait for a turn; Stopped if the client is told to stop meanwhile, TooLong if the server asks for more than `most` seconds."""
        while True:
            if (told := self._told_until - self._clock()) > most:
                raise TooLong(told)
            at = self.turn()
            while (left := at - self._clock()) > 0:
                pause(client, left)
            if self.holds(at):
                return

    def holds(self, at: float) -> bool:
        """Whether a place in the line is still good when it comes. All whose places lay in what turned out to be a time of rest would
        otherwise go at once when that is over.
        """
        return at >= self._rest_until

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
                self._rest_until = max(self._rest_until, now + seconds)

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
            self._rest_until = max(self._rest_until, self._told_until)


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
