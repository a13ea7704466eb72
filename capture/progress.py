"""Shows how a capture goes: bars on a terminal, plain lines elsewhere, or nothing."""

import sys
from typing import TYPE_CHECKING, Protocol

from gracetape.shown import human_bytes, say

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
    known = result.files - result.fetched - len(result.absent) - result.unasked
    kept = f", {known} known" if known > 0 else ""
    kept += f", {result.unasked} not asked for" if result.unasked else ""
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


class News(Lines):
    """A line on stderr for each object that has changed."""

    def end(self, result: "CaptureResult") -> None:
        if result.new:
            super().end(result)

    def missed(self, graceid: str, why: str) -> None:
        """Who captures again and again tells of it, once."""


def progress_for(quiet: bool, *, following: bool = False) -> Progress:
    """How to show progress on this terminal, or where there is none."""
    if quiet:
        return Silent()
    if following:
        return News()
    if not sys.stderr.isatty():
        return Lines()
    from gracetape.capture.bars import Terminal  # what draws takes a while to load

    return Terminal()
