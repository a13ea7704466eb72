"""The parent's hold on one child process: starts it, wakes it, hears its reports, restarts it when it dies."""

import contextlib
import json
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gracetape.listen.child import STOP, WAKE, Brief, Report
from gracetape.listen.logs import AlertLog
from gracetape.listen.mail import Mailer

#: The longest pause before a restart, seconds.
LONGEST_PAUSE = 5.0


class Handle:
    """One child. `given_up` once it has died `restarts` times in a row without getting anything done in between."""

    def __init__(
        self, brief: Brief, restarts: int, log: AlertLog, mailer: Mailer, say: Callable[[str], object]
    ) -> None:
        self.brief, self.log, self._mailer, self._say = brief, log, mailer, say
        self.name = brief.child.name
        self.report = Report()
        self.restarted = 0
        self.given_up = False
        self.process: subprocess.Popen[bytes] | None = None
        self._restarts = restarts
        self._deaths = 0
        self._start_at: float | None = time.monotonic()
        self._rest = b""
        self._told_stop = False

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process, which goes on where its journal ends."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        command = [sys.executable, "-c", "from gracetape.listen.child import main; main()", str(theirs.fileno())]
        folders = os.pathsep.join(dict.fromkeys(folder or str(Path.cwd()) for folder in sys.path))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()], env={**os.environ, "PYTHONPATH": folders}
        )
        theirs.close()
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(pickle.dumps(self.brief))
            self.process.stdin.close()
        self._wire, self._rest, self._start_at, self._told_stop = ours, b"", None, False
        self.report = Report(settled=self.report.settled, heard=self.report.heard)

    def wake(self) -> None:
        """There are messages for this child (if so much is unread that nothing fits, it knows already)."""
        self._tell(WAKE)

    def stop(self) -> None:
        """Let it drain and end. To be called again until it has gone: as long as it reads nothing, there may be no room for that word."""
        self._told_stop = self._told_stop or self._tell(STOP)

    def kill(self) -> None:
        """End it now."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def look(self, restart: bool = True) -> bool:
        """Read its reports, and see to its restart if it has died; True if there was news."""
        news = self._read()
        if self.process is None or self.alive:
            if self._start_at is not None and time.monotonic() >= self._start_at and restart:
                self.start()
            return news
        self._read()
        if restart and self._start_at is None and not self.given_up:
            self._mourn(self.process.returncode)
        elif restart and self._start_at is not None and time.monotonic() >= self._start_at:
            self.restarted += 1
            self.start()
        return True

    def _mourn(self, code: int) -> None:
        self._wire.close()
        self._deaths = 1 if self.report.alerts + self.report.tasks else self._deaths + 1
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        if self._deaths > self._restarts:
            self.given_up = True
            text = f"the child {self.name} has died {how}, {self._deaths} times in a row: it is given up (see {self.brief.child.log_file})"
            self.log.error("%s", text)
            self._say(text)
            self._mailer.send(self.brief.child.recipients, f"WARNING: {self.name}: the child is given up", text)
        else:
            pause = min(LONGEST_PAUSE, 0.05 * 2**self._deaths)
            self.log.error("the child %s has died %s; it is restarted in %.1f s", self.name, how, pause)
            self._start_at = time.monotonic() + pause

    def _tell(self, word: bytes) -> bool:
        if self.alive:
            with contextlib.suppress(OSError):
                return self._wire.send(word) == len(word)
        return False

    def _read(self) -> bool:
        news = False
        while self.process is not None and self._wire.fileno() >= 0:
            try:
                said = self._wire.recv(1 << 16)
            except OSError:
                break
            if not said:
                break
            *lines, self._rest = (self._rest + said).split(b"\n")
            for line in lines:
                self.report = Report(**json.loads(line))
                news = True
        return news
