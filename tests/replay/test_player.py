"""The player announces each alert at its moment, with its position set first."""

import threading
from collections.abc import Callable

from hypothesis import given, strategies as st

from gracetape.archive import Alert, Position
from gracetape.replay import MaxClock, Message, Player, RealClock, VirtualClock
from gracetape.replay.selection import Selection

MakeAlerts = Callable[..., list[Alert]]


class Listener:
    """A target that notes what it got, and how the player stood then."""

    def __init__(self) -> None:
        self.player: Player | None = None
        self.seen: list[tuple[float, str, Position | None]] = []

    def send(self, message: Message) -> None:
        assert self.player is not None
        self.seen.append((self.player.clock.now(), message.node, self.player.position))

    def close(self) -> None:
        return None


def test_each_alert_comes_at_its_own_moment(make_alerts: MakeAlerts) -> None:
    clock = VirtualClock()
    clock.wait_until(100)
    alerts = make_alerts(0, 3, 3, 7200)
    player = Player(alerts, clock)
    assert [(alert.n, clock.now()) for alert in player] == [(1, 100), (2, 103), (3, 103), (4, 7300)]
    assert player.sent == len(player) == 4
    assert list(player) == []


def test_the_position_is_that_of_the_message_when_the_message_is_delivered(make_alerts: MakeAlerts) -> None:
    listener = Listener()
    listener.player = player = Player(make_alerts(0, 5), MaxClock(), position=Position(0))
    assert player.position == Position(0)
    player.play([listener])
    assert listener.seen == [(0, "cbc_gstlal", Position(1)), (5, "cbc_gstlal", Position(2))]


def test_a_message_goes_to_every_node_and_target(make_alerts: MakeAlerts) -> None:
    first, second = Listener(), Listener()
    first.player = second.player = player = Player(make_alerts(0, 1, nodes=("a", "a_b")), MaxClock())
    announced: list[int | None] = []
    player.play([first, second], after=lambda alert: announced.append(alert.n))
    assert [node for _, node, _ in first.seen] == ["a", "a_b", "a", "a_b"]
    assert first.seen == second.seen
    assert (player.sent, player.delivered, announced) == (2, 8, [1, 2])


def test_stop_ends_the_wait_for_the_next_message(make_alerts: MakeAlerts) -> None:
    player = Player(make_alerts(0, 3600), RealClock())
    assert next(player).n == 1
    threading.Timer(0.05, player.stop).start()
    assert list(player) == []
    assert player.stopped
    assert player.sent == 1


def test_a_listener_can_stop_the_player(make_alerts: MakeAlerts) -> None:
    player = Player(make_alerts(0, 1, 2), MaxClock())
    player.play([], after=lambda alert: player.stop() if alert.n == 2 else None)
    assert player.sent == 2


def test_the_player_tells_how_long_until_the_next_message(make_alerts: MakeAlerts) -> None:
    player = Player(make_alerts(0, 60), VirtualClock())
    assert player.next_in_s == 0
    next(player)
    assert player.next_in_s == 60
    next(player)
    assert player.next_in_s is None


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=30))
def test_the_order_of_the_timeline_is_kept_even_where_its_times_go_back(seconds: list[int]) -> None:
    from datetime import UTC, datetime, timedelta

    alerts = [
        Alert(
            datetime(2022, 6, 9, tzinfo=UTC) + timedelta(seconds=s), "G1", "G1", "log", {}, {}, i, ("n",), "", "event"
        )
        for i, s in enumerate(seconds)
    ]  # fmt: skip
    offsets = Selection(alerts).offsets
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert [alert.n for alert in Player(alerts, MaxClock())] == list(range(len(seconds)))
