"""Where the alerts of a served dummy go: lines on standard output or in a file, or what a sink of another room makes of a URL."""

import os
import re
import sys
from collections.abc import Collection
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from gracetape.archive import Alert, Archive, UsageError
from gracetape.archive.encode import encode

#: Other rooms give sinks as entry points of this group: functions from a URL, and the hosts that the user allows, to a sink.
ENTRY_POINTS = "gracetape.sinks"

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)


class Sink(Protocol):
    """Is called with each alert, in order."""

    def __call__(self, alert: Alert) -> None: ...

    def close(self) -> str | None:
        """Finish; one sentence if something went wrong on the way, else None."""


class Lines:
    """Writes alerts as JSON Lines, one per message and node, each at once and in one piece; a file is added to."""

    def __init__(self, path: Path | None = None) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._to = sys.stdout.fileno() if path is None else os.open(path, flags, 0o666)
        self._owned = path is not None
        self._first: Alert | None = None

    def __call__(self, alert: Alert) -> None:
        self._first = self._first or alert
        rest = memoryview("".join(encode(line) + "\n" for line in alert.lines(self._first.created)).encode())
        while rest:
            rest = rest[os.write(self._to, rest) :]

    def close(self) -> str | None:
        if self._owned:
            os.close(self._to)
        return None


def open_alerts(url: str | None, archive: Archive, really: Collection[str] = ()) -> Sink:
    """The sink that `-`, a path, `file:PATH` or the URL of another target means (None: a file of the archive's own).

    `really`: hosts other than this machine to which the user lets alerts go.
    UsageError or ArchiveError if there is none; OSError if a file cannot be written.
    """
    if url == "-":
        return Lines()
    found = _SCHEME.fullmatch(url or "")
    if url is None or found is None:
        return Lines(Path(url) if url else _own_file(archive))
    if found["scheme"].lower() == "file":
        return Lines(Path(found["rest"]))
    for entry in entry_points(group=ENTRY_POINTS):
        sink: Sink = entry.load()(url, really)
        return sink
    raise UsageError(f"alerts cannot be sent to {url}: gracetape's replay is not installed here")


def _own_file(archive: Archive) -> Path:
    if archive.packed:
        return archive.path.with_name(archive.path.name.removesuffix(".tape") + ".alerts.jsonl")
    return archive.path / "alerts.jsonl"
