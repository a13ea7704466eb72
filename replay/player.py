"""Plays alerts on a clock: each at its own moment, in the order in which the server sent them. Any thread may move it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Self

from gracetape.archive import Alert, Position, Timeline
from gracetape.archive.alerts.notices.public_alert import public_forms
from gracetape.clocks import Clock
from gracetape.errors import ReplayError
from gracetape.replay.copies import Copy
from gracetape.replay.delivery import Delivery
from gracetape.replay.faults import Faults
from gracetape.replay.message import Message, messages_of
from gracetape.replay.message_queue import MessageQueue, Queued
from gracetape.replay.pace import Errands, Pace
from gracetape.replay.seek import seek
from gracetape.replay.selection import Selection
from gracetape.replay.sharding import Share
from gracetape.replay.targets import Target

#: How long (s) a player waits for a message at least, if it makes ready meanwhile what comes after it.
_IDLE_S = 0.1


class Player:
    """An iterator of alerts that waits for each one's moment.

    `position` is what the archive looks like just after the entry of the last message that was sent (before the first, and
    after a seek: just before the next one); it is set before the message is handed out, so code that reacts to a message by
    asking a dummy that follows the player sees what it would have seen then. It is a moment of `timeline`; each of
    `on_position` is called with the copy's number and it when it has changed. `sent` counts the alerts sent, `messages_sent`
    their messages (one per node). `paused` and `stopped` tell how it is; `left_out` what is not played since it has another format,
    `remarks` what else is to be known; `rate`: messages a second at most; `share`: which of them are played here, where others play the rest.
    """

    def __init__(
        self,
        alerts: Iterable[Alert] | MessageQueue,
        clock: Clock,
        *,
        format: str = "modern",
        position: Position | None = None,
        timeline: Timeline | None = None,
        rate: float | None = None,
    ) -> None:
        if not isinstance(alerts, MessageQueue):
            alerts = MessageQueue([Copy(Selection(list(alerts), timeline=timeline))])
        self.queue, self.clock, self.format = alerts, clock, format
        self.position, self.timeline = position, timeline
        self.paused = self.stopped = False
        self.sent = self.messages_sent = 0
        self.last: Alert | None = None
        self.last_dt = 0.0  # played seconds of the last message
        self.left_out: list[str] = []
        self.remarks: list[str] = []
        self.on_position: list[Callable[[int, Position], object]] = []
        self.share: Share | None = None
        self._pace = Pace(clock, rate)
        self._delivery = Delivery(self.later)
        self._started = False
        self._steps = 0
        self._errands = Errands()
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        how = "stopped" if self.stopped else "paused" if self.paused else f"{self.sent} sent"
        many = len(self) if self.queue.counted else "many"
        return f"<Player of {many if self.queue.laps else 'endless'} alerts, {how}>"

    # -- how it stands

    @property
    def counted(self) -> bool:
        """Whether it is known how many messages it plays: they end, nobody else plays a part of them, and to count them costs nothing."""
        return self.queue.laps is not None and self.share is None and self.queue.counted

    @property
    def public(self) -> bool:
        """Whether it plays what the public was told."""
        return bool(public_forms(self.format))

    @property
    def elapsed_s(self) -> float:
        """Played seconds since the beginning."""
        return self._pace.elapsed_s

    @property
    def next_in_s(self) -> float | None:
        """Played seconds until the next message (0 if it is due); None when nothing is left."""
        with self._lock:
            following = self._peek()
            return None if following is None else max(0.0, following.dt - self.elapsed_s)

    @property
    def speed(self) -> float | None:
        """Times as fast as it happened; None where time is not real. Can be set while it plays."""
        return self._pace.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._pace.speed = speed

    @property
    def rate(self) -> float | None:
        """Messages a second at most; None: as many as come."""
        return self._pace.rate

    @property
    def alerts(self) -> list[Alert]:
        """Every alert that is to be sent, made now (in endless laps: those of one lap)."""
        return [alert for _, alert in self.queue.whole()]

    @property
    def first(self) -> datetime | None:
        """UTC time of the first message; None if there is none."""
        return self.queue.first

    @property
    def delivered(self) -> int:
        """Messages handed to targets so far."""
        return self._delivery.count

    def __len__(self) -> int:
        return len(self.queue)

    # -- moving it

    def pause(self) -> None:
        """Let time stand still until `resume`."""
        with self._lock:
            self._pace.hold()
            self.paused = True
        self.clock.interrupt()

    def resume(self) -> None:
        """Go on from where it stands."""
        with self._lock:
            if self.paused and self._started:
                self._pace.let_run()
            self.paused = False
        self.clock.interrupt()

    def step(self, count: int = 1) -> None:
        """Let the next message (or `count` of them) come now, also while it is paused."""
        with self._lock:
            self._steps += count
        self.clock.interrupt()

    def stop(self) -> None:
        """Send nothing more, and end the wait that is under way."""
        self.stopped = True
        self.clock.stop()

    def seek(
        self,
        to: float | datetime | None = None,
        *,
        n: int | None = None,
        graceid: str | None = None,
        alert_type: str | None = None,
        by: int | None = None,
    ) -> None:
        """Go elsewhere without sending what lies between.

        `to`: played seconds since the beginning, or a time of the messages (UTC). `n`: to what log entry N announced (of
        `graceid`; of the only superevent or only object, if none is named). `alert_type`: to the next alert of that type.
        `by`: that many messages on (back, if negative). BadRequest if there is no such place; nothing moves then.
        """
        with self._lock:
            self._pace.go_to(seek(self.queue, to, n=n, graceid=graceid, alert_type=alert_type, by=by))
            self._steps = 0
            self.stand()
        self.clock.interrupt()

    def stand(self) -> None:
        """Let `position` be the moment just before the next message."""
        for number, position in self.queue.positions(self.elapsed_s):
            self._reach(number, position)

    # -- following the clock

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Alert:
        if (taken := self._wait_for_next()) is None:
            raise StopIteration
        queued, alert = taken
        self._reach(queued.copy, alert.position)
        self.last, self.last_dt = alert, queued.dt
        self.sent += 1
        self.messages_sent += len(alert.nodes)
        return alert

    def _reach(self, number: int, position: Position | None) -> None:
        """A copy has come to a moment of its tape."""
        with self.standing():
            self.position, self.timeline = position, self.queue.copies[number].selection.timeline
            if position is not None:
                for tell in self.on_position:
                    tell(number, position)

    def standing(self) -> AbstractContextManager[object]:
        """A block in which `position` stays what it is."""
        return self._lock

    def later(self, dt: float, errand: Callable[[], object]) -> None:
        """Do something at `dt` played seconds, between messages and in the thread that plays."""
        self._errands.add(dt, errand)
        self.clock.interrupt()

    def _wait_for_next(self) -> tuple[Queued, Alert] | None:
        """Wait for the next message's moment and take it; None if nothing is left, or it was stopped."""
        queue, pace, wait_until, lock = self.queue, self._pace, self.clock.wait_until, self._lock
        while not self.stopped:
            with lock:
                if not self._started:
                    self._started = True
                    if not self.paused:
                        pace.let_run()
                queued = self._peek()
                errand_dt = self._errands.next_dt
                if self._steps and queued is not None:
                    self._steps -= 1
                    pace.go_to(queued.dt)
                    return self._take()
                if queued is None and errand_dt is None:
                    return None
                origin = pace.origin
                if origin is not None and queued is not None and origin + queued.dt - self.clock.now() > _IDLE_S:
                    queue.look_ahead()
            if origin is None and errand_dt is not None and errand_dt <= pace.elapsed_s:
                self._errands.do_next()
            elif origin is None:
                self.clock.rest()
            elif errand_dt is not None and (queued is None or errand_dt <= queued.dt):
                if wait_until(origin + errand_dt):
                    self._errands.do_next()
            elif queued is not None and wait_until(origin + queued.dt) and pace.allows():
                with lock:
                    if queue.peek() is queued and not self.paused and not self.stopped:
                        return self._take()
        return None

    def _peek(self) -> Queued | None:
        """The next message that is played here."""
        return self.queue.peek() if self.share is None else self.share.peek()

    def whole(self) -> Iterator[tuple[Queued, Alert]]:
        """Every message that is played here, from the beginning, whatever was sent already."""
        return self.queue.whole() if self.share is None else self.share.of(self.queue.whole())

    def begin_at(self, moment: datetime) -> None:
        """Let it begin at a moment of real time (UTC), which is waited for; what is due already, if it is past, comes at once."""
        while not self.stopped and (wait_s := (moment - datetime.now(UTC)).total_seconds()) > 0:
            self.clock.wait_real(wait_s)
        late_s = (datetime.now(UTC) - moment).total_seconds()
        with self._lock:
            self._pace.go_to(self.elapsed_s + late_s * (self.speed or 0.0))

    def _take(self) -> tuple[Queued, Alert]:
        queued, alert = self.queue.take()
        self._pace.used(len(alert.nodes))
        return queued, alert

    # -- delivering

    def messages(self, alert: Alert, offset_s: float | None = None) -> list[Message]:
        """What is sent for one alert: one message per node; `offset_s` (default: for the last one) since the first message."""
        if offset_s is None:
            last = alert is self.last
            offset_s = self.last_dt if last else (alert.created - (self.first or alert.created)).total_seconds()
        return messages_of(alert, offset_s, self.format)

    def send_now(self, alert: Alert) -> None:
        """Deliver somebody else's alert, now, to the targets that this player plays to; any thread may call it."""
        self.later(self.elapsed_s, lambda: self._delivery.deliver(*self.messages(alert, self.elapsed_s)))

    def play(
        self,
        targets: Sequence[Target],
        after: Callable[[Alert], object] | None = None,
        *,
        faults: Faults | None = None,
    ) -> None:
        """Deliver every alert at its moment to every target, and call `after` with it; ReplayError if a target fails.

        `faults` may keep messages from the targets, or hand them over damaged, late, twice or in another order.
        """
        self._delivery.targets = targets
        try:
            for alert in self:
                self._delivery.send(self.messages(alert), faults)
                if after is not None:
                    after(alert)
            if faults is not None and not self.stopped:
                self._delivery.deliver(*faults.held())
        except ReplayError as error:
            of = f" of {self.queue.messages}" if self.queue.laps is not None and self.queue.counted else ""
            raise ReplayError(f"{error} (at message {self.messages_sent}{of})") from None
