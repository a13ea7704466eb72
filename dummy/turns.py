"""Which process may write and announce: turns of an archive's writers, short and in line, so that alerts come in the order of the writes."""

import contextlib
import fcntl
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)

#: How long (seconds) a process waits for the others' alerts to be out before it writes all the same, out of turn.
PATIENCE_S = 10.0
#: Seconds of a turn after which it goes to a process that waits in line, and to one that cannot be seen to wait.
_SHARE_S, _LONGEST_S = 0.02, 0.25
#: Seconds after which whoever is told of an alert may be waiting for a writer that is not let in; and between two looks.
_GRACE_S, _POLL_S = 0.05, 0.001


class _Lock:
    """A lock that goes with the process: on a folder, if one is given and is there, else on a file that is made for it and removed with it."""

    def __init__(self, beside: Path, folder: Path | None = None) -> None:
        self._beside, self._folder, self._handle = beside, folder, -1

    def taken(self) -> bool:
        """Whether it is ours now. Raises OSError where nothing can be locked."""
        folder = self._on_folder()
        if self._handle < 0:
            flags = os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT
            where = folder or self._beside
            self._handle = os.open(where, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder or os.fstat(self._handle).st_nlink:
                return True
            self.give_up()  # whoever had it removed it
        return False

    def taken_by(self, until: float) -> bool:
        """The same, waiting for it until some time of the monotonic clock."""
        while not self.taken():
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)
        return True

    def is_anothers(self) -> bool:
        """Whether somebody has it, seen without taking it; asked of a lock on a file, while it is not ours."""
        with contextlib.suppress(OSError):
            handle = os.open(self._beside, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(handle)
        return False

    def give_up(self) -> None:
        """Wait for it no longer."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def release(self) -> None:
        if self._handle >= 0 and not self._on_folder():
            self._beside.unlink(missing_ok=True)
        self.give_up()

    def _on_folder(self) -> Path | None:
        return self._folder if self._folder is not None and self._folder.is_dir() else None


class Turn:
    """Held by all writers of a process together, from before a write is kept until its alerts are out, so that another process's
    later alerts do not overtake them.

    Who waits for the turn stands in line: nobody takes it who came later. While somebody does, a process that has held it for a
    moment lets no new writer in until it was let go; but for those that an alert's receiver may be waiting for, since it has been
    told of one for a while (`telling`). The lock is on the archive's folder; a packed archive's one file is SQLite's to lock, so
    there it is on a file in the folder for temporary ones, as is the line of those who wait.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        name = hashlib.sha256(os.fsencode(archive)).hexdigest()[:16]
        beside = Path(tempfile.gettempdir()) / f"gracetape-{os.getuid()}-{name}.lock"
        self._lock, self._line = _Lock(beside, archive), _Lock(beside.with_suffix(".line"))
        self._writers, self._since = 0, 0.0
        self._telling_since: float | None = None
        self._changed = threading.Condition()

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._changed:
            while self._writers and self._is_over() and not self._is_waited_for():
                self._changed.wait(_GRACE_S)
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

    @contextmanager
    def telling(self) -> Iterator[None]:
        """A block in which somebody is told of an alert, one at a time in a process."""
        self._telling_since = time.monotonic()
        try:
            yield
        finally:
            self._telling_since = None

    def _is_waited_for(self) -> bool:
        """Whether whoever is being told of an alert may wait for a writer of this process."""
        since = self._telling_since  # which may be over a moment later
        return since is not None and time.monotonic() - since >= _GRACE_S

    def _is_over(self) -> bool:
        """Whether it is another process's turn, or may be."""
        held = time.monotonic() - self._since
        return held > _SHARE_S and (held > _LONGEST_S or self._line.is_anothers())

    def _take(self) -> None:
        try:
            if self._line.is_anothers() or not self._lock.taken():
                self._wait(time.monotonic() + PATIENCE_S)
        except OSError as error:
            _log.warning("alerts of other processes may come out of turn: %s: %s", self._archive, error.strerror)
        self._since = time.monotonic()

    def _wait(self, until: float) -> None:
        """Stand in line for the lock; where no line can be made, wait for it as all others there."""
        in_line = False
        with contextlib.suppress(OSError):
            in_line = self._line.taken_by(until)
        try:
            if not self._lock.taken_by(until):
                _log.warning("another process has not let go of its alerts for %g s: writing out of turn", PATIENCE_S)
                self._lock.give_up()
        finally:
            (self._line.release if in_line else self._line.give_up)()

    def _let_go(self) -> None:
        self._lock.release()
        if time.monotonic() - self._since > _LONGEST_S:
            time.sleep(2 * _POLL_S)  # whoever stands in no line looks for their turn once in _POLL_S
