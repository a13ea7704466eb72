"""A replay can be paused, stepped, moved and sped up while it plays."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from gracetape.archive import Alert
from gracetape.replay import BadRequest, MaxClock, Player, RealClock, ScaledClock, VirtualClock, play
from tests.replay.conftest import BORN, SECOND, S, make_alerts_at

MakeAlerts = Callable[..., list[Alert]]


def _numbers(player: Player) -> list[tuple[int | None, float]]:
    return [(alert.n, player.clock.now()) for alert in player]


def test_a_pause_moves_everything_later(make_alerts: MakeAlerts) -> None:
    clock = VirtualClock()
    player = Player(make_alerts(0, 10, 20), clock)
    clock.call_later(4, player.pause)
    clock.call_later(104, player.resume)
    assert _numbers(player) == [(1, 0), (2, 110), (3, 120)]


def test_a_step_sends_the_next_message_now_also_while_paused(make_alerts: MakeAlerts) -> None:
    clock = VirtualClock()
    player = Player(make_alerts(0, 10, 20, 30), clock)
    clock.call_later(4, player.pause)
    clock.call_later(5, player.step)
    clock.call_later(6, player.step)
    clock.call_later(7, player.resume)
    clock.call_later(9, player.step)
    assert _numbers(player) == [(1, 0), (2, 5), (3, 6), (4, 9)]


def test_a_replay_may_begin_paused(make_alerts: MakeAlerts) -> None:
    clock = VirtualClock()
    player = Player(make_alerts(0, 10), clock)
    player.pause()
    clock.call_later(50, player.resume)
    assert _numbers(player) == [(1, 50), (2, 60)]


def test_seeking_sends_nothing_of_what_lies_between(tape: Path) -> None:
    player = play(tape, S, clock=VirtualClock())
    types = [(alert.alert_type, alert.n) for alert in play(tape, S, clock=MaxClock())]
    player.seek(alert_type="label_added")
    assert next(player).alert_type == "label_added"
    player.seek(by=-1)
    assert next(player).alert_type == "label_added"
    player.seek(n=4)
    assert player.position is not None
    assert player.timeline is not None
    snapshot = player.timeline.snapshot(S, player.position)
    assert snapshot is not None
    assert SECOND not in snapshot.record()["gw_events"]
    assert [(alert.alert_type, alert.n) for alert in player] == types[types.index(("event_added", 4)) :]
    player.seek(BORN + timedelta(seconds=45))
    assert [alert.n for alert in player] == [7, 8]
    player.seek(0)
    assert len(list(player)) == len(types)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"n": 99}, "has no log entry 99"),
        ({"alert_type": "nothing"}, "no alert of type 'nothing' comes after this place"),
        ({}, "seek goes to one place"),
        ({"n": 1, "by": 1}, "seek goes to one place"),
        ({"n": 1, "graceid": "G77"}, "G77 is not among what is played here"),
    ],
)
def test_a_place_that_is_not_there_is_refused_and_nothing_moves(
    tape: Path, where: dict[str, int | str], sentence: str
) -> None:
    player = play(tape, S, clock=VirtualClock())
    first = next(player)
    with pytest.raises(BadRequest, match=sentence):
        player.seek(**where)  # type: ignore[arg-type]
    assert player.last == first
    assert player.queue.done == 1


def test_the_speed_changes_while_it_plays() -> None:
    player = Player(make_alerts_at(0, 1, 3600), ScaledClock(1000))
    assert next(player).n == 1
    assert next(player).n == 2
    player.speed = 0.001
    threading.Timer(0.1, lambda: setattr(player, "speed", 1e6)).start()
    assert next(player).n == 3  # not 3.6 million seconds later
    assert player.speed == 1e6
    with pytest.raises(BadRequest, match="goes as fast as it can"):
        Player([], MaxClock()).speed = 2


def test_other_threads_can_pause_step_and_stop_a_real_replay() -> None:
    player = Player(make_alerts_at(0, 3600, 7200, 9000), RealClock())
    seen: list[int | None] = []
    playing = threading.Thread(target=lambda: seen.extend(alert.n for alert in player))
    player.pause()
    playing.start()
    for action in (player.step, player.resume, player.step):
        action()
    deadline = time.monotonic() + 120
    while player.sent < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    player.stop()
    playing.join(60)
    assert seen[:2] == [1, 2]


def test_the_rate_limits_messages_not_alerts(make_alerts: MakeAlerts) -> None:
    player = Player(make_alerts(0, 0, 0, 100, nodes=("a", "b")), VirtualClock(), rate=4)
    assert _numbers(player) == [(1, 0), (2, 0.5), (3, 1), (4, 100)]
    with pytest.raises(BadRequest, match="rate must be a positive number"):
        Player([], MaxClock(), rate=0)


acts = st.lists(
    st.tuples(st.sampled_from(["pause", "resume", "step", "back", "start", "end"]), st.integers(0, 3)), max_size=12
)


@settings(deadline=None)
@given(acts)
def test_whatever_is_pressed_each_message_that_comes_follows_its_predecessor_on_the_reel(
    pressed: list[tuple[str, int]],
) -> None:
    clock = VirtualClock()
    player = Player(make_alerts_at(0, 2, 2, 5, 9), clock)
    moved: list[int] = []
    what = {
        "pause": player.pause,
        "resume": player.resume,
        "step": player.step,
        "back": lambda: (player.seek(by=-1), moved.append(player.sent)),
        "start": lambda: (player.seek(0), moved.append(player.sent)),
        "end": lambda: (player.seek(9), moved.append(player.sent)),
    }
    for name, after in pressed:
        clock.call_later(after, what[name])
    clock.call_later(50, player.resume)
    seen = [alert.n or 0 for alert in player]
    assert seen[-1] == 5
    for i, (before, n) in enumerate(pairwise(seen), start=1):
        assert n == before + 1 or i in moved
