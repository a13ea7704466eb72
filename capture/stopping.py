"""Ctrl-C and SIGTERM: one is enough, and the process ends within seconds, whatever a server or a name server does."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from gracetape.signals import Flag

#: Seconds after a signal when the process ends even if something hangs. All that was kept by then is whole.
LONGEST_S = 4.5


class Stopping:
    """Whether a signal has come, and which (0: none)."""

    def __init__(self) -> None:
        self.number = 0
        self.asked = Flag()

    @property
    def status(self) -> int:
        """The exit code of who was stopped."""
        return 128 + self.number


@contextmanager
def stopped_by_signals(on_stop: Callable[[], object], last_words: str | None = None) -> Iterator[Stopping]:
    """Call `on_stop` at the first signal, in the main thread; with `last_words`, what hangs then is left after LONGEST_S."""
    stopping = Stopping()
    limit = threading.Timer(LONGEST_S, _leave, (stopping, last_words))
    limit.daemon = True

    def heard(number: int, _: FrameType | None) -> None:
        if stopping.number:
            return
        stopping.number = number
        stopping.asked.set()
        if last_words is not None:
            limit.start()
        on_stop()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        limit.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(stopping: Stopping, last_words: str) -> NoReturn:
    leave(stopping.status, last_words)


def leave(status: int, last_words: str) -> NoReturn:
    """End the process without waiting for threads that hang."""
    print(f"gracetape: {last_words}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(status)
