"""Where the alerts of a dummy are shown to people: a line each on standard output."""

import os
import sys
from datetime import datetime

from gracetape.alert_lines import AlertLines
from gracetape.archive import Alert
from gracetape.archive.alerts.lines import line_of


class LineOutput:
    """Shows each alert as a line. Once its reader (head, less) has gone, it shows no more, and `reader_gone` tells."""

    reader_gone = False

    def __init__(self) -> None:
        self._lines = AlertLines()
        self._first: datetime | None = None

    def __call__(self, alert: Alert) -> None:
        if self.reader_gone:
            return
        self._first = self._first or alert.created
        try:
            self._lines.show(line_of(alert, (alert.created - self._first).total_seconds(), alert.nodes))
        except BrokenPipeError:
            self.reader_gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor can what Python flushes at its end

    def close(self) -> str | None:
        return None
