"""Sources that are no brokers: a file that is followed, standard input, a program's output, a socket; all as JSON Lines."""

import contextlib
import errno
import hashlib
import logging
import os
import queue
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from gracetape.brokers.sources import MOST_OTHERS, Gap, Heard, Place, Source, log_gap, now
from gracetape.brokers.streams import LONGEST, Line, Served, stream
from gracetape.errors import BadUrl, BrokerError
from gracetape.message_lines import read_line, text_of
from gracetape.shown import target

_log = logging.getLogger(__name__)

#: Why a program cannot be started, whatever is written for it: the machine's trouble, not the user's words.
_OUR_TROUBLE = (errno.EIO, errno.ENOSPC, errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)
#: Seconds between two looks at a file that has not grown.
LOOK = 0.02
#: Seconds that a server may take to accept a connection.
_CONNECTS_S = 10.0

After = Callable[[str], int | None]
OnGap = Callable[[Gap], None]


def open_lines(
    url: str, nodes: Sequence[str], after: After | None = None, on_gap: OnGap = log_gap, *, until_end: bool = False
) -> Source | None:
    """The source of lines that a URL means, None if it means something else: `-`, a path or `file:PATH` (followed as it grows),
    `dummy:ARCHIVE` (the alerts that a served dummy writes), `exec:CMD`, `tcp:HOST:PORT`, `unix:PATH`.

    Lines are records with `node` and `payload` (what `replay --to FILE` writes) or bare payloads, which then go to the first node
    that is listened to. With `until_end` a file is not followed: it ends where it ends now. Raises BadUrl.
    """
    scheme, _, rest = url.partition(":")
    after = after or (lambda log: None)
    if url == "-":
        closed = threading.Event()
        return LineSource(nodes, _placeless(stream(sys.stdin.fileno(), closed)), closed.set)
    if until_end and (scheme == "file" or not rest or "/" in scheme):
        return _file(rest if scheme == "file" else url, nodes, after, on_gap, until_end=True)
    if scheme in LINES and rest:
        return LINES[scheme](rest, nodes, after, on_gap)
    if not rest or "/" in scheme:
        return _file(url, nodes, after, on_gap)
    return None


class LineSource(Source):
    """Messages for some nodes from an iterator of lines (with the place of each, if it has one, or a time until which all
    was heard), read in a thread of its own.

    A line that is no message is passed on as it stands, to the first node: children say what is wrong with it.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        lines: Iterable[tuple[Line, Place | None]],
        end: Callable[[], object] = lambda: None,
        *,
        keeps: bool = False,
    ) -> None:
        self.keeps = keeps
        self._nodes, self._lines, self._end = tuple(nodes), lines, end
        self._heard: queue.Queue[Heard | datetime | Exception | None] = queue.Queue(1000)
        self._given_until = now()  # by `poll`
        self.others: Counter[str] = Counter()
        self._closed = threading.Event()
        threading.Thread(target=self._read, name="lines", daemon=True).start()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._closed.is_set():
            try:
                heard = self._heard.get(
                    timeout=LOOK * 10 if end is None else max(0.0, min(LOOK * 10, end - time.monotonic()))
                )
            except queue.Empty:
                if end is not None and time.monotonic() >= end:
                    return None
                continue
            if isinstance(heard, Heard):
                return heard
            if isinstance(heard, datetime):
                self._given_until = heard
                continue
            self._closed.set()
            if heard is not None:
                raise heard
        return None

    @property
    def heard_until(self) -> datetime:
        return now() if self.keeps else self._given_until

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def close(self) -> None:
        self._closed.set()
        self._end()

    def _read(self) -> None:
        last: Exception | None = None
        try:
            for line, place in self._lines:
                if isinstance(line, datetime):
                    self._put(line)
                elif text_of(line):
                    heard = heard_line(line, self._nodes, place)
                    if heard.node in self._nodes:
                        self._put(heard)
                    elif heard.node in self.others or len(self.others) < MOST_OTHERS:
                        self.others[heard.node] += 1
                if self._closed.is_set():
                    return
        except Exception as error:
            last = BrokerError(str(error)) if isinstance(error, OSError) else error
        self._put(last)

    def _put(self, heard: Heard | datetime | Exception | None) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._heard.put(heard, timeout=LOOK * 10)
                return


def heard_line(line: bytes, nodes: Sequence[str], place: Place | None = None) -> Heard:
    """The message on a line; of a record of gracetape (`node`, `payload`, …) the payload is what was sent."""
    arrived = datetime.now(UTC)
    try:
        found = read_line(line)
    except ValueError:
        found = None
    if found is None or found.bare or found.node is None:
        return Heard(nodes[0], text_of(line), arrived, place)
    return Heard(found.node, found.text, arrived, place)


def _placeless(lines: Iterable[Line]) -> Iterator[tuple[Line, None]]:
    return ((line, None) for line in lines)


def _file(text: str, nodes: Sequence[str], after: After, on_gap: OnGap, *, until_end: bool = False) -> Source:
    closed, path = threading.Event(), Path(text).expanduser()
    return LineSource(nodes, follow(path, after, closed, until_end=until_end), closed.set, keeps=True)


def follow(
    path: Path, after: After, closed: threading.Event, *, until_end: bool = False
) -> Iterator[tuple[bytes, Place | None]]:
    """The lines of a file, old ones first, then those that are added; a file that is replaced is read from its beginning.

    A file that is not there yet is waited for, and so is the end of a line that is being written; not so `until_end`.
    """
    told = False
    while not closed.is_set():
        try:
            file = path.open("rb")
        except FileNotFoundError:
            if until_end:
                raise BrokerError(f"{target(str(path))}: there is no such file") from None
            if not told:
                _log.warning("%s is not there yet: it is waited for", target(str(path)))
            told = True
            closed.wait(LOOK)
            continue
        with file:
            log = _name(path, file, file.readline(LONGEST))
            last = after(log)
            if last is not None and last <= os.fstat(file.fileno()).st_size:
                file.seek(last)
                file.readline()  # the last one that was accepted
            else:
                file.seek(0)
            yield from _grown(file, path, log, closed, until_end)
            if until_end:
                return


def _name(path: Path, file: BinaryIO, first: bytes) -> str:
    """What a file's places are known by: its first line too, since a file may be written anew in its old place."""
    return f"file:{path.resolve()}#{os.fstat(file.fileno()).st_ino}#{hashlib.sha256(first).hexdigest()[:16]}"


def _grown(
    file: BinaryIO, path: Path, log: str, closed: threading.Event, until_end: bool
) -> Iterator[tuple[bytes, Place]]:
    rest, start, replaced = b"", file.tell(), False
    while not closed.is_set():
        rest += file.readline(LONGEST)
        if rest.endswith(b"\n") or len(rest) >= LONGEST:
            if start == 0:  # it may have been cut short when it was looked at first
                log = _name(path, file, rest)
            yield rest, Place(log, start)
            rest, start = b"", file.tell()
        elif until_end:
            if rest:
                yield rest, Place(log, start)
            return
        elif replaced or closed.wait(LOOK) or _cut_short(file):
            return
        else:
            replaced = _replaced(file, path)  # what was added to it before that is still read


def _cut_short(file: BinaryIO) -> bool:
    """Whether a file is written anew in its old place."""
    return os.fstat(file.fileno()).st_size < file.tell()


def _replaced(file: BinaryIO, path: Path) -> bool:
    """Whether another file is where a file was."""
    try:
        there = path.stat()
    except OSError:
        return False
    ours = os.fstat(file.fileno())
    return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)


def _dummy(text: str, nodes: Sequence[str], after: After, on_gap: OnGap) -> Source:
    archive = Path(text).expanduser()
    if not archive.exists():
        raise BadUrl(f"{target(f'dummy:{text}')}: there is no such archive")
    name = archive.name.removesuffix(".tape")
    scratch = archive.with_name(f"{name}.scratch.alerts.jsonl")  # there while a dummy that keeps no writes is served
    own = archive.with_name(f"{name}.alerts.jsonl") if archive.is_file() else archive / "alerts.jsonl"
    return _file(str(scratch if scratch.exists() else own), nodes, after, on_gap)


def _program(text: str, nodes: Sequence[str], after: After, on_gap: OnGap) -> Source:
    try:
        process = subprocess.Popen(shlex.split(text), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    except (OSError, ValueError, IndexError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        fault = BrokerError if getattr(error, "errno", None) in _OUR_TROUBLE else BadUrl
        raise fault(f"cannot run {target(f'exec:{text}')!r}: {why}") from None
    closed = threading.Event()

    def lines() -> Iterator[tuple[Line, None]]:
        assert process.stdout is not None
        yield from _placeless(stream(process.stdout.fileno(), closed))
        if not closed.is_set() and (code := process.wait()):
            raise BrokerError(f"{target(f'exec:{text}')} ended with exit code {code}")

    def end() -> None:
        closed.set()
        process.terminate()

    return LineSource(nodes, lines(), end)


def _tcp(text: str, nodes: Sequence[str], after: After, on_gap: OnGap) -> Source:
    host, _, port = text.strip("/").rpartition(":")
    if not host or not port.isdecimal() or len(port) > 5 or not 0 < int(port) < 65536:
        raise BadUrl(f"{target(f'tcp:{text}')} must be tcp:HOST:PORT")
    return _socket(
        nodes, f"tcp:{text}", lambda: socket.create_connection((host, int(port)), timeout=_CONNECTS_S), on_gap
    )


def _unix(text: str, nodes: Sequence[str], after: After, on_gap: OnGap) -> Source:
    def connect() -> socket.socket:
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(_CONNECTS_S)  # a server that accepts nobody lets callers wait
        wire.connect(text)
        return wire

    return _socket(nodes, f"unix:{text}", connect, on_gap)


def _socket(nodes: Sequence[str], url: str, connect: Callable[[], socket.socket], on_gap: OnGap) -> Source:
    closed = threading.Event()
    return LineSource(nodes, _placeless(Served(url, nodes, connect, closed, on_gap).lines()), closed.set)


LINES: dict[str, Callable[[str, Sequence[str], After, OnGap], Source]] = {
    "file": _file, "dummy": _dummy, "exec": _program, "tcp": _tcp, "unix": _unix,
}  # fmt: skip
