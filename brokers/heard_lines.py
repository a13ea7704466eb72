"""What is heard as a person reads a log: a line per message, one for a message that came on several topics at once."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gracetape.alert_lines import AlertLine, AlertLines, entry_of, shown_at_once, what_of
from gracetape.brokers.sources import Heard
from gracetape.message_lines import read_line
from gracetape.notices import about, is_voevent
from gracetape.shown import visible


class HeardLines:
    """Prints what is heard; offsets count from the first message, times are those of arrival (UTC)."""

    def __init__(self) -> None:
        self._lines = AlertLines()
        self._first: datetime | None = None

    def show(self, batch: Iterable[Heard]) -> None:
        """Print messages in their order. BrokenPipeError if nobody reads them any more."""
        shown_at_once(map(self.line, batch), self._lines)

    def line(self, heard: Heard) -> AlertLine:
        """A message as a line says it."""
        self._first = self._first or heard.arrived
        try:
            payload = read_line(heard.payload).payload
        except ValueError:  # whatever it is, it was heard
            payload = {"text": heard.payload} if is_voevent(heard.payload) else {"data": {"comment": heard.payload}}
        named, kind = about(payload)
        return AlertLine(
            heard.arrived, (heard.arrived - self._first).total_seconds(), entry_of(payload),
            _text(payload.get("uid")) or named, _text(payload.get("alert_type")) or kind or "?", what_of(payload), (heard.node,),
            "recorded",
        )  # fmt: skip


def heard_whole(heard: Heard) -> str:
    """A message as it came, after its arrival and its node; on a terminal without orders to that."""
    moment = heard.arrived.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = f"{moment} {heard.node} {heard.payload}"
    return visible(line, keep="\n") if sys.stdout.isatty() else line


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
