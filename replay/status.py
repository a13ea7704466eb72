"""The status line of a replay on a terminal, the keys that move it, and the one-line summary at its end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gracetape.archive import Alert
from gracetape.progress import progress
from gracetape.replay.keys import HINT, keys
from gracetape.replay.player import Player
from gracetape.shown import printable

if TYPE_CHECKING:  # off a terminal nothing is drawn
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text


class Status:
    """Renders as a line: position, speed, seconds (real ones) until the next message, messages sent; and one of keys."""

    def __init__(self, player: Player, *, hint: bool = False) -> None:
        self.player, self.hint = player, hint

    def line(self) -> "Text":
        """The first line."""
        from rich.text import Text

        player = self.player
        last = player.last
        if last is None:
            where = "before the first message"
        else:
            where = f"{last.graceid} {last.alert_type}" + ("" if last.n is None else f" (log {last.n})")
        parts = [Text(printable(where), "bold")]
        speed, remaining = player.speed, player.next_in_s
        if player.paused:
            parts.append(Text("paused", "yellow"))
        if speed is not None:
            parts.append(Text(f"speed {speed:g}"))
        if remaining is not None and speed:
            parts.append(Text(f"next in {remaining / speed:.1f} s"))
        counted = player.queue.laps and player.queue.counted
        parts.append(Text(f"sent {player.sent} of {len(player)}" if counted else f"sent {player.sent}"))
        return Text(" · ").join(parts)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        for text in [self.line(), *([Text(HINT, "dim")] if self.hint else [])]:
            text.truncate(options.max_width - 1, overflow="ellipsis")
            yield text


@contextmanager
def status_line(
    player: Player, *, quiet: bool, programs: bool = False, storm: bool = False
) -> Iterator[Callable[[Alert], object] | None]:
    """Show the status on standard error while the block runs, if that is a terminal, and let keys move the player.

    With `programs`, which may write to the same terminal at any time, only the keys are told of, once. Elsewhere plain lines tell
    now and then how far a `storm` is: what is given is to be called with each alert then.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        if not storm:
            yield None
            return
        total = player.queue.messages if player.queue.laps and player.queue.counted else None
        with progress("replaying", total, "messages") as done:
            yield lambda alert: done.advance(len(alert.nodes))
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    # Lines of JSON must not be broken where the terminal ends, hence soft_wrap.
    console = Console(stderr=True, soft_wrap=True)
    shared = sys.stdout.isatty()  # else standard output goes elsewhere and must be left alone
    with keys(player) as listening:
        if programs and shared:
            if listening:
                console.print(Text(HINT, "dim"))
            yield None
            return
        status = Status(player, hint=listening)
        with Live(status, console=console, refresh_per_second=5, transient=True, redirect_stdout=shared):
            yield None


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
        total = f" of {player.queue.messages}" if player.queue.laps and player.queue.counted else ""
        return f"{begin}sent {player.messages_sent}{total} messages ({player.sent} alerts) in {took:.1f} s"
