"""What a page or a key does to a replay, by name: one table."""

from collections.abc import Callable
from typing import Any

from gracetape.errors import BadRequest
from gracetape.replay.player import Player

#: A faster or slower replay goes to the next of these, times powers of 10.
_STEPS = (1, 2, 5)
#: Seconds: no replay is as long, and clocks can count them.
_FARTHEST_S = 1e11


def changed_speed(speed: float, up: bool) -> float:
    """The next rounder speed above or below: 0.1, 0.2, 0.5, 1, 2, 5, 10, ..."""
    ladder = [step * 10.0**power for power in range(-4, 7) for step in _STEPS]
    if up:
        return min((rung for rung in ladder if rung > speed * 1.0001), default=speed)
    return max((rung for rung in ladder if rung < speed * 0.9999), default=speed)


def _pause(player: Player, value: Any) -> None:
    player.resume() if player.paused else player.pause()


def _faster(player: Player, value: Any) -> None:
    if player.speed is not None:
        player.speed = changed_speed(player.speed, up=True)


def _slower(player: Player, value: Any) -> None:
    if player.speed is not None:
        player.speed = changed_speed(player.speed, up=False)


def _speed(player: Player, value: Any) -> None:
    if type(value) not in (int, float) or not 1e-9 <= value < 1e7:
        raise BadRequest("a speed is a number above 0, as in 10")
    if player.speed is None:
        raise BadRequest("this replay goes as fast as possible: there is no speed to change")
    player.speed = float(value)


def _next_kind(player: Player, value: Any) -> None:
    """To the next message that is not just another log entry."""
    queued = player.queue.find(lambda alert: alert.alert_type != "log")
    if queued is not None:
        player.seek(queued.dt)


def _seek(player: Player, value: Any) -> None:
    if isinstance(value, str) and value:
        player.seek(alert_type=value)
    elif type(value) in (int, float) and abs(value) < _FARTHEST_S:
        player.seek(float(value))
    else:
        raise BadRequest("say where to go: seconds since the beginning, or a type of alert")


MOVES: dict[str, Callable[[Player, Any], object]] = {
    "pause": _pause,
    "step": lambda player, value: player.step(),
    "back": lambda player, value: player.seek(by=-1),
    "next": _next_kind,
    "faster": _faster,
    "slower": _slower,
    "speed": _speed,
    "seek": _seek,
    "stop": lambda player, value: player.stop(),
}


class PlayerMoves:
    """A player as a page sees and moves it."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def state(self) -> dict[str, Any]:
        """How it stands: played seconds, speed (null: as fast as possible), alerts sent and all of them (null: nobody has counted them)."""
        player = self._player
        following = player.next_in_s
        return {
            "paused": player.paused, "stopped": player.stopped, "speed": player.speed, "sent": player.sent,
            "total": len(player.queue) if player.counted else None, "elapsed": round(player.elapsed_s, 1),
            "next_in": None if following is None else round(following, 1),
        }  # fmt: skip

    def move(self, word: str, value: Any) -> None:
        """Do a thing of the table; BadRequest if there is none of that name, or no such place."""
        if word not in MOVES:
            raise BadRequest(f"there is no move {word!r:.40}: {', '.join(MOVES)}")
        MOVES[word](self._player, value)
