"""The status line of a replay on a terminal, the keys that move it, and the one-line summary at its end."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gracetape.archive import Alert
from gracetape.progress import progress
from gracetape.replay.keys import HINT, keys
from gracetape.replay.message import Message
from gracetape.replay.player import Player
from gracetape.replay.targets import Target
from gracetape.shown import printable

if TYPE_CHECKING:  # off a terminal nothing is drawn
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text


#: Seconds that whoever reads our output has for writing to the same terminal, before the status is drawn below that.
_WAY_S = 0.3


class Output:
    """Standard output as a target, which a status line gives way to before each message: its reader may write to the same terminal."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.give_way: Callable[[], object] = lambda: None

    def send(self, message: Message) -> None:
        self.give_way()
        self._target.send(message)

    def close(self) -> str | None:
        return self._target.close()


class Status:
    """Renders as a line: position, speed, seconds (real ones) until the next message, messages sent; and one of keys."""

    def __init__(self, player: Player, *, hint: bool = False) -> None:
        self.player, self.hint = player, hint
        self.away_until = 0.0  # of time.monotonic(): nothing is shown before

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
        parts.append(Text(f"sent {player.sent} of {len(player)}" if player.counted else f"sent {player.sent}"))
        return Text(" · ").join(parts)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        if time.monotonic() < self.away_until:
            yield Text("")
            return
        for text in [self.line(), *([Text(HINT, "dim")] if self.hint else [])]:
            text.truncate(options.max_width - 1, overflow="ellipsis")
            yield text


@contextmanager
def status_line(
    player: Player, *, quiet: bool, programs: bool = False, storm: bool = False, outputs: Sequence[Output] = ()
) -> Iterator[Callable[[Alert], object] | None]:
    """Show the status on standard error while the block runs, if that is a terminal, and let keys move the player.

    With `programs`, which may write to the same terminal at any time, only the keys are told of, once. Elsewhere plain lines tell
    now and then how far a `storm` is: what is given is to be called with each alert then. Where standard output is read by a program,
    the status is not there while that may write what came from `outputs`.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        if not storm:
            yield None
            return
        total = player.queue.messages if player.counted else None
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
        with Live(status, console=console, refresh_per_second=5, transient=True, redirect_stdout=shared) as live:

            def give_way() -> None:
                shown = time.monotonic() >= status.away_until
                status.away_until = time.monotonic() + _WAY_S
                if shown:
                    live.refresh()

            for output in outputs if _is_piped() else ():
                output.give_way = give_way
            yield None


def _is_piped() -> bool:
    """Whether standard output goes to another program."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False


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
        total = f" of {player.queue.messages}" if player.counted else ""
        if player.share is not None:
            begin += f"shard {player.share}: "
        return f"{begin}sent {player.messages_sent}{total} messages ({player.sent} alerts) in {took:.1f} s"
