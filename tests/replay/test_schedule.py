"""Schedules keep their order however they are merged or moved."""

import math
import random
import time

import pytest
from hypothesis import given, strategies as st
from rich.console import Console

from gracetape.errors import ActionFailed
from gracetape.replay import Action, GraceID, MaxClock, Schedule, VirtualClock, run
from gracetape.schedule import Outcome

delays = st.lists(st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6), max_size=30)


def _schedule(name: str, dts: list[float]) -> Schedule:
    return Schedule(Action(dt, (name, i)) for i, dt in enumerate(dts))


@given(delays)
def test_a_schedule_is_ordered_and_keeps_the_order_of_equal_delays(dts: list[float]) -> None:
    actions = [Action(dt, i) for i, dt in enumerate(dts)]
    assert list(Schedule(actions)) == sorted(actions, key=lambda action: (action.dt, action.what))


@given(delays, delays)
def test_merging_leaves_both_as_they_were_and_puts_the_left_first_at_equal_delays(
    a: list[float], b: list[float]
) -> None:
    left, right = _schedule("a", a), _schedule("b", b)
    before = list(left), list(right)
    merged = left + right
    assert list(merged) == sorted([*left, *right], key=lambda action: action.dt)
    assert (list(left), list(right)) == before
    assert len(merged) == len(a) + len(b)


@given(st.lists(delays, max_size=6))
def test_merging_many_is_merging_one_after_another(many: list[list[float]]) -> None:
    schedules = [_schedule(str(i), dts) for i, dts in enumerate(many)]
    folded = Schedule()
    for schedule in schedules:
        folded = folded + schedule
    assert Schedule.merged(schedules) == folded


@given(delays, st.floats(-1e6, 1e6))
def test_bump_moves_every_action_and_keeps_their_order(dts: list[float], seconds: float) -> None:
    schedule = _schedule("a", dts)
    bumped = schedule.bump(seconds)
    assert [action.what for action in bumped] == [action.what for action in schedule]
    assert [action.dt for action in bumped] == [action.dt + seconds for action in schedule]


def test_ten_times_as_many_schedules_merge_in_not_much_more_than_ten_times_the_time() -> None:
    rng = random.Random(1)

    def cpu_s(count: int) -> float:
        schedules = [_schedule(str(i), [rng.random() for _ in range(10)]) for i in range(count)]
        start = time.process_time()
        assert len(Schedule.merged(schedules)) == 10 * count
        return time.process_time() - start

    assert any(cpu_s(10_000) < 40 * cpu_s(1000) + 0.2 for _ in range(5))


@pytest.mark.parametrize("dt", [math.nan, math.inf, -math.inf])
def test_a_delay_must_be_finite(dt: float) -> None:
    with pytest.raises(ValueError, match="finite delay"):
        Action(dt, print)


def test_an_action_calls_what_it_holds_with_the_client_or_gives_its_payload() -> None:
    assert Action(0, lambda client: f"{client} was asked").run("gracedb") == "gracedb was asked"
    assert Action(0, {"uid": "G1"}).run("gracedb") == {"uid": "G1"}


def test_slices_are_schedules_and_the_duration_is_that_of_the_slice() -> None:
    schedule = _schedule("a", [1, 2, 4, 8])
    assert schedule[1].dt == 2
    assert len(schedule[1:3]) == 2
    assert schedule[1:].duration_s == 6
    assert Schedule().duration_s == 0


def test_a_schedule_prints_as_a_table_whatever_its_labels_hold() -> None:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(Schedule([Action(1.5, print, "upload [/b] \x1b[31m the sky map")]))
    assert "1.500" in capture.get()
    assert "upload [/b]" in capture.get()
    assert "\x1b" not in capture.get()


def test_a_graceid_is_set_once_and_read_afterwards() -> None:
    holder = GraceID()
    with pytest.raises(RuntimeError, match="not set yet"):
        holder.get()
    assert not holder.is_set
    with pytest.raises(ValueError, match="empty"):
        holder.set("")
    holder.set("G1234")
    assert holder.get() == str(holder) == "G1234"
    with pytest.raises(RuntimeError, match="G1234 already"):
        holder.set("G1235")


def test_a_run_counts_from_the_clocks_zero_or_from_where_it_is_told_to() -> None:
    times: list[float] = []
    schedule = Schedule([Action(dt, lambda client: times.append(clock.now())) for dt in (1.0, 2.5)])
    clock = VirtualClock()
    run(schedule, None, clock)
    run(schedule, None, clock, since=None)
    assert times == [1.0, 2.5, 3.5, 5.0]


def test_a_run_tells_of_each_action_and_ends_with_the_first_failure_unless_it_goes_on() -> None:
    def fail(client: object) -> None:
        raise OSError("no\nsuch thing")

    told: list[tuple[float, str | None]] = []
    schedule = Schedule([Action(1, print), Action(2, fail), Action(3, print)])
    ran = run(schedule, "x", MaxClock(), go_on=True, after=lambda action, failure: told.append((action.dt, failure)))
    assert told == [(1, None), (2, "OSError: no such thing"), (3, None)]
    assert (ran.done, ran.stopped, [(action.dt, reason) for action, reason in ran.failed]) == (2, False, [told[1]])
    outcome = Outcome()
    with pytest.raises(ActionFailed, match=r"^at 2\.000 s, fail: OSError: no such thing"):
        run(schedule, "x", MaxClock(), outcome=outcome)
    assert (outcome.done, len(outcome.failed)) == (1, 1)


def test_a_run_ends_when_its_clock_is_stopped() -> None:
    clock = VirtualClock()
    schedule = Schedule([Action(1, lambda client: clock.stop()), Action(2, print)])
    assert (lambda ran: (ran.done, ran.stopped))(run(schedule, None, clock)) == (1, True)
