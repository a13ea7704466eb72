"""Captures each object that a live stream tells of, beside the recording and without holding it up."""

import queue
import sys
import threading

from gracetape.archive import Archive, category_of
from gracetape.brokers import Heard
from gracetape.capture.pull import capture_many
from gracetape.capture.service import connect
from gracetape.capture.sinks import graceid_of, payload_of
from gracetape.errors import GracetapeError


class Follower:
    """A thread that captures objects one after another: each once, or (`always`) after each of its alerts.

    Alerts that come while an object waits for its turn need no turn of their own. A capture that fails is told of in a
    sentence, and is tried again at the object's next alert.
    """

    def __init__(self, archive: Archive, service: str, *, always: bool) -> None:
        self.archive, self.service, self.always = archive, service, always
        self.captured = self.failed = 0
        self._done: set[str] = set()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: set[str] = set()
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
            try:
                with connect(self.service) as client:
                    results = capture_many([graceid], self.archive, client)
            except GracetapeError as error:
                self.failed += 1
                print(f"not captured: {error}", file=sys.stderr, flush=True)
                continue
            self.captured += sum(result.new for result in results)
            self._done.add(graceid)

    def close(self) -> None:
        """Capture what waits, and end."""
        self._waiting.put(None)
        self._thread.join()


def _is_id(text: str) -> bool:
    try:
        category_of(text)
    except GracetapeError:
        return False
    return True
