"""Doing the same with many files, some at once: what waits for a network is not the processor."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from gracetape.errors import ArchiveError

#: How many files are on their way at once, and how many are handed over together.
WORKERS, TOGETHER = 8, 32
#: How many times as many have begun, or wait to be handed over: to keep some takes as long as to fetch more, where the disk is busy.
_AHEAD = 4
_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")
_worker = threading.local()


def at_once(
    act: Callable[[_Thing], _Result], things: Iterable[_Thing], together: int = TOGETHER
) -> Iterator[list[_Result]]:
    """What came of each thing, in order, some together, while the next are on their way; what goes wrong first ends it, and the others."""
    waiting, stopped = iter(things), threading.Event()

    def one(thing: _Thing) -> _Result:
        _worker.stopped = stopped
        return act(thing)

    with ThreadPoolExecutor(WORKERS) as pool:
        running = deque(pool.submit(one, thing) for thing in islice(waiting, _AHEAD * together))
        try:
            while running:
                batch = list[_Result]()
                while running and len(batch) < together:
                    batch.append(running.popleft().result())
                    running.extend(pool.submit(one, thing) for thing in islice(waiting, 1))
                yield batch
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def go_on() -> None:
    """Called by what is done at once, between two pieces of a file: ArchiveError if that has ended, and this is done for nothing."""
    pause(0.0)


def pause(seconds: float) -> None:
    """The same after so many seconds, or sooner if it ends."""
    stopped: threading.Event = getattr(_worker, "stopped", None) or _never
    if stopped.wait(seconds) if seconds else stopped.is_set():
        raise ArchiveError("stopped")


_never = threading.Event()
