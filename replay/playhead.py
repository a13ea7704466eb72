"""Where a replay stands on its reel and what moves it: time, pause, step, seek, speed. Any thread may call what moves it."""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gracetape.clocks import Clock, ScaledClock
from gracetape.errors import BadRequest
from gracetape.replay.reel import Cue, Reel
from gracetape.replay.selection import moment_of, only_one

if TYPE_CHECKING:
    from gracetape.archive import Alert


class Playhead:
    """A place on a reel that moves with a clock. `paused` and `stopped` tell how it is; `rate`: messages a second at most."""

    def __init__(self, reel: Reel, clock: Clock, *, rate: float | None = None) -> None:
        if rate is not None and not rate > 0:
            raise BadRequest(f"the rate must be a positive number of messages a second, not {rate:g}")
        self.reel, self.clock, self.rate = reel, clock, rate
        self.paused = self.stopped = False
        self._started = False
        self._at = 0.0  # played seconds, while time stands still
        self._origin: float | None = None  # the clock's time at which the reel began; None while time stands still
        self._steps = 0
        self._free_at = 0.0  # real time from which the rate allows the next message
        self._errands: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()

    @property
    def elapsed_s(self) -> float:
        """Played seconds since the reel's beginning."""
        origin = self._origin
        return self._at if origin is None else self.clock.now() - origin

    @property
    def next_in_s(self) -> float | None:
        """Played seconds until the next message (0 if it is due); None when nothing is left."""
        with self._lock:
            cue = self.reel.peek()
            return None if cue is None else max(0.0, cue.dt - self.elapsed_s)

    @property
    def speed(self) -> float | None:
        """Times as fast as it happened; None where time is not real. Can be set while it plays."""
        return self.clock.speed if isinstance(self.clock, ScaledClock) else None

    @speed.setter
    def speed(self, speed: float) -> None:
        if not isinstance(self.clock, ScaledClock):
            raise BadRequest("the speed can only be changed of a replay that has one: this one goes as fast as it can")
        self.clock.speed = speed

    # -- moving it

    def _place(self, elapsed_s: float) -> None:
        if self._origin is None:
            self._at = elapsed_s
        else:
            self._origin = self.clock.now() - elapsed_s

    def _let_run(self) -> None:
        self._origin = self.clock.now() - self._at

    def pause(self) -> None:
        """Let time stand still until `resume`."""
        with self._lock:
            self._at, self._origin = self.elapsed_s, None
            self.paused = True
        self.clock.interrupt()

    def resume(self) -> None:
        """Go on from where it stands."""
        with self._lock:
            if self.paused and self._started:
                self._let_run()
            self.paused = False
        self.clock.interrupt()

    def step(self, count: int = 1) -> None:
        """Let the next message (or `count` of them) come now, also while it is paused."""
        with self._lock:
            self._steps += count
        self.clock.interrupt()

    def stop(self) -> None:
        """Announce nothing more, and end the wait that is under way."""
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
            ways = {
                "to": lambda: self._to_time(to),
                "n": lambda: self._to_entry(n or 0, graceid),
                "alert_type": lambda: self._to_type(alert_type or ""),
                "by": lambda: self._by(by or 0),
            }
            asked = [way for way, value in zip(ways, (to, n, alert_type, by), strict=True) if value is not None]
            if len(asked) != 1:
                raise BadRequest("seek goes to one place: name a time, n, alert_type or by")
            ways[asked[0]]()
            self._steps = 0
            self._moved()
        self.clock.interrupt()

    def _moved(self) -> None:
        """The place on the reel has changed."""

    def _to_time(self, to: float | datetime | None) -> None:
        if isinstance(to, datetime):
            beginning = self.beginning
            seconds = 0.0 if beginning is None else (to - beginning).total_seconds()
        else:
            seconds = to or 0.0
        self.reel.go_to(seconds)
        self._place(seconds)

    @property
    def beginning(self) -> datetime | None:
        """The time (UTC) of the messages that is 0 played seconds; None if there are none."""
        cue, alert = next(self.reel.whole(), (None, None))
        if cue is None or alert is None:
            return None
        lane = self.reel.lanes[cue.lane]
        since = lane.track.alerts[cue.index].created - lane.track.born
        return alert.created - since - timedelta(seconds=lane.start_s)

    def _to_entry(self, n: int, graceid: str | None) -> None:
        if not self.reel.lanes or (timeline := self.reel.lanes[0].track.timeline) is None:
            raise BadRequest(f"there is no log here whose entry {n} could be gone to")
        graceid = graceid or only_one(timeline.histories, f"n={n}", lambda name: f"graceid={name!r}, n={n}")
        for number, lane in enumerate(self.reel.lanes):
            if lane.track.timeline is not None and graceid in lane.track.timeline.histories:
                index = lane.track.index_after(moment_of(lane.track.timeline, graceid, n))
                if index == len(lane.track):
                    raise BadRequest(f"nothing is sent at or after log entry {n} of {graceid}")
                self._to_cue(Cue(self.reel.base_s + lane.start_s + lane.track.offsets[index], number, index))
                return
        raise BadRequest(f"{graceid} is not among what is played here")

    def _to_type(self, alert_type: str) -> None:
        cue = self.reel.find(lambda alert: alert.alert_type == alert_type)
        if cue is None:
            raise BadRequest(f"no alert of type {alert_type!r} comes after this place")
        self._to_cue(cue)

    def _by(self, count: int) -> None:
        for _ in range(abs(count)):
            if count > 0:
                if self.reel.peek() is None:
                    break
                self.reel.skip()
            elif (cue := self.reel.find(lambda alert: True, back=True)) is not None:
                self.reel.go_before(cue)
        cue = self.reel.peek()
        self._place(cue.dt if cue is not None else self.reel.end_s)

    def _to_cue(self, cue: Cue) -> None:
        self.reel.go_before(cue)
        self._place(cue.dt)

    # -- following the clock

    def later(self, dt: float, errand: Callable[[], object]) -> None:
        """Do something at `dt` played seconds, between messages and in the thread that plays."""
        with self._lock:
            heapq.heappush(self._errands, (dt, next(self._order), errand))
        self.clock.interrupt()

    def advance(self) -> "tuple[Cue, Alert] | None":
        """Wait for the next message's moment and take it; None if nothing is left, or it was stopped."""
        reel, wait_until, lock = self.reel, self.clock.wait_until, self._lock
        while not self.stopped:
            with lock:
                if not self._started:
                    self._started = True
                    if not self.paused:
                        self._let_run()
                cue = reel.peek()
                errand = self._errands[0] if self._errands else None
                if self._steps and cue is not None:
                    self._steps -= 1
                    self._place(cue.dt)
                    return self._take()
                if cue is None and errand is None:
                    return None
                origin = self._origin
            if origin is None and errand is not None and errand[0] <= self._at:
                self._do_errand()
            elif origin is None:
                self.clock.rest()
            elif errand is not None and (cue is None or errand[0] <= cue.dt):
                if wait_until(origin + errand[0]):
                    self._do_errand()
            elif cue is not None and wait_until(origin + cue.dt) and (self.rate is None or self._rate_allows()):
                with lock:
                    if reel.peek() is cue and not self.paused and not self.stopped:
                        return self._take()
        return None

    def _do_errand(self) -> None:
        with self._lock:
            _, _, errand = heapq.heappop(self._errands)
        errand()

    def _rate_allows(self) -> bool:
        wait = self._free_at - self.clock.real()
        return wait <= 0 or self.clock.wait_real(wait)

    def _take(self) -> "tuple[Cue, Alert]":
        cue, alert = self.reel.take()
        if self.rate is not None:
            self._free_at = max(self._free_at, self.clock.real()) + len(alert.nodes) / self.rate
        return cue, alert
