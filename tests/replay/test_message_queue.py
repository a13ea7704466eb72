"""A queue of messages merges its copies lazily, and stands anywhere that it is asked to."""

from collections.abc import Callable

from hypothesis import given, strategies as st

from gracetape.archive import Alert
from gracetape.replay import Copy, MessageQueue, Queued, Selection
from gracetape.replay.rewrite import Rewrite
from tests.replay.conftest import make_alerts_at

MakeAlerts = Callable[..., list[Alert]]

tracks = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6).map(sorted), min_size=1, max_size=4)


def _queue(seconds: list[list[int]], laps: int | None = 1) -> MessageQueue:
    return MessageQueue(
        [Copy(Selection(make_alerts_at(*track)), start_s=float(i % 2)) for i, track in enumerate(seconds)], laps=laps
    )


def _rest(queue: MessageQueue) -> list[Queued]:
    found = []
    while queue.peek() is not None:
        found.append(queue.skip())
    return found


@given(tracks)
def test_everything_comes_once_in_order_and_earlier_copies_first(seconds: list[list[int]]) -> None:
    queue = _queue(seconds)
    found = [queued for queued, _ in queue.whole()]
    assert found == sorted(found, key=lambda queued: (queued.dt, queued.copy, queued.index))
    assert len(found) == len(queue) == sum(map(len, seconds))
    assert queue.done == 0


@given(tracks, st.floats(-1, 10))
def test_going_to_a_time_leaves_what_is_at_or_after_it(seconds: list[list[int]], to: float) -> None:
    queue = _queue(seconds)
    everything = [queued for queued, _ in queue.whole()]
    queue.skip()
    queue.go_to(to)
    assert queue.done == sum(queued.dt < to for queued in everything)
    assert _rest(queue) == [queued for queued in everything if queued.dt >= to]


@given(tracks, st.data())
def test_going_before_a_message_leaves_it_and_what_follows(seconds: list[list[int]], data: st.DataObject) -> None:
    queue = _queue(seconds)
    everything = [queued for queued, _ in queue.whole()]
    queued = data.draw(st.sampled_from(everything))
    queue.go_before(queued)
    place = everything.index(queued)
    assert queue.done == place
    found = queue.find(lambda alert: True, back=True)
    assert found == (everything[place - 1] if place else None)
    assert _rest(queue) == everything[place:]


def test_laps_follow_one_another_after_a_gap() -> None:
    queue = _queue([[0, 3]], laps=3)
    assert [queued.dt for queued in _rest(queue)] == [0, 3, 4, 7, 8, 11]
    assert queue.done == len(queue) == 6
    queue.go_to(7.5)
    assert [queued.dt for queued in _rest(queue)] == [8, 11]
    endless = _queue([[0, 3]], laps=None)
    assert [endless.skip().dt for _ in range(5)] == [0, 3, 4, 7, 8]


def test_a_copy_is_made_when_it_is_taken_and_not_before(make_alerts: MakeAlerts) -> None:
    made: list[Alert] = []

    class Noting(Rewrite):
        def alert(self, alert: Alert) -> Alert:
            made.append(alert)
            return alert

    track = Selection(make_alerts(0, 1))
    queue = MessageQueue([Copy(track, float(i), lambda lap: Noting()) for i in range(1000)], laps=2)
    assert len(queue) == 4000
    assert made == []
    _, alert = queue.take()
    assert made == [alert]
