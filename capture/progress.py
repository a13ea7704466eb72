"""Shows how a capture goes: bars on a terminal, plain lines elsewhere, or nothing."""

import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress as Bars,
    TextColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from gracetape.shown import printable
from gracetape.terminal import human_bytes, say

if TYPE_CHECKING:
    from gracetape.capture.pull import CaptureResult


class Progress(Protocol):
    """Told of each step of a capture; `arrived` from several threads."""

    def begin(self, graceid: str) -> None: ...
    def files(self, count: int) -> None: ...
    def arrived(self, size: int) -> None: ...
    def file(self, name: str) -> None: ...
    def end(self, result: "CaptureResult") -> None: ...
    def close(self) -> None: ...


class Silent:
    """Shows nothing."""

    def begin(self, graceid: str) -> None:
        pass

    def files(self, count: int) -> None:
        pass

    def arrived(self, size: int) -> None:
        pass

    def file(self, name: str) -> None:
        pass

    def end(self, result: "CaptureResult") -> None:
        pass

    def close(self) -> None:
        pass


def told(result: "CaptureResult") -> str:
    """What came of an object, in a line."""
    version = result.capture.ref if result.new else f"{result.capture.ref} unchanged"
    kept = f", {result.files - result.fetched - len(result.absent)} known" if result.fetched < result.files else ""
    absent = f", {len(result.absent)} absent" if result.absent else ""
    fetched = f"{result.fetched} files fetched ({human_bytes(result.bytes)}){kept}{absent}"
    return f"{version}: {result.logs} log entries, {fetched}"


def absences(result: "CaptureResult") -> list[str]:
    """What did not come, a line for each cause."""
    causes: dict[str, list[str]] = {}
    for reason in result.absent:
        name, _, cause = reason.partition(": ")
        causes.setdefault(cause, []).append(name.partition(" of ")[0])
    return [
        f"  absent: {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {cause}"
        for cause, names in causes.items()
    ]


class Lines(Silent):
    """A line per object on stderr."""

    def end(self, result: "CaptureResult") -> None:
        say(told(result), *absences(result), error=True)


class Terminal(Silent):
    """A bar per object, with files and bytes."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
        self.bars = Bars(*columns, console=Console(stderr=True))
        self.bytes = Bars(TextColumn("{task.description:12}"), DownloadColumn(), TransferSpeedColumn())
        self.bars.start()
        self._lock = threading.Lock()
        self._task: Any = None
        self._size = 0

    def begin(self, graceid: str) -> None:
        self._task = self.bars.add_task(escape(printable(graceid)), total=None)
        self._name, self._size = graceid, 0

    def files(self, count: int) -> None:
        self.bars.update(self._task, total=count)

    def arrived(self, size: int) -> None:
        with self._lock:
            self._size += size
            self.bars.update(
                self._task, description=f"{escape(printable(self._name))} {human_bytes(max(self._size, 0))}"
            )

    def file(self, name: str) -> None:
        self.bars.advance(self._task)

    def end(self, result: "CaptureResult") -> None:
        self.bars.remove_task(self._task)
        for line in (told(result), *absences(result)):
            self.bars.console.print(Text(printable(line)))

    def close(self) -> None:
        self.bars.stop()


def progress_for(quiet: bool) -> Progress:
    """How to show progress on this terminal, or where there is none."""
    if quiet:
        return Silent()
    return Terminal() if sys.stderr.isatty() else Lines()
