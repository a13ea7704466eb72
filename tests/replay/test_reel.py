"""A reel merges its lanes lazily, and stands anywhere that it is asked to."""

from collections.abc import Callable

from hypothesis import given, strategies as st

from gracetape.archive import Alert
from gracetape.replay import Cue, Lane, Reel, Track
from gracetape.replay.change import Change
from tests.replay.conftest import make_alerts_at

MakeAlerts = Callable[..., list[Alert]]

tracks = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6).map(sorted), min_size=1, max_size=4)


def _reel(seconds: list[list[int]], laps: int | None = 1) -> Reel:
    return Reel(
        [Lane(Track(make_alerts_at(*track)), start_s=float(i % 2)) for i, track in enumerate(seconds)], laps=laps
    )


def _rest(reel: Reel) -> list[Cue]:
    cues = []
    while reel.peek() is not None:
        cues.append(reel.skip())
    return cues


@given(tracks)
def test_everything_comes_once_in_order_and_earlier_lanes_first(seconds: list[list[int]]) -> None:
    reel = _reel(seconds)
    cues = [cue for cue, _ in reel.whole()]
    assert cues == sorted(cues, key=lambda cue: (cue.dt, cue.lane, cue.index))
    assert len(cues) == len(reel) == sum(map(len, seconds))
    assert reel.done == 0


@given(tracks, st.floats(-1, 10))
def test_going_to_a_time_leaves_what_is_at_or_after_it(seconds: list[list[int]], to: float) -> None:
    reel = _reel(seconds)
    everything = [cue for cue, _ in reel.whole()]
    reel.skip()
    reel.go_to(to)
    assert reel.done == sum(cue.dt < to for cue in everything)
    assert _rest(reel) == [cue for cue in everything if cue.dt >= to]


@given(tracks, st.data())
def test_going_before_a_message_leaves_it_and_what_follows(seconds: list[list[int]], data: st.DataObject) -> None:
    reel = _reel(seconds)
    everything = [cue for cue, _ in reel.whole()]
    cue = data.draw(st.sampled_from(everything))
    reel.go_before(cue)
    place = everything.index(cue)
    assert reel.done == place
    found = reel.find(lambda alert: True, back=True)
    assert found == (everything[place - 1] if place else None)
    assert _rest(reel) == everything[place:]


def test_laps_follow_one_another_after_a_gap() -> None:
    reel = _reel([[0, 3]], laps=3)
    assert [cue.dt for cue in _rest(reel)] == [0, 3, 4, 7, 8, 11]
    assert reel.done == len(reel) == 6
    reel.go_to(7.5)
    assert [cue.dt for cue in _rest(reel)] == [8, 11]
    endless = _reel([[0, 3]], laps=None)
    assert [endless.skip().dt for _ in range(5)] == [0, 3, 4, 7, 8]


def test_a_copy_is_made_when_it_is_taken_and_not_before(make_alerts: MakeAlerts) -> None:
    made: list[Alert] = []

    class Noting(Change):
        def alert(self, alert: Alert) -> Alert:
            made.append(alert)
            return alert

    track = Track(make_alerts(0, 1))
    reel = Reel([Lane(track, float(i), lambda lap: Noting()) for i in range(1000)], laps=2)
    assert len(reel) == 4000
    assert made == []
    _, alert = reel.take()
    assert made == [alert]
