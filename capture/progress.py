"""Shows how a capture goes: bars on a terminal, plain lines elsewhere, or nothing."""

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress as Bars,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from gracetape.shown import printable
from gracetape.terminal import human_bytes, say

if TYPE_CHECKING:
    from gracetape.capture.pull import CaptureResult


class Progress(Protocol):
    """Told of each step of a capture, in one thread; `arrived` from several."""

    def more(self, objects: int | None) -> None:
        """So many more objects will come than was known; None: nobody can tell how many."""

    def begin(self, graceid: str) -> None: ...
    def files(self, graceid: str, count: int) -> None: ...
    def arrived(self, size: int) -> None: ...
    def file(self, name: str) -> None: ...
    def end(self, result: "CaptureResult") -> None: ...
    def missed(self, graceid: str, why: str) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Shows nothing."""

    def more(self, objects: int | None) -> None:
        pass

    def begin(self, graceid: str) -> None:
        pass

    def files(self, graceid: str, count: int) -> None:
        pass

    def arrived(self, size: int) -> None:
        pass

    def file(self, name: str) -> None:
        pass

    def end(self, result: "CaptureResult") -> None:
        pass

    def missed(self, graceid: str, why: str) -> None:
        pass

    def close(self) -> None:
        pass


def told(result: "CaptureResult") -> str:
    """What came of an object, in a line."""
    version = result.capture.ref if result.new else f"{result.capture.ref} unchanged"
    kept = f", {result.files - result.fetched - len(result.absent)} known" if result.fetched < result.files else ""
    absent = f", {len(result.absent)} absent" if result.absent else ""
    fetched = f"{result.fetched} files fetched ({human_bytes(result.bytes)}){kept}{absent}"
    torn = f"; torn: {result.torn}" if result.torn else ""
    return f"{version}: {result.logs} log entries, {fetched}{torn}"


def absences(result: "CaptureResult") -> list[str]:
    """What did not come, a line for each cause, and what comes no longer."""
    causes: dict[str, list[str]] = {}
    for reason in result.absent:
        name, _, cause = reason.partition(": ")
        causes.setdefault(cause, []).append(name.partition(" of ")[0])
    return [
        f"  absent: {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {cause}"
        for cause, names in causes.items()
    ] + [f"  {sentence}" for sentence in result.withheld]


class Lines(Silent):
    """A line per object on stderr."""

    def end(self, result: "CaptureResult") -> None:
        say(told(result), *absences(result), error=True)

    def missed(self, graceid: str, why: str) -> None:
        say(f"not captured: {why}", error=True)


class Terminal(Silent):
    """A bar of objects, with how many of them there are and when they will be here, and what arrives."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        self.bars = Bars(*columns, console=Console(stderr=True))
        self.bars.start()
        self._lock = threading.Lock()
        self._objects: Any = self.bars.add_task("objects", total=None, unit="")
        self._files: Any = self.bars.add_task("files", total=None, unit="")
        self._count, self._wanted, self._size, self._begun = 0, 0, 0, time.monotonic()
        self._known = True

    def more(self, objects: int | None) -> None:
        self._known, self._count = self._known and objects is not None, self._count + (objects or 0)
        self.bars.update(self._objects, total=self._count if self._known else None)

    def files(self, graceid: str, count: int) -> None:
        self._wanted += count
        self.bars.update(self._files, total=self._wanted)

    def arrived(self, size: int) -> None:
        with self._lock:
            self._size += size
            rate = max(self._size, 0) / max(time.monotonic() - self._begun, 0.1)
            self.bars.update(self._files, unit=f"{human_bytes(max(self._size, 0))}, {human_bytes(int(rate))}/s")

    def file(self, name: str) -> None:
        self.bars.advance(self._files)

    def end(self, result: "CaptureResult") -> None:
        self.bars.advance(self._objects)
        for line in (told(result), *absences(result)):
            self.bars.console.print(Text(printable(line)))

    def missed(self, graceid: str, why: str) -> None:
        self.bars.advance(self._objects)
        self.bars.console.print(Text(printable(f"not captured: {why}")))

    def close(self) -> None:
        self.bars.stop()


class News(Lines):
    """A line on stderr for each object that has changed."""

    def end(self, result: "CaptureResult") -> None:
        if result.new:
            super().end(result)


def progress_for(quiet: bool, *, following: bool = False) -> Progress:
    """How to show progress on this terminal, or where there is none."""
    if quiet:
        return Silent()
    if following:
        return News()
    return Terminal() if sys.stderr.isatty() else Lines()
