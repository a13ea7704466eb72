"""Hands alerts out one at a time, in the order in which their writes were kept, whatever threads and processes wrote them."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar
from weakref import WeakValueDictionary

from gracetape.archive import Alert
from gracetape.dummy.turns import Turn
from gracetape.errors import GracetapeError

_log = logging.getLogger(__name__)

Callback = Callable[[Alert], None]


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
                    with self.turn.telling():
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
