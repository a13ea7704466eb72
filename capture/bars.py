"""Shows on a terminal how a capture goes: bars, and a line for each object that is here."""

import threading
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, TextColumn, TimeRemainingColumn
from rich.text import Text

from gracetape.capture.progress import Silent, absences, told
from gracetape.shown import human_bytes, printable

if TYPE_CHECKING:
    from gracetape.capture.pull import CaptureResult


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
