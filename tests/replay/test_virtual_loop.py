"""Asyncio code under test lives on the replay's virtual clock."""

import asyncio
import time
from pathlib import Path

from gracetape.replay import MaxClock, Player, VirtualClock, aiter_alerts, play, run_virtual
from tests.replay.conftest import make_alerts_at


def test_sleeps_timers_and_messages_come_in_the_order_of_their_moments() -> None:
    clock = VirtualClock()
    player = Player(make_alerts_at(0, 7200, 10800), clock)
    seen: list[tuple[str, float]] = []

    async def heartbeat() -> None:
        while True:
            await asyncio.sleep(3000)
            seen.append(("heartbeat", clock.now()))

    async def listen() -> None:
        beating = asyncio.create_task(heartbeat())
        clock.call_later(7000, lambda: seen.append(("call", clock.now())))
        async for alert in aiter_alerts(player):
            seen.append((f"log {alert.n}", clock.now()))
        beating.cancel()

    run_virtual(listen(), clock)
    assert seen == [
        ("log 1", 0), ("heartbeat", 3000), ("heartbeat", 6000), ("call", 7000), ("log 2", 7200), ("heartbeat", 9000),
        ("log 3", 10800),
    ]  # fmt: skip


def test_timeouts_are_virtual_too() -> None:
    clock = VirtualClock()

    async def wait() -> bool:
        try:
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()
        except TimeoutError:
            return True
        return False

    assert run_virtual(wait(), clock)
    assert clock.now() == 3600


def test_threads_that_really_take_time_are_waited_for() -> None:
    async def work() -> str:
        return await asyncio.to_thread(lambda: time.sleep(0.05) or "done")  # type: ignore[func-returns-value]

    assert run_virtual(work(), VirtualClock()) == "done"


def test_an_ordinary_loop_hears_a_replay_as_well(tape: Path) -> None:
    async def listen() -> list[int | None]:
        return [alert.n async for alert in aiter_alerts(play(tape, clock=MaxClock()))]

    assert asyncio.run(listen()) == [alert.n for alert in play(tape, clock=MaxClock())]
