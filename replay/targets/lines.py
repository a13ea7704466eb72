"""Messages as a person reads a log: a line per alert on standard output."""

from gracetape.alert_lines import AlertLines
from gracetape.archive import Alert
from gracetape.archive.alerts.lines import line_of
from gracetape.errors import ReplayError
from gracetape.replay.message import Message


class LinesTarget:
    """Shows each alert once, with all the topics that it goes to; with `each`, every message by itself (where some may be lost).

    BrokenPipeError is left to the caller, ReplayError says that nothing can be written.
    """

    def __init__(self, *, each: bool = False) -> None:
        self._each = each
        self._last: Alert | None = None
        self._lines = AlertLines()

    def send(self, message: Message) -> None:
        alert = message.alert
        if alert is self._last and not self._each:
            return
        self._last = alert
        try:
            self._lines.show(line_of(alert, message.offset_s, (message.node,) if self._each else alert.nodes))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ReplayError(f"cannot write to standard output: {error.strerror}") from None

    def close(self) -> None:
        return None
