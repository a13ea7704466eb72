"""Where the alerts of a served dummy go: lines on standard output or in a file, or what a sink of another room makes of a URL."""

import base64
import json
import logging
import os
import re
import sys
from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gracetape.appending import LineFile
from gracetape.archive import Alert, Archive, UsageError
from gracetape.archive.alerts.lines import line_of
from gracetape.archive.inside import check
from gracetape.archive.modes import mode_of
from gracetape.archive.scratch import ScratchView
from gracetape.lazy import entry_points
from gracetape.leaving import finish
from gracetape.live_pages import Teller
from gracetape.message_lines import holds_messages
from gracetape.notices import check_avro
from gracetape.shown import target, visible
from gracetape.topics import with_public_topics, with_topics

if TYPE_CHECKING:
    from gracetape.dummy.public_alerts import PublicAlerts

_log = logging.getLogger(__name__)

#: Other rooms give sinks as entry points of this group: functions from a URL, and the hosts that the user allows, to a sink.
ENTRY_POINTS = "gracetape.sinks"

#: Bytes of alerts that wait for a file that cannot be written.
LARGEST_WAITING = 64 << 20

_KEPT = "what they tell of is kept, and `replay` makes them again"
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
        offset_s, said = (alert.created - self._first.created).total_seconds(), alert.payload()
        payload = json.dumps(base64.b64encode(said).decode("ascii") if isinstance(said, bytes) else said)
        return "".join(f"{alert.envelope(node, offset_s).line(payload)}\n" for node in alert.nodes).encode()


class StandardOutput(_Lines):
    """Writes alerts on standard output, each at once and in one piece. Once its reader (head, less) has gone, which is no fault,
    it writes no more: `reader_gone` tells those who do nothing else.
    """

    reader_gone = False

    def __call__(self, alert: Alert) -> None:
        if self.reader_gone:
            return
        text = self.text(alert)
        rest = memoryview(visible(text.decode(), keep="\n").encode() if sys.stdout.isatty() else text)
        try:
            while rest:
                rest = rest[os.write(sys.stdout.fileno(), rest) :]
        except BrokenPipeError:
            self.reader_gone = True
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # what Python flushes at its end cannot be written either

    def close(self) -> str | None:
        return None


class File(_Lines):
    """Adds alerts to a file. Where that cannot be written (a full disk), alerts wait, in order, until it can; that is told of.

    They wait in memory, up to LARGEST_WAITING: those beyond it, as those of a process that is killed, are not in the file.
    A `passing` file is removed at the end.
    """

    def __init__(self, path: Path, *, strange: bool = False, mode: int = 0o666, passing: bool = False) -> None:
        super().__init__()
        self._path, self._file = path, LineFile(path, strange=strange, mode=mode)
        self._passing = passing
        self._waiting: deque[bytes] = deque()
        self._size = self._left_out = 0

    def __call__(self, alert: Alert) -> None:
        told = bool(self._waiting)
        self._waiting.append(self.text(alert))
        self._size += len(self._waiting[-1])
        error = self._write()
        if error is None:
            return
        if not told:
            _log.error("%s cannot be written (%s): alerts wait until it can", self._path, error.strerror)
        if self._size > LARGEST_WAITING and len(self._waiting) > 1:
            self._size -= len(self._waiting.pop())
            self._left_out += 1
            if self._left_out == 1:
                _log.error("%s cannot be written, and too many alerts wait: further ones are left out", self._path)

    def _write(self) -> OSError | None:
        try:
            while self._waiting:
                self._file.append(self._waiting[0])
                self._size -= len(self._waiting.popleft())
        except OSError as error:
            return error
        return None

    def close(self) -> str | None:
        error = self._write()
        self._file.close()
        if self._passing:
            self._path.unlink(missing_ok=True)
            return None
        missing = len(self._waiting) + self._left_out
        why = f" ({error.strerror})" if error is not None else ""
        return f"{_alerts(missing)} not written to {self._path}{why}: {_KEPT}" if missing else None


class Counted:
    """A sink that tells at the end how many alerts it could not take."""

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink, self._name = sink, name
        self._failed = 0

    def __call__(self, alert: Alert) -> None:
        try:
            self._sink(alert)
        except Exception:
            self._failed += 1
            raise

    @property
    def reader_gone(self) -> bool:
        """Whether whoever read the alerts has gone, so that no more are wanted."""
        return bool(getattr(self._sink, "reader_gone", False))

    def close(self) -> str | None:
        return self._told(self._sink.close())

    def stop(self) -> str | None:
        """As `close`, but soon where the sink knows how: what it has not got out within some seconds is given up."""
        return self._told(finish(self._sink, soon=True))

    def _told(self, said: str | None) -> str | None:
        if not self._failed:
            return said
        own = f"{_alerts(self._failed)} not sent to {self._name}: {_KEPT}"
        return f"{own}; {said}" if said else own


class Telling:
    """Tells a page of alerts."""

    def __init__(self, tell: Teller) -> None:
        self._tell = tell
        self._first: Alert | None = None

    def __call__(self, alert: Alert) -> None:
        self._first = self._first or alert
        offset_s = (alert.created - self._first.created).total_seconds()
        self._tell(line_of(alert, offset_s, alert.nodes), alert.payload)


class Told:
    """A sink whose alerts a page is told of, too."""

    def __init__(self, sink: Counted, tell: Teller) -> None:
        self._sink, self._telling = sink, Telling(tell)

    def __call__(self, alert: Alert) -> None:
        self._telling(alert)
        self._sink(alert)

    def close(self) -> str | None:
        return self._sink.close()

    def stop(self) -> str | None:
        return self._sink.stop()


def _alerts(number: int) -> str:
    return "1 alert was" if number == 1 else f"{number} alerts were"


def check_public(url: str | None, format: str | None) -> None:
    """UsageError for a form in which the public is told nothing, or one without a place where it is told."""
    if format is None:
        return
    from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS

    if url is None:
        raise UsageError("--public-format says how the public is told: name where, with --public-alerts TARGET")
    if format not in PUBLIC_FORMATS:
        raise UsageError(f"--public-format {format}: use {', '.join(PUBLIC_FORMATS)}")
    if format == "gwalert-avro":
        check_avro()


def open_public(
    url: str, archive: Archive, format: str | None, really: Collection[str] = ()
) -> tuple["PublicAlerts", Counted]:
    """What is called with each alert of a dummy for the public to be told, and the sink that it sends to, as of `open_alerts`."""
    from gracetape.dummy.public_alerts import PublicAlerts  # most dummies tell the public nothing

    sink = open_alerts(with_public_topics(url), archive, really)
    try:
        return PublicAlerts(archive, sink, format or "gwalert"), sink
    except UsageError:
        sink.close()
        raise


def open_alerts(url: str | None, archive: Archive, really: Collection[str] = (), topics: str | None = None) -> Counted:
    """The sink that `-`, a path, `file:PATH` or the URL of another target means (None: a file of the archive's own).

    Its `close` tells how many alerts did not get out. `really`: hosts other than this machine to which the user lets alerts go;
    `topics`: those that are made beforehand on a Kafka broker.
    UsageError or ArchiveError if there is none; OSError if a file cannot be written.
    """
    for asked in with_topics([url] if url is not None else [], topics):
        url = asked
    return Counted(_open(url, archive, really), target(url) if url else "the archive's file of alerts")


def _open(url: str | None, archive: Archive, really: Collection[str]) -> Sink:
    if url == "-":
        return StandardOutput()
    found = _SCHEME.fullmatch(url or "")
    if url is None or found is None:
        return _named(url) if url else _own(archive)
    if found["scheme"].lower() == "file":
        return _named(found["rest"])
    for entry in entry_points(group=ENTRY_POINTS):
        sink: Sink = entry.load()(url, really)
        return sink
    raise UsageError(f"alerts cannot be sent to {target(url)}: gracetape's replay is not installed here")


def _own(archive: Archive) -> Sink:
    """The archive's own file. That of a scratch goes with it; it lies beside the tape, where listeners look for it, if it can."""
    if not isinstance(archive, ScratchView):
        return File(_own_file(archive), strange=True, mode=mode_of(archive.place) & 0o666)
    tape = archive.path.absolute()
    beside = tape.with_name(tape.name.removesuffix(".tape") + ".scratch.alerts.jsonl")
    path = beside if os.access(beside.parent, os.W_OK) else _own_file(archive)
    return File(path, strange=True, mode=mode_of(archive.place) & 0o666, passing=True)


def _named(path: str) -> File:
    """A file that the user named; UsageError if it is one of something else than messages."""
    holds_messages(Path(path))
    return File(Path(path))


def _own_file(archive: Archive) -> Path:
    """The file beside the contents, or beside the packed file; ArchiveError where a stranger put something else there."""
    if archive.packed:
        return archive.path.with_name(archive.path.name.removesuffix(".tape") + ".alerts.jsonl")
    check(archive.place / "alerts.jsonl")
    return archive.place / "alerts.jsonl"
