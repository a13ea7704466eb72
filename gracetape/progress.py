"""Tells how far something is that takes more than two seconds: a line on a terminal, which goes when it is done; now and then one elsewhere.

Only commands show it (`shown`), on standard error; who calls a function sees nothing. Of things within one another the innermost is told.
"""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from gracetape.shown import Guarded, human_bytes, printable, say, telling

T = TypeVar("T")

#: Seconds after which a plain line comes even if the process itself was hardly at work: on a busy machine everything takes long.
PATIENCE_S = 10.0
#: Seconds that are quiet; between two looks of a terminal's line; between two plain lines, at first and at most (each pause is longer).
QUIET_S, LOOK_S, FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGER = 2.0, 0.2, 5.0, 60.0, 1.25
#: The line that is there to be wiped off before anything else is written.
_WIPE = "\r\x1b[K"
_BAR = 24  # columns

#: What is under way, each within the one before it, in the thread that began the first.
_under_way: "list[Progress]" = []
_thread = 0


class Progress:
    """How far something is: `done` of `total` (None: nobody knows) units, which may be `bytes`; `doing` is what is done just now.

    Any thread may change it.
    """

    def __init__(self, what: str, total: float | None = None, unit: str = "") -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done, self.doing = 0.0, ""
        self._begun = time.monotonic()

    def __repr__(self) -> str:
        return f"<Progress of {self}>"

    def advance(self, count: float = 1) -> None:
        """So much more is done."""
        self.done += count

    @property
    def share(self) -> float | None:
        """What is done of the whole, from 0 to 1; None if nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None

    def __str__(self) -> str:
        parts = [f"{self._amount(self.done)} of {self._amount(self.total)}" if self.total else self._amount(self.done)]
        if self.unit and self.unit != "bytes":
            parts[0] += f" {self.unit}"
        parts = [] if not self.total and not self.done else parts
        return ", ".join([*parts, _time(time.monotonic() - self._begun)])

    def _amount(self, value: float | None) -> str:
        return human_bytes(int(value or 0)) if self.unit == "bytes" else f"{value or 0:,.0f}"


def _time(seconds: float) -> str:
    minutes, whole = divmod(int(seconds), 60)
    return f"{minutes}:{whole:02}" if minutes else f"{whole} s"


@contextmanager
def shown(wanted: bool = True) -> Iterator[None]:
    """A block, such as a command, in which people are told how far things are (or, not `wanted`, are not)."""
    before, telling["progress"] = telling["progress"], wanted
    try:
        yield
    finally:
        telling["progress"] = before


def hush() -> None:
    """Tell nothing of how far things are until the block of `shown` ends: the command was asked to be quiet."""
    telling["progress"] = False


@contextmanager
def progress(what: str, total: float | None = None, unit: str = "") -> Iterator[Progress]:
    """A block that may take long: `with progress("packing", size, "bytes") as done: … done.advance(len(piece))`."""
    global _thread
    now = Progress(what, total, unit)
    if not telling["progress"] or (_under_way and _thread != threading.get_ident()):
        yield now
        return
    if _under_way:
        now._begun = _under_way[0]._begun
    over, _thread = threading.Event(), threading.get_ident()
    teller = None if _under_way else threading.Thread(target=_tell, args=(over,), name="progress", daemon=True)
    _under_way.append(now)
    try:
        if teller is not None:
            teller.start()
        yield now
    finally:
        if teller is not None:
            over.set()
            teller.join()
        _under_way.remove(now)


def advance(count: float = 1) -> None:
    """So much more is done of the innermost thing that is under way in this thread, whoever began it."""
    if _under_way and _thread == threading.get_ident():
        _under_way[-1].advance(count)


def each(items: Iterable[T], what: str, total: float | None = None, unit: str = "") -> Iterator[T]:
    """The items, and how many of them are done."""
    with progress(what, total, unit) as now:
        for item in items:
            yield item
            now.advance()


def _tell(over: threading.Event) -> None:
    """What the teller's thread does; that nobody can be told is no fault, nor a size that no number can be."""
    begun = time.process_time()
    if over.wait(QUIET_S) or sys.stderr is None:  # closed before Python began
        return
    with suppress(OSError, ValueError, OverflowError):
        if sys.stderr.isatty():
            _draw(over)
            return
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if time.process_time() - begun >= QUIET_S / 2:
                break
            if over.wait(LOOK_S):
                return
        _write(over)


def _write(over: threading.Event) -> None:
    pause = FIRST_PAUSE_S
    while True:
        say(f"{_under_way[-1].what}: {_under_way[-1]}", error=True)
        if over.wait(pause):
            return
        pause = min(LONGEST_PAUSE_S, pause * LONGER)


class _Line:
    """The line on the terminal: drawn now and then, and wiped off before anybody else writes a line of theirs."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._lock = threading.RLock()
        self._drawn = self._others_open = False

    def draw(self, now: Progress) -> None:
        with self._lock:
            if not self._others_open:
                self._put(f"{_WIPE}{self._text(now)}")
                self._drawn = True

    def wipe(self) -> None:
        with self._lock:
            if self._drawn:
                self._put(_WIPE)
                self._drawn = False

    @contextmanager
    def away(self, text: str) -> Iterator[None]:
        """While somebody writes a text, and until they end its line, the line is not there."""
        with self._lock:
            if text:
                self.wipe()
                self._others_open = not text.endswith("\n")
            yield

    def _put(self, text: str) -> None:
        stream = sys.stderr
        inner = stream.inner if isinstance(stream, Guarded) else stream
        inner.write(text)
        inner.flush()

    def _text(self, now: Progress) -> str:
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        console, text = self._console, Text(printable(now.what), "bold").append(f"  {now}", "not bold")
        if now.share is not None and text.cell_len + _BAR + 3 < console.width:
            with console.capture() as bar:
                console.print(ProgressBar(1.0, now.share, width=_BAR), end="")
            text = Text.from_ansi(bar.get()).append("  ").append(text)
        if now.doing:
            text.append(f"  {printable(now.doing)}", "dim")
        text.truncate(max(1, console.width - 1), overflow="ellipsis")
        with console.capture() as line:
            console.print(text, end="", soft_wrap=True)
        return line.get()


def _draw(over: threading.Event) -> None:
    line = _Line()
    Guarded.about_to_write = line.away
    try:
        while True:
            line.draw(_under_way[-1])
            if over.wait(LOOK_S):
                return
    finally:
        Guarded.about_to_write = None
        line.wipe()
