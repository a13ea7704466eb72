"""The replay of a test: its tape's alerts, one after another on a virtual clock, for code that handles them."""

from collections.abc import AsyncIterator, Callable, Iterator
from inspect import isawaitable, iscoroutine
from typing import Any

from gracetape.archive import Alert, Position
from gracetape.clocks import Clock
from gracetape.errors import UsageError
from gracetape.leaving import finish
from gracetape.replay.async_alerts import aiter_alerts
from gracetape.replay.player import Player
from gracetape.replay.targets import open_target
from gracetape.testing.alert_list import AlertList


class Replay:
    """Iterating it gives each alert at its moment, in the server's order; hours pass in no time.

    While an alert is handled, the GraceDB of the test answers as of it. `player` is the one behind it, with pause, step and
    seek; `clock` its clock.
    """

    def __init__(self, player: Player) -> None:
        self.player = player

    def __repr__(self) -> str:
        return f"<Replay by {self.player!r}>"

    @property
    def clock(self) -> Clock:
        return self.player.clock

    @property
    def position(self) -> Position | None:
        """How far it has come."""
        return self.player.position

    @property
    def alerts(self) -> AlertList:
        """Every alert that is to come, from the first one on; nothing moves."""
        return AlertList(self.player.alerts)

    def __iter__(self) -> Iterator[Alert]:
        return iter(self.player)

    def __aiter__(self) -> AsyncIterator[Alert]:
        return aiter_alerts(self.player)

    def __len__(self) -> int:
        return len(self.player)

    def to(self, handler: Callable[[Alert], object] | str) -> AlertList:
        """Call a handler with every alert that is left, at its moment, or send them to a target's URL (`kafka_url`); gives them.

        UsageError for a handler that is to be awaited: nobody would.
        """
        if isinstance(handler, str):
            return self._send(handler)
        handled = []
        for alert in self:
            if isawaitable(found := handler(alert)):
                if iscoroutine(found):
                    found.close()
                raise UsageError(
                    f"{handler!r} is to be awaited: write `async for alert in replay: await handler(alert)`"
                )
            handled.append(alert)
        return AlertList(handled)

    def to_listener(self, handler: Callable[[str, str], object]) -> AlertList:
        """The same for a handler as igwn-alert and LVAlert call it: with the topic (or node) and the message's JSON text."""

        def handle(alert: Alert) -> None:
            for message in self.player.messages(alert):
                handler(message.node, message.payload_json())

        return self.to(handle)

    def until(self, alert_type: str, **of: Any) -> Alert:
        """Play on up to the next alert of a type, and give it; AssertionError if none comes."""
        for alert in self:
            if alert.alert_type == alert_type and all(getattr(alert, name) == value for name, value in of.items()):
                return alert
        raise AssertionError(f"the tape has no further alert of type {alert_type}")

    def _send(self, url: str) -> AlertList:
        sent: list[Alert] = []
        target, stopped = open_target(url), False
        try:
            self.player.play([target], after=sent.append)
        except KeyboardInterrupt:
            stopped = True
            raise
        finally:
            finish(target, soon=stopped)
        return AlertList(sent)
