"""An asyncio event loop on a virtual clock: `asyncio.sleep` and timeouts pass in no time, in the order of their moments."""

import asyncio
import selectors
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from gracetape.clocks import VirtualClock

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Lets virtual time pass where the loop would sleep; input that is there already comes first."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        moment = self._clock.next_call
        if timeout is None and moment is None:
            return super().select(None)  # only the world outside can go on from here
        until = min(m for m in (moment, None if timeout is None else self._clock.now() + timeout) if m is not None)
        self._clock.wait_until(until)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a virtual clock's: what hangs on either of them happens in one order."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self.clock = clock
        self._clock_resolution = 1e-9  # a moment is due when it is reached, not a tick later

    def time(self) -> float:
        return self.clock.now()


def run_virtual(main: Coroutine[Any, Any, T], clock: VirtualClock) -> T:
    """Run a coroutine as `asyncio.run` does, on a virtual clock; inside a loop that runs (a notebook), in a thread of its own."""
    if asyncio._get_running_loop() is not None:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(_run, main, clock).result()
    return _run(main, clock)


def _run(main: Coroutine[Any, Any, T], clock: VirtualClock) -> T:
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main)
