"""The keys that move a replay on a terminal: space, arrows, +, -, q."""

import os
import select
import signal
import sqlite3
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gracetape.errors import GracetapeError
from gracetape.replay.moves import MOVES
from gracetape.replay.player import Player

#: What a terminal sends for a key, and which move it is.
KEYS: dict[bytes, str] = {
    b" ": "pause",
    b"\x1b[C": "step",
    b"\x1bOC": "step",
    b"\x1b[D": "back",
    b"\x1bOD": "back",
    b"n": "next",
    b"+": "faster",
    b"=": "faster",
    b"-": "slower",
    b"q": "stop",
}
#: Seconds within which the rest of a key comes, if a terminal hands it on in pieces, as a slow line does.
_REST_S = 0.2
HINT = "space pause  → next  ← back  n skip logs  +/- speed  q quit"


def press(player: Player, typed: bytes) -> None:
    """Do what was typed, key by key; what means nothing is passed over."""
    while typed:
        key = next((key for key in KEYS if typed.startswith(key)), None)
        if key is None:
            typed = typed[1:] if not typed.startswith(b"\x1b") else b""
            continue
        with suppress(GracetapeError, sqlite3.Error):  # what is damaged is told of when it comes up
            MOVES[KEYS[key]](player, None)
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


def _read(fd: int, ended: int, player: Player) -> None:
    while ended not in select.select([fd, ended], [], [])[0]:
        if not (typed := _typed(fd)):
            return
        while _is_begun(typed) and select.select([fd], [], [], _REST_S)[0]:
            if not (rest := _typed(fd)):
                break
            typed += rest
        press(player, typed)


def _typed(fd: int) -> bytes:
    """What is there to be read; nothing if the terminal has gone."""
    try:
        return os.read(fd, 64)
    except OSError:
        return b""


def _is_begun(typed: bytes) -> bool:
    """Whether what was typed ends in the beginning of a key of several bytes."""
    last = typed[typed.rfind(b"\x1b") :] if b"\x1b" in typed else b""
    return bool(last) and any(key != last and key.startswith(last) for key in KEYS)
