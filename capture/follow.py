"""Captures each object that a live stream tells of, beside the recording and without holding it up."""

import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable

from gracetape.archive import Archive, category_of
from gracetape.brokers import Heard
from gracetape.capture.errors import Unreachable
from gracetape.capture.pace import Pace
from gracetape.capture.pull import Missed, capture_each
from gracetape.capture.service import connect
from gracetape.capture.sinks import graceid_of, payload_of
from gracetape.errors import GracetapeError
from gracetape.signals import Flag

#: Seconds that what waits gets after a signal to stop.
_GRACE_S = 2.5
#: Objects that are captured in one go.
_AT_ONCE = 64
#: Seconds after which those that did not come since the server was away are asked for again, if no alert comes before.
_AGAIN_S = 60.0
#: Messages kept in one go that tell of a burst; seconds that captures then wait, and at most in a row.
_BURST, _HELD_S, _HELD_AT_MOST_S = 500, 0.5, 30.0


class Follower:
    """A thread that captures objects, some at once: each one time, or (`always`) after each of its alerts.

    Alerts that come while an object waits for its turn need no turn of their own. A capture that fails, for whatever
    reason, is told of in a sentence, and is tried again at the object's next alert, or a while later if the server was away; `missing` are
    those that failed last.
    While alerts come faster than they are kept, captures wait: they can be made later, and what a broker forgets cannot.
    """

    def __init__(self, archive: Archive, service: str, *, always: bool) -> None:
        self.archive, self.service, self.always = archive, service, always
        self.captured = self.failed = 0
        self.missing: dict[str, str] = {}
        self._client = connect(service)
        self._client.pace = self._pace = Pace()
        self._done: set[str] = set()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: set[str] = set()
        self._again: dict[str, None] = {}
        self._again_at = 0.0
        self._now: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="capture", daemon=True)
        self._thread.start()

    def heard(self, heard: Heard) -> None:
        """Take notice of a message."""
        self.named({graceid_of(payload_of(heard)) or ""}, 1)

    def named(self, graceids: Iterable[str], count: int) -> None:
        """Take notice of the objects that `count` messages, which were kept in one go, are about."""
        if count >= _BURST:
            self._pace.hold(_HELD_S, _HELD_AT_MOST_S)
        for graceid in graceids:
            with self._lock:
                known = graceid in self._queued or (graceid in self._done and not self.always)
            if known or not _is_id(graceid):
                continue
            with self._lock:
                self._queued.add(graceid)
            self._waiting.put(graceid)

    def _work(self) -> None:
        more = True
        while more:
            batch, waiting = [], self._next()
            more = waiting is not None
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == _AT_ONCE or self._waiting.empty():
                    break
                waiting = self._waiting.get()
                more = waiting is not None
            with self._lock:
                self._queued.difference_update(batch)  # an alert that comes from now on wants another capture
                self._now = tuple(batch)
            self._capture(batch)
            self._now = ()
        if self._again:
            self._capture(list(self._again))

    def _next(self) -> str | None:
        """Wait for the next whose turn it is; None at the end."""
        while self._again:
            try:
                return self._waiting.get(timeout=max(0.0, self._again_at - time.monotonic()))
            except queue.Empty:
                with self._lock:
                    again = [graceid for graceid in self._again if graceid not in self._queued]
                    self._queued.update(again)
                self._again.clear()
                for graceid in again:
                    self._waiting.put(graceid)
        return self._waiting.get()

    def _capture(self, batch: list[str]) -> None:
        left = dict.fromkeys(batch)
        for graceid in batch:
            self._again.pop(graceid, None)
        try:
            for one in capture_each(iter(batch), self.archive, self._client):
                if isinstance(one, Missed):
                    left.pop(one.graceid, None)
                    self._fail(one.graceid, str(one.error), one.error)
                else:
                    self.captured += one.new
                    self._came(one.capture.object, left)
                    for sentence in one.failed:
                        self._say(sentence)
        except Exception as error:  # a stranger's answer must not end what comes after it
            known = isinstance(error, GracetapeError | sqlite3.Error | OSError)
            sentence = str(error) if known else f"{type(error).__name__}: {error}"
            for graceid in left:
                self._fail(
                    graceid, sentence if sentence.startswith(f"{graceid}: ") else f"{graceid}: {sentence}", error
                )
        else:
            for graceid in left:
                self.missing.pop(graceid, None)
            self._done.update(left)

    def _came(self, graceid: str, left: dict[str, None]) -> None:
        """Let an object be missing under none of its names, whatever becomes of the others."""
        for name in {graceid, *self.archive.names_of(graceid)}:
            self.missing.pop(name, None)
            if name in left:
                del left[name]
                self._done.add(name)

    def _fail(self, graceid: str, sentence: str, error: Exception) -> None:
        self.failed += 1
        before, self.missing[graceid] = self.missing.get(graceid), sentence
        if isinstance(error, Unreachable):
            self._again[graceid], self._again_at = None, time.monotonic() + _AGAIN_S
        if before != sentence:
            self._say(sentence)

    def _say(self, sentence: str) -> None:
        if not self._client.stopped:
            print(f"not captured: {' '.join(sentence.split())}", file=sys.stderr, flush=True)

    @property
    def hangs(self) -> bool:
        """Whether a capture goes on, after `close`, where nothing can end it (a name server that does not answer)."""
        return self._thread.is_alive()

    def close(self, stopping: Flag | None = None) -> None:
        """Capture what waits, and end. Once it is `stopping` there is little time left, and what is not done by then is missing."""
        self._waiting.put(None)
        while self._thread.is_alive() and not (stopping and stopping.is_set()):
            self._thread.join(0.1)
        self._thread.join(_GRACE_S)
        self._client.stop()
        self._thread.join(1.0)
        with self._lock:
            for graceid in (*self._queued, *self._now):
                self.missing.setdefault(graceid, "its turn did not come")
        self._client.close()


def _is_id(text: str) -> bool:
    try:
        category_of(text)
    except GracetapeError:
        return False
    return True
