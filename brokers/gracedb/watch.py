"""Ends what takes too long: shuts the sockets of answers whose time is over, or all of them at once."""

import os
import socket
import threading
import time

from gracetape.brokers.gracedb.errors import Stopped, TooSlow
from gracetape.signals import Flag


class Exchange:
    """One question and its answer, with the time until which it may take (and to which that can be extended), and a hand on its socket."""

    def __init__(self, watch: "Watch", seconds: float, longest: float) -> None:
        self.watch, now = watch, time.monotonic()
        self._last = now + longest
        self.deadline = min(now + seconds, self._last)
        self.cut = False
        self._hand: socket.socket | None = None
        self._lock = threading.RLock()  # a signal may come while its own thread holds it

    def hold(self, used: socket.socket) -> None:
        """The socket that is used from now on (a handle of our own: TLS, and answers that outlive connections, keep theirs)."""
        hand = socket.socket(fileno=os.dup(used.fileno()))
        with self._lock:
            self._hand, before = hand, self._hand
        if before is not None:
            before.close()
        if self.cut:
            self.shut()

    def extend(self, seconds: float) -> None:
        self.deadline = min(max(self.deadline, time.monotonic() + seconds), self._last)

    def shut(self) -> None:
        """Let whoever waits for the socket wait no more."""
        self.cut = True
        with self._lock:
            try:
                if self._hand is not None:
                    self._hand.shutdown(socket.SHUT_RDWR)
            except OSError:  # it is closed already
                pass

    def check(self) -> None:
        """TooSlow or Stopped if the exchange was cut: what looks like its end is none."""
        if self.watch.stopped.is_set():
            raise Stopped("stopped")
        if self.cut or time.monotonic() > self.deadline:
            raise TooSlow("the answer took too long")

    def end(self) -> None:
        self.watch.forget(self)
        with self._lock:
            if self._hand is not None:
                self._hand.close()
                self._hand = None


class Watch:
    """Looks after a client's exchanges, in a thread that lives while there are any. `stop` ends all, now and later."""

    def __init__(self) -> None:
        self.stopped = Flag()
        self._open: set[Exchange] = set()
        self._changed = threading.Condition()
        self._running = False
        self._until = 0.0  # when the thread looks again by itself

    def begin(self, seconds: float, longest: float) -> Exchange:
        exchange = Exchange(self, seconds, longest)
        exchange.check()
        with self._changed:
            self._open.add(exchange)
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="deadlines", daemon=True).start()
            elif exchange.deadline < self._until:  # to wake it for each question would take a turn from who asks
                self._changed.notify()
        if self.stopped.is_set():  # since it was checked: who stopped may not have seen this one
            self.forget(exchange)
            raise Stopped("stopped")
        return exchange

    def forget(self, exchange: Exchange) -> None:
        with self._changed:
            self._open.discard(exchange)

    def stop(self) -> None:
        """End all that is under way, and refuse what comes; any thread, and a signal handler, may call it."""
        self.stopped.set()
        for exchange in tuple(self._open):
            exchange.shut()

    def _work(self) -> None:
        idle_s = 5.0
        with self._changed:
            while held := tuple(self._open):  # a copy: what is garbage may leave at any time
                first = min(exchange.deadline for exchange in held)
                now = time.monotonic()
                self._until = min(first, now + idle_s)
                self._changed.wait(max(0.0, self._until - now))
                now = time.monotonic()
                for exchange in [late for late in tuple(self._open) if late.deadline < now]:
                    exchange.shut()
                    self._open.discard(exchange)
            self._running = False
