"""Where the alerts of a served dummy go: lines on standard output or in a file, or what a sink of another room makes of a URL."""

import json
import logging
import os
import re
import sys
from collections import deque
from collections.abc import Collection
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from gracetape.appending import LineFile
from gracetape.archive import Alert, Archive, UsageError
from gracetape.archive.inside import check
from gracetape.shown import target, visible

_log = logging.getLogger(__name__)

#: Other rooms give sinks as entry points of this group: functions from a URL, and the hosts that the user allows, to a sink.
ENTRY_POINTS = "gracetape.sinks"

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)


class Sink(Protocol):
    """Is called with each alert, in order."""

    def __call__(self, alert: Alert) -> None: ...

    def close(self) -> str | None:
        """Finish; one sentence if something went wrong on the way, else None."""


class _Lines:
    """Alerts as JSON Lines, one per message and node."""

    def __init__(self) -> None:
        self._first: Alert | None = None

    def text(self, alert: Alert) -> bytes:
        self._first = self._first or alert
        offset_s, payload = (alert.created - self._first.created).total_seconds(), json.dumps(alert.payload())
        return "".join(f"{alert.envelope(node, offset_s).line(payload)}\n" for node in alert.nodes).encode()


class StandardOutput(_Lines):
    """Writes alerts on standard output, each at once and in one piece."""

    def __call__(self, alert: Alert) -> None:
        text = self.text(alert)
        rest = memoryview(visible(text.decode(), keep="\n").encode() if sys.stdout.isatty() else text)
        while rest:
            rest = rest[os.write(sys.stdout.fileno(), rest) :]

    def close(self) -> str | None:
        return None


class File(_Lines):
    """Adds alerts to a file. Where that cannot be written (a full disk), alerts wait, in order, until it can; that is told of."""

    def __init__(self, path: Path, *, strange: bool = False) -> None:
        super().__init__()
        self._path, self._file = path, LineFile(path, strange=strange)
        self._waiting: deque[bytes] = deque()

    def __call__(self, alert: Alert) -> None:
        told = bool(self._waiting)
        self._waiting.append(self.text(alert))
        error = self._write()
        if error is not None and not told:
            _log.error("%s cannot be written (%s): alerts wait until it can", self._path, error.strerror)

    def _write(self) -> OSError | None:
        try:
            while self._waiting:
                self._file.append(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            return error
        return None

    def close(self) -> str | None:
        error = self._write()
        self._file.close()
        if error is None:
            return None
        return (
            f"{len(self._waiting)} alerts were not written to {self._path} ({error.strerror}): "
            "what they tell of is kept, and `replay` makes them again"
        )


def open_alerts(url: str | None, archive: Archive, really: Collection[str] = ()) -> Sink:
    """The sink that `-`, a path, `file:PATH` or the URL of another target means (None: a file of the archive's own).

    `really`: hosts other than this machine to which the user lets alerts go.
    UsageError or ArchiveError if there is none; OSError if a file cannot be written.
    """
    if url == "-":
        return StandardOutput()
    found = _SCHEME.fullmatch(url or "")
    if url is None or found is None:
        return File(Path(url)) if url else File(_own_file(archive), strange=True)
    if found["scheme"].lower() == "file":
        return File(Path(found["rest"]))
    for entry in entry_points(group=ENTRY_POINTS):
        sink: Sink = entry.load()(url, really)
        return sink
    raise UsageError(f"alerts cannot be sent to {target(url)}: gracetape's replay is not installed here")


def _own_file(archive: Archive) -> Path:
    """The file beside the contents, or beside the packed file; ArchiveError where a stranger put something else there."""
    if archive.packed:
        return archive.path.with_name(archive.path.name.removesuffix(".tape") + ".alerts.jsonl")
    check(archive.path / "alerts.jsonl")
    return archive.path / "alerts.jsonl"
