"""An asyncio event loop on a virtual clock: `asyncio.sleep` and timeouts pass in no time, in the order of their moments."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from replay.clock import VirtualClock

if TYPE_CHECKING:
    from archive import Alert
    from replay.player import Player

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
    """Run a coroutine as `asyncio.run` does, on a virtual clock."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main)


async def announced(player: "Player") -> AsyncIterator["Alert"]:
    """A player's alerts, each at its moment, without keeping the loop from its other tasks."""
    loop = asyncio.get_running_loop()
    if not (isinstance(loop, VirtualLoop) and loop.clock is player.clock):
        while (alert := await asyncio.to_thread(next, player, None)) is not None:
            yield alert
        return
    begun = player.clock.now() - player.elapsed_s
    while (cue := player.reel.peek()) is not None and not player.stopped:
        await asyncio.sleep(max(0.0, begun + cue.dt - player.clock.now()))
        alert = next(player, None)
        if alert is not None:
            yield alert
