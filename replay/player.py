"""Plays alerts on a clock: each at its own moment, in the order in which the server sent them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from replay.clock import Clock
from replay.message import Message
from replay.schedule import Action, Schedule
from replay.targets import Target

if TYPE_CHECKING:
    from archive import Alert, Position, Timeline


def schedule_of(alerts: Sequence["Alert"]) -> Schedule:
    """Alerts as actions: each at its seconds since the first, but never before the one that it follows."""
    actions, latest = [], 0.0
    for alert in alerts:
        latest = max(latest, (alert.created - alerts[0].created).total_seconds())
        actions.append(Action(latest, alert, alert.what))
    return Schedule(actions)


def due(schedule: Schedule, clock: Clock) -> Iterator[Action]:
    """The actions of a schedule, each when `clock` says that its delay has passed; ends early if the clock is stopped."""
    origin = clock.now()
    for action in schedule:
        if not clock.wait_until(origin + action.dt):
            return
        yield action


class Player:
    """An iterator of alerts that waits for each one's moment.

    `position` is what the archive looks like just after the entry of the last message announced (None before the
    first, unless one was given); it is set before the message is handed out, so code that reacts to a message by
    asking a dummy that follows the player sees what it would have seen then. It is a moment of `timeline`. `sent` counts the alerts announced,
    `delivered` the messages handed to targets (one per node and target).
    """

    def __init__(
        self,
        alerts: Iterable["Alert"],
        clock: Clock,
        *,
        format: str = "modern",
        position: "Position | None" = None,
        timeline: "Timeline | None" = None,
    ) -> None:
        self.alerts: list[Alert] = list(alerts)
        self.schedule = schedule_of(self.alerts)
        self.clock = clock
        self.format = format
        self.position = position
        self.timeline = timeline
        self.sent = self.delivered = 0
        self.stopped = False
        self._origin: float | None = None

    @property
    def first(self) -> datetime | None:
        """UTC time of the first message, from which offsets are counted; None if there is none."""
        return self.alerts[0].created if self.alerts else None

    @property
    def last(self) -> "Alert | None":
        """The alert announced last."""
        return self.alerts[self.sent - 1] if self.sent else None

    @property
    def next_in_s(self) -> float | None:
        """Played seconds until the next message (0 if it is due); None when nothing is left."""
        if self.sent >= len(self.alerts):
            return None
        start = self._origin if self._origin is not None else self.clock.now()
        return max(0.0, start + self.schedule[self.sent].dt - self.clock.now())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> "Alert":
        if self._origin is None:
            self._origin = self.clock.now()
        if self.stopped or self.sent >= len(self.alerts):
            raise StopIteration
        action = self.schedule[self.sent]
        if not self.clock.wait_until(self._origin + action.dt):
            raise StopIteration
        alert: Alert = action.what
        self.position = alert.position
        self.sent += 1
        return alert

    def __len__(self) -> int:
        return len(self.alerts)

    def stop(self) -> None:
        """Announce nothing more, and end the wait that is under way; any thread may call it."""
        self.stopped = True
        self.clock.stop()

    def messages(self, alert: "Alert") -> list[Message]:
        """What is sent for one alert: one message per node."""
        first = self.first or alert.created
        lines: list[dict[str, Any]] = alert.lines(first, self.format)
        return [Message(alert, line) for line in lines]

    def play(self, targets: Sequence[Target], after: Callable[["Alert"], object] | None = None) -> None:
        """Deliver every alert at its moment to every target, and call `after` with it; ReplayError if a target fails."""
        for alert in self:
            for message in self.messages(alert):
                for target in targets:
                    target.send(message)
                    self.delivered += 1
            if after is not None:
                after(alert)
