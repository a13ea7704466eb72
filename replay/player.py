"""Plays alerts on a clock: each at its own moment, in the order in which the server sent them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Self

from gracetape.clocks import Clock
from gracetape.errors import ReplayError
from gracetape.replay.faults import Faults
from gracetape.replay.message import Message, messages_of
from gracetape.replay.playhead import Playhead
from gracetape.replay.reel import Lane, Reel, Track
from gracetape.replay.selection import before
from gracetape.replay.targets import Target

if TYPE_CHECKING:
    from gracetape.archive import Alert, Position, Timeline


class Player(Playhead):
    """An iterator of alerts that waits for each one's moment.

    `position` is what the archive looks like just after the entry of the last message announced (before the first, and
    after a seek: just before the next one); it is set before the message is handed out, so code that reacts to a message by
    asking a dummy that follows the player sees what it would have seen then. It is a moment of `timeline`; each of
    `on_position` is called with the lane's number and it when it has changed. `sent` counts the alerts announced, `announced` their messages (one
    per node), `delivered` the messages handed to targets.
    """

    def __init__(
        self,
        alerts: "Iterable[Alert] | Reel",
        clock: Clock,
        *,
        format: str = "modern",
        position: "Position | None" = None,
        timeline: "Timeline | None" = None,
        rate: float | None = None,
    ) -> None:
        reel = alerts if isinstance(alerts, Reel) else Reel([Lane(Track(list(alerts), timeline=timeline))])
        super().__init__(reel, clock, rate=rate)
        self.format = format
        self.position = position
        self.timeline = timeline
        self.sent = self.announced = self.delivered = 0
        self.last: Alert | None = None
        self.last_dt = 0.0  # played seconds of the last message
        self.on_position: list[Callable[[int, Position], object]] = []
        self._deliver: Callable[[Message], object] | None = None

    @property
    def alerts(self) -> "list[Alert]":
        """Every alert that is to be sent, made now (in endless laps: those of one lap)."""
        return [alert for _, alert in self.reel.whole()]

    @property
    def first(self) -> datetime | None:
        """UTC time of the first message; None if there is none."""
        _, alert = next(self.reel.whole(), (None, None))
        return alert.created if alert is not None else None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> "Alert":
        taken = self.advance()
        if taken is None:
            raise StopIteration
        cue, alert = taken
        self._reach(cue.lane, alert.position)
        self.last, self.last_dt = alert, cue.dt
        self.sent += 1
        self.announced += len(alert.nodes)
        return alert

    def _reach(self, lane: int, position: "Position | None") -> None:
        self.position, self.timeline = position, self.reel.lanes[lane].track.timeline
        if position is not None:
            for tell in self.on_position:
                tell(lane, position)

    def announce(self, alert: "Alert") -> None:
        """Deliver somebody else's alert, now, to the targets that this player plays to; any thread may call it."""
        self.later(self.elapsed_s, partial(self._pass_on, alert))

    def _pass_on(self, alert: "Alert") -> None:
        for message in self.messages(alert, self.elapsed_s):
            if self._deliver is not None:
                self._deliver(message)

    def __len__(self) -> int:
        return len(self.reel)

    def stand(self) -> None:
        """Let `position` be the moment just before the next message."""
        elapsed_s, following = self.elapsed_s - self.reel.base_s, self.reel.peek()
        places = list(enumerate(zip(self.reel.lanes, self.reel.places(), strict=True)))
        if following is not None:  # last, since the position is that of its lane
            places.append(places[following.lane])
        for number, (lane, index) in places:
            recorded = lane.track.alerts[index] if index < len(lane.track) else lane.track.alerts[-1]
            if recorded.position is not None and (lane.start_s <= elapsed_s or index):
                self._reach(number, before(recorded) if index < len(lane.track) else recorded.position)

    _moved = stand

    def messages(self, alert: "Alert", offset_s: float | None = None) -> list[Message]:
        """What is sent for one alert: one message per node; `offset_s` (default: for the last one) since the first message."""
        if offset_s is None and alert is self.last:
            offset_s = self.last_dt
        if offset_s is None:
            offset_s = (alert.created - (self.first or alert.created)).total_seconds()
        return messages_of(alert, offset_s, self.format)

    def play(
        self,
        targets: Sequence[Target],
        after: "Callable[[Alert], object] | None" = None,
        *,
        faults: Faults | None = None,
    ) -> None:
        """Deliver every alert at its moment to every target, and call `after` with it; ReplayError if a target fails.

        `faults` may keep messages from the targets, or hand them over damaged, late, twice or in another order.
        """

        def deliver(message: Message) -> None:
            for target in targets:
                target.send(message)
                self.delivered += 1

        self._deliver = deliver
        try:
            self._play(deliver, after, faults)
        except ReplayError as error:
            of = f" of {self.reel.messages}" if self.reel.laps is not None else ""
            raise ReplayError(f"{error} (at message {self.announced}{of})") from None

    def _play(
        self,
        deliver: Callable[[Message], None],
        after: "Callable[[Alert], object] | None",
        faults: Faults | None,
    ) -> None:
        for alert in self:
            for message in messages_of(alert, self.last_dt, self.format):
                if faults is None:
                    deliver(message)
                    continue
                for late_s, touched in faults.on(message):
                    if late_s > 0:
                        self.later(self.last_dt + late_s, partial(deliver, touched))
                    else:
                        deliver(touched)
            if after is not None:
                after(alert)
        for message in faults.held() if faults is not None and not self.stopped else ():
            deliver(message)
