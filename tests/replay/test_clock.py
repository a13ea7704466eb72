"""Clocks keep absolute deadlines, refuse impossible speeds and stop at once."""

import math
import threading

import pytest
from hypothesis import given, strategies as st

from gracetape.clocks import clock_for
from gracetape.replay import Action, BadRequest, MaxClock, RealClock, ScaledClock, Schedule, VirtualClock, due


def test_one_function_makes_the_clock_for_a_speed() -> None:
    assert [clock.speed for clock in (clock_for(), clock_for(2.5)) if isinstance(clock, ScaledClock)] == [1.0, 2.5]
    assert type(clock_for(maximum=True)) is MaxClock
    for speed, maximum in ((0, False), (math.nan, False), (2.0, True)):
        with pytest.raises(BadRequest):
            clock_for(speed, maximum)


class FakeSystem:
    """A system whose sleeps always last too long by `late` seconds."""

    def __init__(self, late: float) -> None:
        self.time, self.late, self.slept = 1000.0, late, list[float]()

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self.time += seconds + self.late
        return False


@pytest.mark.parametrize("speed", [0, -1, math.nan, math.inf, -math.inf])
def test_impossible_speeds_are_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="positive number") as caught:
        ScaledClock(speed)
    assert isinstance(caught.value, BadRequest)


@given(st.floats(0.1, 1000), st.floats(0, 0.5), st.integers(1, 200))
def test_lateness_never_accumulates(speed: float, late: float, count: int) -> None:
    system = FakeSystem(late)
    clock = ScaledClock(speed, monotonic=system.monotonic, sleep=system.sleep)
    for second in range(1, count + 1):
        clock.wait_until(float(second))
        lateness = system.time - 1000 - second / speed
        assert -1e-6 <= lateness <= late + 1e-6


def test_a_long_wait_is_made_of_shorter_ones() -> None:
    system = FakeSystem(0)
    clock = ScaledClock(0.001, monotonic=system.monotonic, sleep=system.sleep)
    assert clock.wait_until(10)
    assert system.slept == [3600, 3600, 2800]
    assert clock.now() == pytest.approx(10)


def test_a_deadline_that_is_past_does_not_sleep() -> None:
    system = FakeSystem(0)
    clock = ScaledClock(1, monotonic=system.monotonic, sleep=system.sleep)
    assert clock.wait_until(-5)
    assert system.slept == []


def test_another_thread_can_end_a_wait() -> None:
    clock = RealClock()
    threading.Timer(0.05, clock.stop).start()
    assert clock.wait_until(3600) is False
    assert clock.wait_until(0) is False


def test_three_hours_take_no_time_on_a_virtual_clock_and_keep_their_order() -> None:
    schedule = Schedule(Action(float(dt), dt) for dt in range(0, 3 * 3600 + 1, 10))
    for clock in (VirtualClock(), MaxClock()):
        assert [action.what for action in due(schedule, clock)] == [action.what for action in schedule]
        assert clock.now() == 3 * 3600


def test_calls_are_made_at_their_own_moments_and_in_order_also_those_made_by_calls() -> None:
    clock, seen = VirtualClock(), list[tuple[str, float]]()

    def tick() -> None:
        seen.append(("tick", clock.now()))
        if clock.now() < 30:
            clock.call_later(10, tick)

    clock.call_later(10, tick)
    clock.call_later(10, lambda: seen.append(("beside", clock.now())))
    assert clock.wait_until(25)
    assert seen == [("tick", 10), ("beside", 10), ("tick", 20)]
    assert clock.now() == 25
    clock.run()
    assert seen[-1] == ("tick", 30)


@pytest.mark.parametrize("delay", [-1, math.nan, math.inf])
def test_a_call_in_the_past_is_refused(delay: float) -> None:
    with pytest.raises(ValueError, match="0 or more seconds"):
        VirtualClock().call_later(delay, print)


def test_a_call_may_stop_the_clock() -> None:
    clock = VirtualClock()
    clock.call_later(1, clock.stop)
    clock.call_later(2, lambda: pytest.fail("the clock was stopped"))
    assert clock.wait_until(5) is False
    clock.run()


def test_what_was_to_come_is_not_called_after_a_stop() -> None:
    clock = VirtualClock()
    clock.call_later(2, lambda: pytest.fail("the clock was stopped"))
    clock.stop()
    clock.rest()
    assert clock.wait_until(5) is False
