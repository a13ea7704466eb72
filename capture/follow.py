"""Captures each object that a live stream tells of, beside the recording and without holding it up."""

import queue
import sqlite3
import sys
import threading

from gracetape.archive import Archive, ArchiveError, category_of
from gracetape.brokers import Heard
from gracetape.capture.pull import capture
from gracetape.capture.service import connect
from gracetape.capture.sinks import graceid_of, payload_of
from gracetape.errors import GracetapeError

#: Seconds that what waits gets after a signal to stop.
_GRACE_S = 2.5


class Follower:
    """A thread that captures objects one after another: each once, or (`always`) after each of its alerts.

    Alerts that come while an object waits for its turn need no turn of their own. A capture that fails, for whatever
    reason, is told of in a sentence, and is tried again at the object's next alert; `missing` are those that failed last.
    """

    def __init__(self, archive: Archive, service: str, *, always: bool) -> None:
        self.archive, self.service, self.always = archive, service, always
        self.captured = self.failed = 0
        self.missing: dict[str, str] = {}
        self._client = connect(service)
        self._done: set[str] = set()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: set[str] = set()
        self._now: str | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="capture", daemon=True)
        self._thread.start()

    def heard(self, heard: Heard) -> None:
        """Take notice of a message."""
        graceid = graceid_of(payload_of(heard))
        if graceid is None or not _is_id(graceid):
            return
        with self._lock:
            if graceid in self._queued or (graceid in self._done and not self.always):
                return
            self._queued.add(graceid)
        self._waiting.put(graceid)

    def _work(self) -> None:
        while (graceid := self._waiting.get()) is not None:
            with self._lock:
                self._queued.discard(graceid)  # an alert that comes from now on wants another capture
                self._now = graceid
            self._capture(graceid)
            self._now = None

    def _capture(self, graceid: str) -> None:
        try:
            results = capture([graceid], self.archive, self._client)
        except Exception as error:  # a stranger's answer must not end what comes after it
            known = isinstance(error, ArchiveError | sqlite3.Error | OSError)
            self._fail(graceid, str(error) if known else f"{graceid}: {type(error).__name__}: {error}")
        else:
            self.missing.pop(graceid, None)
            self.captured += sum(result.new for result in results)
            self._done.add(graceid)

    def _fail(self, graceid: str, sentence: str) -> None:
        self.failed += 1
        self.missing[graceid] = sentence
        if not self._client.stopped:
            print(f"not captured: {' '.join(sentence.split())}", file=sys.stderr, flush=True)

    @property
    def hangs(self) -> bool:
        """Whether a capture goes on, after `close`, where nothing can end it (a name server that does not answer)."""
        return self._thread.is_alive()

    def close(self, stopping: threading.Event | None = None) -> None:
        """Capture what waits, and end. Once it is `stopping` there is little time left, and what is not done by then is missing."""
        self._waiting.put(None)
        while self._thread.is_alive() and not (stopping and stopping.is_set()):
            self._thread.join(0.1)
        self._thread.join(_GRACE_S)
        self._client.stop()
        self._thread.join(1.0)
        with self._lock:
            for graceid in (*self._queued, *filter(None, (self._now,))):
                self.missing.setdefault(graceid, "its turn did not come")
        self._client.close()


def _is_id(text: str) -> bool:
    try:
        category_of(text)
    except GracetapeError:
        return False
    return True
