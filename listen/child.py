"""A child process: wakes when a message comes or a task is due, in the order in which these happened, until its parent has gone."""

import contextlib
import fcntl
import gc
import json
import pickle
import select
import signal
import socket
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gracetape.listen.accepted import AcceptedReader, Message
from gracetape.listen.configuration import Child
from gracetape.listen.journal import Journal
from gracetape.listen.length_warnings import LengthWarnings
from gracetape.listen.logs import AlertLog, open_log
from gracetape.listen.mail import Mailer
from gracetape.listen.plugins import find_plugin
from gracetape.listen.worker import Worker
from gracetape.shown import say

#: What the parent says on the socket: there are messages; drain and stop.
WAKE, STOP = b"w", b"s"

#: Seconds between two reports to the parent; the longest that something done stays uncommitted; a retry on a full disk.
REPORT, UNCOMMITTED, RETRY = 0.5, 0.01, 1.0


@dataclass(frozen=True)
class Brief:
    """What a parent tells a child at its start."""

    child: Child
    accepted: Path
    journal: Path
    durable: bool
    commands: bool
    smtp: str
    sender: str | None


@dataclass
class Report:
    """How a child does: counts since its start, and what waits. `settled`: messages up to this number are needed no more."""

    alerts: int = 0
    tasks: int = 0
    errors: int = 0
    queue: int = 0
    behind: int = 0
    settled: int = 0
    heard: int = 0
    next_deadline: float | None = None
    states: dict[str, Mapping[str, str]] | None = None


class ChildLoop:
    """The loop of one child process."""

    def __init__(self, brief: Brief, wire: socket.socket, log: AlertLog) -> None:
        child = brief.child
        self.brief, self.log, self.wire = brief, log, wire
        self.mailer = Mailer(brief.smtp, brief.sender, log)
        self.journal = Journal(brief.journal, 0, child.max_complete, child.max_frac)
        self.reader = AcceptedReader(brief.accepted)
        plugin = find_plugin(child.process_type, child.file.parent.resolve())
        self.worker = Worker(child, plugin, self.journal, log, self.mailer, obeys=brief.commands)
        self.warnings = LengthWarnings(child, log, self.mailer)
        self.stopping = False
        self._buffer: deque[Message] = deque()
        self._settled = self.journal.fold()
        self._folded = self._reported = time.monotonic()

    def run(self) -> None:
        """Work until the parent says stop (then what was accepted is heard and what is due is done), or has gone."""
        self._report()
        while True:
            busy = self._burst()
            self._commit()
            now = time.monotonic()
            if not busy and self.stopping:
                break
            self.warnings.look(len(self.worker.queue))
            if now - self._folded > self.brief.child.checkpoint_every:
                self._fold()
            if now - self._reported > REPORT:
                self._report()
            if not self._listen(0.0 if busy else self._idle()):
                self.log.warning("the parent has gone: stopping")
                break
        self._close()

    def _burst(self) -> bool:
        """Steps for a moment; False if there was nothing left to do."""
        end = time.monotonic() + UNCOMMITTED
        while self._step():
            if time.monotonic() > end:
                return True
        return False

    def _step(self) -> bool:
        """One message or one task, whichever came first; False if there is neither."""
        now = time.time()  # all that came by then is seen now, however long we stand still between two of these lines
        if not self._buffer:
            self._buffer.extend(self.reader.after(self.worker.heard))
        deadline = self.worker.queue.next_deadline
        if deadline <= now and not (self._buffer and self._buffer[0].arrived <= deadline):
            self.worker.perform()
        elif self._buffer:
            self.worker.hear(self._buffer.popleft())
        else:
            return False
        return True

    def _idle(self) -> float:
        """Seconds to sleep: until the next deadline, at most `sleep`."""
        return max(0.0, min(self.brief.child.sleep, self.worker.queue.next_deadline - time.time()))

    def _listen(self, wait: float) -> bool:
        """Sleep until something is said or the time is up; False if nobody is there any more."""
        if select.select([self.wire], [], [], wait)[0]:
            try:
                said = self.wire.recv(4096)
            except ConnectionResetError:  # whoever was killed had not read all that was reported
                said = b""
            self.stopping = self.stopping or STOP in said
            return said != b""
        return True

    def _commit(self) -> None:
        """Keep what was done. On a full disk nothing further is done until that is possible."""
        complained = False
        while self.worker.changed:
            try:
                self.worker.commit()
            except sqlite3.Error as error:
                if not complained:
                    self.log.error(
                        "cannot write %s: %s; nothing is done until that is possible", self.brief.journal, error
                    )
                    say(
                        f"gracetape: {self.brief.child.name}: cannot write {self.brief.journal}: {error}",
                        error=True,
                    )
                complained = True
                if not self._listen(RETRY) or self.stopping:
                    break
        if complained and not self.worker.changed:
            self.log.warning("%s can be written again", self.brief.journal)
        self.log.file.flush()

    def _fold(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._settled = self.journal.fold()
        self._folded = time.monotonic()

    def _report(self) -> None:
        worker = self.worker
        report = Report(
            worker.alerts,
            worker.tasks,
            worker.errors,
            len(worker.queue),
            len(self._buffer),
            self._settled,
            self.journal.heard,
            worker.queue.next_deadline if worker.queue else None,
            worker.states(),
        )
        with contextlib.suppress(OSError):
            self.wire.sendall(json.dumps(asdict(report)).encode() + b"\n")
        self._reported = time.monotonic()

    def _close(self) -> None:
        waiting = len(self.worker.queue)
        self._fold()
        self._report()
        self.mailer.close()
        if waiting and self.brief.durable:
            self.log.info("stopped; %d items wait in %s", waiting, self.brief.journal)
        elif waiting:
            self.log.warning("stopped; %d waiting items are dropped, for there is no checkpoint", waiting)
        else:
            self.log.info("stopped; nothing waits")
        self.log.file.flush()
        self.journal.close()
        self.reader.close()


def lock(path: Path, wait: bool) -> Any:
    """Hold a lock file until the returned file is closed or the process has gone; BlockingIOError if it is held (no `wait`)."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        file.close()
        raise
    return file


def collect_seldom() -> None:
    """Let Python look for cycles of objects more rarely: messages are many small objects without any."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """Run the child whose brief comes on standard input; its end of the socket is the file descriptor in the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says what follows from it
    brief: Brief = pickle.load(sys.stdin.buffer)
    wire = socket.socket(fileno=int(sys.argv[1]))
    log = open_log(brief.child.log_file, brief.child.log_level, brief.child.print_to_stdout)
    log.file.keep_flushing()
    collect_seldom()
    with lock(brief.journal.with_name(brief.journal.name + ".lock"), wait=True):
        try:
            loop = ChildLoop(brief, wire, log)
        except Exception:
            log.exception("the child cannot start")
            raise SystemExit(1) from None
        signal.signal(signal.SIGTERM, lambda *_: setattr(loop, "stopping", True))
        log.info("started: process_type=%s nodes=%s", brief.child.process_type, ",".join(brief.child.nodes))
        try:
            loop.run()
        except Exception:
            log.exception("the child fails")
            raise SystemExit(1) from None


if __name__ == "__main__":
    main()
