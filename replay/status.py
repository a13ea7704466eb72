"""The status line of a replay on a terminal, and the one-line summary at its end."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from replay.player import Player
from replay.table import printable


class Status:
    """Renders as one line: position, seconds (real ones) until the next message, messages sent."""

    def __init__(self, player: Player, speed: float | None) -> None:
        self.player, self.speed = player, speed

    def __rich__(self) -> Text:
        player = self.player
        last = player.last
        if last is None:
            where = "before the first message"
        else:
            where = f"{last.graceid} {last.alert_type}" + ("" if last.n is None else f" (log {last.n})")
        parts = [printable(where)]
        remaining = player.next_in_s
        if remaining is not None and self.speed:
            parts.append(f"next in {remaining / self.speed:.1f} s")
        parts.append(f"sent {player.sent} of {len(player)}")
        return Text(" · ".join(parts), no_wrap=True, overflow="ellipsis")


@contextmanager
def status_line(player: Player, speed: float | None, *, quiet: bool) -> Iterator[None]:
    """Show the status on standard error while the block runs, if that is a terminal; `speed` None: as fast as possible."""
    # Lines of JSON must not be broken where the terminal ends, hence soft_wrap.
    console = Console(stderr=True, soft_wrap=True)
    if quiet or not console.is_terminal:
        yield
        return
    shared = sys.stdout.isatty()  # else standard output goes elsewhere and must be left alone
    status = Status(player, speed)
    with Live(status, console=console, refresh_per_second=5, transient=True, redirect_stdout=shared):
        yield


class Stopwatch:
    """Says at the end what was sent in which real time."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def summary(self, player: Player | None, why: str = "") -> str:
        """`sent 42 of 60 messages (30 alerts) in 3.1 s`, after the reason for an early end if there is one."""
        begin = f"{why}: " if why else ""
        if player is None:
            return f"{begin}nothing was sent"
        took = time.monotonic() - self._start
        return (
            f"{begin}sent {player.announced} of {player.reel.messages} messages ({player.sent} alerts) in {took:.1f} s"
        )
