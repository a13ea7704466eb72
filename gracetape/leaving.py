"""How long a process may take to end once a signal has asked it to, whatever hangs in it then."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import NoReturn, TypeVar

from gracetape.shown import say

R = TypeVar("R")

#: Seconds that a command may take to end after Ctrl-C or SIGTERM, and that whoever takes what it sends has for the last of that.
LEAVES_S = 5.0
#: Seconds after which a command ends that tidies up for longer: all that it waits for has had its time by then.
_LONGEST_S = 30.0
_ASKED = (signal.SIGINT, signal.SIGTERM)
#: Seconds for last words, which nobody may be reading.
_WORDS_S = 1.0
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


def within(seconds: float, act: Callable[[], R], otherwise: R) -> R:
    """What `act` gives, or raises; `otherwise` if that takes longer than so many seconds: then it goes on in a thread, as long as the
    process does.
    """
    came: list[R] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            came.append(act())
        except BaseException as error:
            failed.append(error)

    acting = threading.Thread(target=run, name="leaving", daemon=True)
    acting.start()
    acting.join(seconds)
    if failed:
        raise failed[0]
    return came[0] if came else otherwise


def closed(takers: Iterable[tuple[str, Callable[[], str | None]]], *, stopped: bool) -> list[str]:
    """What those who take messages (names, and what closes them) say at the end. Where that was asked for by a signal, all of them
    together have LEAVES_S for what is on its way; who needs longer is left, and that is told of.
    """
    end, said = time.monotonic() + LEAVES_S, list[str | None]()
    for name, close in takers:
        late: str | None = f"{name} had not taken everything {LEAVES_S:g} s after the stop: the rest is not sent"
        said.append(within(max(0.1, end - time.monotonic()), close, late) if stopped else close())
    return [sentence for sentence in said if sentence]


def _not_in_children() -> None:
    """A fork's signals are its own: its parent, with which it shares the pipe, is not told of them."""
    if _told and threading.current_thread() is threading.main_thread():
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_not_in_children)
