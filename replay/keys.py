"""The keys that move a replay on a terminal: space, arrows, +, -, q."""

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gracetape.errors import BadRequest
from gracetape.replay.player import Player

#: A faster or slower replay goes to the next of these, times powers of 10.
_STEPS = (1, 2, 5)


def changed_speed(speed: float, up: bool) -> float:
    """The next rounder speed above or below: 0.1, 0.2, 0.5, 1, 2, 5, 10, ..."""
    ladder = [step * 10.0**power for power in range(-4, 7) for step in _STEPS]
    if up:
        return min((rung for rung in ladder if rung > speed * 1.0001), default=speed)
    return max((rung for rung in ladder if rung < speed * 0.9999), default=speed)


def _pause(player: Player) -> None:
    player.resume() if player.paused else player.pause()


def _faster(player: Player) -> None:
    if player.speed is not None:
        player.speed = changed_speed(player.speed, up=True)


def _slower(player: Player) -> None:
    if player.speed is not None:
        player.speed = changed_speed(player.speed, up=False)


def _back(player: Player) -> None:
    player.seek(by=-1)


def _next_kind(player: Player) -> None:
    """To the next message that is not just another log entry."""
    queued = player.queue.find(lambda alert: alert.alert_type != "log")
    if queued is not None:
        player.seek(queued.dt)


#: What a terminal sends for a key, what it does, and what is said of it.
KEYS: dict[bytes, Callable[[Player], object]] = {
    b" ": _pause,
    b"\x1b[C": Player.step,
    b"\x1bOC": Player.step,
    b"\x1b[D": _back,
    b"\x1bOD": _back,
    b"n": _next_kind,
    b"+": _faster,
    b"=": _faster,
    b"-": _slower,
    b"q": Player.stop,
}
HINT = "space pause  → next  ← back  n skip logs  +/- speed  q quit"


def press(player: Player, typed: bytes) -> None:
    """Do what was typed, key by key; what means nothing is passed over."""
    while typed:
        key = next((key for key in KEYS if typed.startswith(key)), None)
        if key is None:
            typed = typed[1:] if not typed.startswith(b"\x1b") else b""
            continue
        with suppress(BadRequest):
            KEYS[key](player)
        typed = typed[len(key) :]


@contextmanager
def keys(player: Player) -> Iterator[bool]:
    """Let keys move the player while the block runs, if standard input is a terminal of ours; gives whether it is."""
    fd = _terminal()
    if fd is None:
        yield False
        return
    before = termios.tcgetattr(fd)
    ended, end = os.pipe()
    reader = threading.Thread(target=_read, args=(fd, ended, player), name="keys", daemon=True)
    continued = signal.signal(signal.SIGCONT, lambda *_: _listen(fd))
    _listen(fd)
    reader.start()
    try:
        yield True
    finally:
        os.close(end)
        reader.join(2)
        os.close(ended)
        signal.signal(signal.SIGCONT, continued)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _terminal() -> int | None:
    """Standard input, if it is a terminal on which this program is in the foreground."""
    try:
        fd = sys.stdin.fileno()
        return fd if os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp() else None
    except (OSError, ValueError, AttributeError):
        return None


def _listen(fd: int) -> None:
    """Give keys as they are typed, unseen; Ctrl-C and Ctrl-Z still do what they do."""
    with suppress(termios.error):
        tty.setcbreak(fd, termios.TCSADRAIN)


def _read(fd: int, ended: int, player: Player) -> Any:
    while True:
        ready, _, _ = select.select([fd, ended], [], [])
        if ended in ready:
            return
        try:
            typed = os.read(fd, 64)
        except OSError:
            return
        if not typed:
            return
        press(player, typed)
