"""Several processes that answer for one dummy, so that reads are answered on several cores at once.

Whoever starts them listens on the port, and they take connections from the same socket. It keeps the place where alerts go: a worker
sends it the alerts of a write before it lets go of the turn in which it wrote (`alert_queue`), so they come in the order of the writes.
"""

import contextlib
import logging
import multiprocessing
import pickle
import queue
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Self

from gracetape.archive import Alert, Archive
from gracetape.archive.scratch import ScratchView
from gracetape.dummy.alert_queue import hand_out
from gracetape.dummy.answering import app_of
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.server import Server, address_of, url_of
from gracetape.errors import ArchiveError, GracetapeError, UsageError
from gracetape.leaving import LEAVES_S
from gracetape.switching import SERVING_S, switching
from gracetape.terminal import say

_log = logging.getLogger(__name__)
_SPAWN = multiprocessing.get_context("spawn")
#: How many alerts wait for a slow target before writes wait, too; seconds in which a worker starts, and stops.
_WAITING, _START_S, _STOP_S = 10_000, 60.0, 15.0
#: A worker that ended is started once more, but no sooner than this (seconds) after its last start.
_TOO_SOON_S = 5.0
_BACKLOG = 1024


@dataclass(frozen=True)
class Job:
    """What each worker does: what was asked of the dummy, over which tape or which scratch over it, and where it answers."""

    options: DummyOptions
    tape: Path
    scratch: Path | None
    read_only: bool
    host: str
    allowed_hosts: tuple[str, ...]
    seen: Callable[[Any], Any]

    @classmethod
    def over(
        cls, tape: Archive, options: DummyOptions, host: str, allowed_hosts: tuple[str, ...], seen: Callable[[Any], Any]
    ) -> "Job":
        """The one over an archive that is open here. UsageError for what one process alone can do."""
        if options.throttle or options.rate:
            raise UsageError("--throttle counts what one process is asked: leave it out, or --workers")
        scratch = tape.place if isinstance(tape, ScratchView) else None
        return cls(options, tape.path.absolute(), scratch, tape.read_only, host, allowed_hosts, seen)

    def opened(self) -> Archive:
        if self.scratch is not None:
            return ScratchView(Archive.open(self.tape), owned=True, shared=self.scratch)
        return Archive.open(self.tape, read_only=self.read_only)


class Workers:
    """The processes of one dummy, as a `Server` from outside. `on_alert` is called with each alert of theirs, one at a time."""

    def __init__(self, job: Job, count: int, port: int, on_alert: Callable[[Alert], None] | None = None) -> None:
        self._job, self._on_alert = job, on_alert
        self._listening = _listening(job.host, port)
        self.port = int(self._listening.getsockname()[1])
        self.url = url_of(job.host, self.port)
        self._stopping, self._starting = threading.Event(), threading.Lock()
        self._alerts: queue.Queue[Alert | None] = queue.Queue(_WAITING)
        self._sender = threading.Thread(target=self._send, name="alerts of workers", daemon=True)
        self._workers = [_Worker(number, self) for number in range(count)]

    def start(self) -> Self:
        self._sender.start()
        try:
            for worker in self._workers:
                worker.start(self._job, self._listening)
            for worker in self._workers:
                worker.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def pids(self) -> list[int]:
        """The processes that answer."""
        return [pid for worker in self._workers if (pid := worker.pid) is not None]

    def stop(self) -> None:
        """Let the requests that are being answered end, and the alerts of their writes get out."""
        with self._starting:
            if self._stopping.is_set():
                return
            self._stopping.set()
        for worker in self._workers:
            worker.tell_to_stop()
        for worker in self._workers:
            worker.wait_until_gone()
        self._listening.close()
        with contextlib.suppress(queue.Full):
            self._alerts.put(None, timeout=LEAVES_S)
        self._sender.join(LEAVES_S)
        if self._sender.is_alive():
            _log.error("%d alerts are not sent: whoever takes them did not come to an end", self._alerts.qsize())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def take(self, alert: Alert) -> None:
        """An alert of a worker, which holds the turn meanwhile."""
        self._alerts.put(alert)

    def gone(self, worker: "_Worker") -> None:
        """A worker ended by itself: it is started once more, and what it was asked just then gets no answer."""
        if self._stopping.is_set():
            return
        say(f"gracetape: a process of the dummy {worker.end}", error=True)
        self._stopping.wait(_TOO_SOON_S - worker.lived_s)
        with self._starting:
            if not self._stopping.is_set():
                with contextlib.suppress(OSError):  # no more processes can be started: the others go on
                    worker.start(self._job, self._listening)

    def _send(self) -> None:
        while (alert := self._alerts.get()) is not None:
            if self._on_alert is not None:
                hand_out(self._on_alert, alert)


class _Worker:
    """One of the processes, seen from whoever started it."""

    def __init__(self, number: int, all_of_them: Workers) -> None:
        self._number, self._all = number, all_of_them
        self._started, self._answered = 0.0, False

    def start(self, job: Job, listening: socket.socket) -> None:
        self._ready, self._trouble = threading.Event(), ""
        own = replace(job, options=replace(job.options, seed=job.options.seed + self._number))
        self._alerts, theirs = _SPAWN.Pipe()
        self._stop, stopped = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(own, listening, theirs, stopped), daemon=True)
        self._process.start()
        self._started = time.monotonic()
        theirs.close()
        stopped.close()
        threading.Thread(target=self._listen, name="a worker's alerts", daemon=True).start()

    @property
    def lived_s(self) -> float:
        return time.monotonic() - self._started

    @property
    def pid(self) -> int | None:
        """None if it does not run, or does not answer yet."""
        return self._process.pid if self._ready.is_set() and self._process.is_alive() else None

    @property
    def end(self) -> str:
        """How it ended."""
        return f"could not start: {self._trouble}" if self._trouble else f"ended by itself (code {self._code})"

    @property
    def _code(self) -> int | None:
        return self._process.exitcode

    def wait_until_ready(self) -> None:
        """ArchiveError if it does not come up."""
        if not self._ready.wait(_START_S):
            self._trouble = "it did not come up"
        if self._trouble:
            raise ArchiveError(f"a process of the dummy could not start: {self._trouble}")

    def tell_to_stop(self) -> None:
        if self._started:
            self._stop.close()

    def wait_until_gone(self) -> None:
        if self._started:
            self._process.join(_STOP_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(_STOP_S)

    def _listen(self) -> None:
        """First it says that it answers, or what is wrong; then it sends alerts, each of which is acknowledged."""
        was_ready = False
        try:
            self._trouble = self._alerts.recv()
            was_ready = not self._trouble
            self._answered |= was_ready
            self._ready.set()
            while True:
                self._all.take(pickle.loads(self._alerts.recv_bytes()))  # from a process of our own
                self._alerts.send_bytes(b"")
        except (EOFError, OSError):
            self._process.join(_STOP_S)
        if not was_ready and not self._ready.is_set():
            self._trouble = f"it ended with code {self._code}"
            self._ready.set()
        if self._answered:  # else it could not even come up, which whoever started it is told
            self._all.gone(self)


class _Sent:
    """Hands alerts to whoever started this process, and returns when they are there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, alert: Alert) -> None:
        try:
            self._connection.send_bytes(pickle.dumps(alert))
            self._connection.recv_bytes()
        except (EOFError, OSError):
            raise ArchiveError("whoever sends alerts for this process has gone") from None


def _work(job: Job, listening: socket.socket, alerts: Connection, stop: Connection) -> None:
    """What a worker does, until its `stop` is closed, be it because whoever started it was killed."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal's Ctrl-C reaches all; whoever started this tells it to stop
    try:
        with switching(SERVING_S), job.opened() as tape:
            app = app_of(tape, job.options, None if tape.read_only else _Sent(alerts))
            with Server(job.seen(app), job.host, 0, allowed_hosts=job.allowed_hosts, listening=listening):
                alerts.send("")
                wait([stop])
    # OSError also if whoever started this was killed meanwhile.
    except (GracetapeError, sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            alerts.send(str(error))


def _listening(host: str, port: int) -> socket.socket:
    """A socket bound to a port of a loopback address."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(address_of(host), port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, number)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        raise ArchiveError(f"cannot listen on {host}:{port}: {error}") from None
    return found
