"""Hands alerts out one at a time, in the order in which their writes were kept, whatever threads wrote them."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable

from archive import Alert

_log = logging.getLogger(__name__)


class Outlet:
    """A queue before one callback.

    Whoever puts alerts in hands out what waits, unless somebody is at it already: then that one takes them along, so a
    callback that writes to the dummy itself, or waits for somebody who does, cannot get stuck.
    """

    def __init__(self, on_alert: Callable[[Alert], None] | None) -> None:
        self.on_alert = on_alert
        self._waiting: deque[Alert] = deque()
        self._busy = threading.Lock()

    def put(self, alerts: Iterable[Alert]) -> None:
        """Queue alerts; call it in the order of the writes, then `drain`."""
        if self.on_alert is not None:
            self._waiting.extend(alerts)

    def drain(self) -> None:
        """Hand out what waits. A callback that fails is logged, and the next alert goes out all the same."""
        while self._waiting and self._busy.acquire(blocking=False):
            try:
                while self._waiting:
                    self._hand_out(self._waiting.popleft())
            finally:
                self._busy.release()

    def _hand_out(self, alert: Alert) -> None:
        assert self.on_alert is not None
        try:
            self.on_alert(alert)
        except Exception:
            _log.exception("the callback for alerts failed on %s of %s", alert.alert_type, alert.graceid)
