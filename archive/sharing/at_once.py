"""Doing the same with many files, some at once: what waits for a network is not the processor."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

#: How many files are on their way at once, and how many are handed over together.
WORKERS, TOGETHER = 8, 32
_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")


def at_once(
    act: Callable[[_Thing], _Result], things: Iterable[_Thing], together: int = TOGETHER
) -> Iterator[list[_Result]]:
    """What came of each thing, in order, some together; what goes wrong first ends it, when what was begun is done."""
    waiting = iter(things)
    with ThreadPoolExecutor(WORKERS) as pool:
        while batch := [pool.submit(act, thing) for thing in islice(waiting, together)]:
            try:
                yield [future.result() for future in batch]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
