"""How long a process may take to end once a signal has asked it to, whatever hangs in it then."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import NoReturn, Protocol, runtime_checkable

from gracetape.shown import say
from gracetape.signals import Flag, Terminated

#: Seconds that whoever takes what a command sends has for what is on its way, once that is stopped.
LEAVES_S = 5.0
#: Seconds after Ctrl-C in which a command ends that has nothing to tidy up.
ENDS_S = 8.0
#: Seconds after a signal in which one ends that has: all that it waits for has had its time then.
_LONGEST_S = 30.0
_ASKED = (signal.SIGINT, signal.SIGTERM)
#: Seconds for last words, which nobody may be reading.
_WORDS_S = 1.0
#: Seconds after a signal for which nobody may read what is written, before it is no longer written; seconds between two looks.
_UNREAD_S, _LOOK_S = 2.0, 0.1
#: Where signals are told of, for each block of `bounded`.
_told: list[int] = []


@contextmanager
def bounded(
    seconds: float, at_limit: Callable[[int], object], of: Callable[[int], bool] = lambda number: True
) -> Iterator[None]:
    """A block that should end within so many seconds after Ctrl-C or SIGTERM; else another thread calls `at_limit` with the signal's
    number. `of` tells, when a signal comes, whether it is meant.

    The seconds count from the signal itself. What Python calls for it comes when the main thread is back in Python, which may take a
    minute: SQLite waits that long for a lock, and a name server may take as long. Outside the main thread nothing is bounded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came, told = os.pipe()
    os.set_blocking(told, False)
    over = threading.Event()
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    _told.append(told)
    threading.Thread(target=_watch, args=(came, over, seconds, at_limit, of), name="signals", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        _told.remove(told)
        os.close(told)


def _watch(
    came: int, over: threading.Event, seconds: float, at_limit: Callable[[int], object], of: Callable[[int], bool]
) -> None:
    with open(came, "rb", buffering=0) as signals:
        while numbers := signals.read(64):
            for number in numbers:
                if number in _ASKED and of(number):
                    if not over.wait(seconds):
                        at_limit(number)
                    return


def leave(status: int, last_words: str) -> NoReturn:
    """End the process without waiting for threads that hang, nor for whoever should read its last words."""
    limit = threading.Timer(_WORDS_S, os._exit, (status,))
    limit.daemon = True
    limit.start()
    with suppress(OSError, ValueError):
        say(f"gracetape: {last_words}", error=True)
        sys.stdout.flush()
    os._exit(status)


def leaves_in_time() -> AbstractContextManager[None]:
    """What a command that serves until a signal comes does in: it ends, even if something hangs that it would tidy up."""
    words = "stopped; something hung, and was left"
    return bounded(_LONGEST_S, lambda number: leave(128 + number, words))


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, by Terminated: tidied up, with what is lost told of, and in time."""

    def terminate(*_: object) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with leaves_in_time():
        before = signal.signal(signal.SIGTERM, terminate)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


@runtime_checkable
class Hasty(Protocol):
    """Whoever takes messages, waits for what is on its way when it is closed, and can be left sooner besides."""

    def stop(self) -> str | None:
        """As `close`, within LEAVES_S: what is not delivered by then is given up, and told of."""


class Taker(Protocol):
    """Whoever takes messages."""

    def close(self) -> str | None:
        """Finish; one sentence if something went wrong on the way, else None."""


def finish(taker: Taker, *, soon: bool) -> str | None:
    """Finish with whoever takes messages, soon where all is stopped; one sentence if something went wrong, else None."""
    return taker.stop() if soon and isinstance(taker, Hasty) else taker.close()


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
        while time.monotonic() - since < _UNREAD_S:
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
        say("gracetape: nobody reads what is shown: the rest of it is dropped", error=True)
    for thread in threading.enumerate():  # who writes is interrupted, and tries again with what is there now
        if thread is not threading.current_thread() and thread.is_alive() and thread.ident is not None:
            signal.pthread_kill(thread.ident, signal.SIGTERM)


def _not_in_children() -> None:
    """A fork's signals are its own: its parent, with which it shares the pipe, is not told of them."""
    if _told and threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_not_in_children)
