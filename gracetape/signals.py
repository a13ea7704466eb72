"""What a handler of signals may do at any moment: raise a flag."""

import math
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

#: Seconds between two looks of who waits for a flag.
_LOOK_S = 0.1
#: Seconds after a signal for which nobody may read what is written, before it is no longer written.
UNREAD_S = 2.0


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


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, by Terminated: tidied up, with what is lost told of."""

    def terminate(*_: object) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def after(seconds: float, asked: Flag, act: Callable[[], object]) -> None:
    """Call `act`, from a thread of its own, so many seconds after a signal has asked for an end, if the process is still there."""

    def wait() -> None:
        asked.wait()
        time.sleep(seconds)
        act()

    threading.Thread(target=wait, name="stopping", daemon=True).start()


def when_unread(asked: Flag, act: Callable[[], object]) -> None:
    """Call `act`, from a thread of its own, if a signal has asked for an end and nobody reads the standard output, or the error output, from
    then on: whoever writes to a pipe that is full, or to a terminal that is held, waits for ever.
    """

    def look() -> None:
        asked.wait()
        since = time.monotonic()
        while time.monotonic() - since < UNREAD_S:
            if not _unread():
                since = time.monotonic()
            time.sleep(_LOOK_S)
        act()

    threading.Thread(target=look, name="unread", daemon=True).start()


def _unread() -> list[int]:
    """The standard streams that take nothing more just now."""
    streams = select.poll()
    for number in (1, 2):
        streams.register(number, select.POLLOUT)
    ready = dict(streams.poll(0))
    return [number for number in (1, 2) if number not in ready]


def write_no_more() -> None:
    """Let what is written to a standard stream that nobody reads go nowhere, and whoever waits for that go on. To be called after a signal,
    as long as SIGTERM is handled.
    """
    nowhere, unread = os.open(os.devnull, os.O_WRONLY), _unread()
    for number in unread:
        os.dup2(nowhere, number)
    if unread == [1]:
        _tell("nobody reads what is shown: the rest of it is dropped")
    for thread in threading.enumerate():  # who writes is interrupted, and tries again with what is there now
        if thread is not threading.current_thread() and thread.is_alive() and thread.ident is not None:
            signal.pthread_kill(thread.ident, signal.SIGTERM)


def leave_at_once(status: int, sentence: str) -> NoReturn:
    """End the process, whatever its threads wait for, after a sentence if somebody reads it."""
    if 2 not in _unread():
        _tell(sentence)
    os._exit(status)


def _tell(sentence: str) -> None:
    with suppress(OSError):
        os.write(2, f"gracetape: {sentence}\n".encode())  # what Python keeps of the stream may be locked
