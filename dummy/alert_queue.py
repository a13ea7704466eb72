"""Hands alerts out one at a time, in the order in which their writes were kept, whatever threads and processes wrote them."""

import contextlib
import fcntl
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from weakref import WeakValueDictionary

from gracetape.archive import Alert
from gracetape.errors import GracetapeError

_log = logging.getLogger(__name__)

#: How long (seconds) a process waits for the others' alerts to be out before it writes all the same, out of turn.
PATIENCE_S = 10.0
_SHARE_S, _GRACE_S, _POLL_S = 0.25, 0.05, 0.001

Callback = Callable[[Alert], None]


class Turn:
    """Which process may write and announce: held by all writers of a process together, from before a write is kept until
    its alerts are out, so that another process's later alerts do not overtake them.

    A process that has held it for a while lets no new writer in until it was let go, so that every process gets on; but a
    writer that an alert's receiver may be waiting for is let in after a moment. The lock is on the archive's folder; a packed
    archive's one file is SQLite's to lock, so there it is on a file in the folder for temporary ones, which goes with it.
    """

    def __init__(self, archive: Path) -> None:
        self._archive, self._file = archive, -1
        name = hashlib.sha256(os.fsencode(archive)).hexdigest()[:16]
        self._beside = Path(tempfile.gettempdir()) / f"gracetape-{os.getuid()}-{name}.lock"
        self._writers, self._since = 0, 0.0
        self._changed = threading.Condition()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._writers or time.monotonic() - self._since < _SHARE_S, _GRACE_S)
            self._writers += 1
            if self._writers == 1:
                self._take()
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                if not self._writers:
                    self._let_go()
                    self._changed.notify_all()

    def _take(self) -> None:
        self._since = time.monotonic()
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._locked():
                    break
            except OSError as error:
                _log.warning("alerts of other processes may come out of turn: %s: %s", self._archive, error.strerror)
                return
            if time.monotonic() > until:
                _log.warning("another process has not let go of its alerts for %g s: writing out of turn", PATIENCE_S)
                self._close()
                break
            time.sleep(_POLL_S)
        self._since = time.monotonic()

    def _locked(self) -> bool:
        """Open what is locked, if that is not done yet, and try to lock it."""
        folder = self._archive.is_dir()
        if self._file < 0:
            flags = os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT
            self._file = os.open(self._archive if folder else self._beside, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder or os.fstat(self._file).st_nlink:
                return True
            self._close()  # whoever had it removed it
        return False

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _let_go(self) -> None:
        if self._file >= 0 and not self._archive.is_dir():
            self._beside.unlink(missing_ok=True)
        self._close()
        if time.monotonic() - self._since > _SHARE_S:
            time.sleep(2 * _POLL_S)  # others look for their turn once in _POLL_S


class AlertQueue:
    """The alerts of all writers of one archive in this process, one queue before their callbacks.

    Whoever puts alerts in hands out what waits, unless somebody is at it already: then that one takes them along, so a
    callback that writes to the dummy itself, or waits for somebody who does, cannot get stuck.
    """

    _known: ClassVar[WeakValueDictionary[Path, "AlertQueue"]] = WeakValueDictionary()
    _knowing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, archive: Path) -> None:
        self.writing = threading.RLock()
        self.turn = Turn(archive)
        self._waiting: deque[tuple[Callback, Alert]] = deque()
        self._busy = threading.Lock()

    @classmethod
    def of(cls, path: Path) -> "AlertQueue":
        """The one queue of the archive at `path`."""
        archive = path.resolve()
        with cls._knowing:
            queue = cls._known.get(archive)
            if queue is None:
                queue = cls._known[archive] = cls(archive)
            return queue

    def put(self, callback: Callback, alerts: Iterable[Alert]) -> None:
        """Queue alerts; call it in the order of the writes, then `drain`."""
        self._waiting.extend((callback, alert) for alert in alerts)

    def drain(self) -> None:
        """Hand out what waits. A callback that fails is logged, and the next alert goes out all the same."""
        while self._waiting and self._busy.acquire(blocking=False):
            try:
                while self._waiting:
                    hand_out(*self._waiting.popleft())
            finally:
                self._busy.release()


def hand_out(callback: Callback, alert: Alert) -> None:
    """Call what wants an alert; where that fails, it is logged."""
    try:
        callback(alert)
    except GracetapeError as error:
        _log.error("the alert %s of %s was not sent: %s", alert.alert_type, alert.graceid, error)
    except Exception:
        _log.exception("the callback for alerts failed on %s of %s", alert.alert_type, alert.graceid)
