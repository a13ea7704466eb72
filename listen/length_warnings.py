"""Says when a queue is too long, not too often, and when it has become shorter again."""

import math
import time

from gracetape.listen.configuration import Child
from gracetape.listen.logs import AlertLog
from gracetape.listen.mail import Mailer


class LengthWarnings:
    """Warnings about one queue: spaced by `warnDelay`, at most `maxWarn` of them by mail until it recovers."""

    def __init__(self, child: Child, log: AlertLog, mailer: Mailer) -> None:
        self._child, self._log, self._mailer = child, log, mailer
        self._count, self._next = 0, -math.inf

    def look(self, length: int) -> None:
        """Compare a queue's length with the threshold now."""
        child = self._child
        if length > child.warn_threshold:
            if (now := time.monotonic()) >= self._next:
                self._next = now + child.warn_delay
                self._warn(length)
        elif self._count:
            text = f"the queue of {child.name} has {length} items, no more than {child.warn_threshold:g}"
            again = "\nWarnings are sent again." if self._count >= child.max_warn else ""
            self._log.warning("RECOVERY: %s", text)
            self._mailer.send(child.recipients, f"RECOVERY: {child.name}: the queue has shortened", text + again)
            self._count, self._next = 0, -math.inf

    def _warn(self, length: int) -> None:
        child = self._child
        self._count += 1
        text = f"the queue of {child.name} has {length} items, more than {child.warn_threshold:g}"
        self._log.warning("WARNING %d: %s", self._count, text)
        if self._count <= child.max_warn:
            final = "FINAL " if self._count == child.max_warn else ""
            last = "\nThis is the final warning." if final else ""
            subject = f"{final}WARNING: {child.name}: the queue is too long"
            self._mailer.send(child.recipients, subject, f"{text}\nThis is warning number {self._count}.{last}")
