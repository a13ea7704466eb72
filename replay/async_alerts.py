"""A player's alerts for programs that live in an asyncio loop, real or virtual."""

import asyncio
from collections.abc import AsyncIterator

from gracetape.archive import Alert
from gracetape.replay.player import Player
from gracetape.virtual_loop import VirtualLoop


async def aiter_alerts(player: Player) -> AsyncIterator[Alert]:
    """A player's alerts, each at its moment, without keeping the loop from its other tasks."""
    loop = asyncio.get_running_loop()
    if not (isinstance(loop, VirtualLoop) and loop.clock is player.clock):
        while (alert := await asyncio.to_thread(next, player, None)) is not None:
            yield alert
        return
    begun = player.clock.now() - player.elapsed_s
    while (queued := player.queue.peek()) is not None and not player.stopped:
        await asyncio.sleep(max(0.0, begun + queued.dt - player.clock.now()))
        alert = next(player, None)
        if alert is not None:
            yield alert
