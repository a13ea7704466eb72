"""What keeps heard messages can do, and the sinks that keep nothing: standard output, a person, a page."""

import json
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TextIO

from gracetape.bounded_json import read_fast
from gracetape.brokers import Gap, Heard
from gracetape.brokers.heard_lines import HeardLines
from gracetape.live_pages import Teller
from gracetape.message_lines import Envelope
from gracetape.notices import about
from gracetape.shown import say
from gracetape.times import iso_time

_HALF = re.compile("[\ud800-\udfff]")


class Sink(Protocol):
    """Keeps messages for good. `since` is when the recorder before us last listened, None if there was none."""

    since: datetime | None

    def keep(self, batch: Sequence[Heard]) -> int:
        """Keep messages, all or none; how many were new. What was kept already is not kept twice."""

    def gap(self, gap: Gap) -> None:
        """Write down that messages may have been missed."""

    def alive(self, moment: datetime) -> None:
        """Write down that all was heard until `moment`."""

    def after(self, log: str) -> int | None:
        """The offset of the last message that was kept of a broker's log."""


def _message(heard: Heard) -> dict[str, Any]:
    return opened(heard)[0]


def opened(heard: Heard) -> tuple[dict[str, Any], str]:
    """The message's JSON object, and its text as it came. JSON in JSON is opened; what is no object is put into one, as `text`."""
    text = heard.payload
    for _ in range(2):  # `igwn-alert send` packs twice
        try:
            value = read_fast(text)
        except ValueError:
            break
        if isinstance(value, dict):
            return value, text if _is_text(text) else json.dumps(value)
        if not isinstance(value, str):
            break
        text = value
    payload = {"text": heard.payload}
    return payload, json.dumps(payload)


def payload_of(heard: Heard) -> dict[str, Any]:
    """The message's JSON object, as `opened`."""
    return opened(heard)[0]


def graceid_of(payload: dict[str, Any]) -> str | None:
    """The id of the object that a message is about, None if it is about none (a command, a heartbeat)."""
    uid = payload["uid"] if "uid" in payload else about(payload)[0]
    return uid if isinstance(uid, str) and _is_text(uid) else None


def _is_text(text: str) -> bool:
    """Whether it can be written: half a surrogate pair, which JSON can spell, cannot."""
    return text.isascii() or not _HALF.search(text)


def gap_record(gap: Gap) -> dict[str, Any]:
    """A gap as it is written down."""
    return {
        "gap": {
            "nodes": list(gap.nodes), "since": iso_time(gap.since), "until": iso_time(gap.until), "reason": gap.reason,
        }
    }  # fmt: skip


class StreamSink:
    """JSON lines on standard output; gaps are told of on standard error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.since: datetime | None = None
        self._stream = stream or sys.stdout
        self._first: datetime | None = None

    def keep(self, batch: Sequence[Heard]) -> int:
        lines = [line for heard in batch if (line := self._line(heard)) is not None]
        self._stream.write("".join(lines))
        self._stream.flush()
        return len(lines)

    def _line(self, heard: Heard) -> str | None:
        """The record of a message file, the payload verbatim if it is one line of JSON; None if it was kept already."""
        payload, text = opened(heard)
        if "\n" in text or "\r" in text:
            text = json.dumps(json.loads(text))
        if not self._is_new(heard.node, text):
            return None
        self._first = self._first or heard.arrived
        offset_s = (heard.arrived - self._first).total_seconds()
        envelope = Envelope(heard.arrived, offset_s, heard.node, graceid_of(payload), None, "recorded")
        return f"{envelope.line(text)}\n"

    def _is_new(self, node: str, text: str) -> bool:
        return True

    def gap(self, gap: Gap) -> None:
        say(f"gap: {gap}", error=True)

    def alive(self, moment: datetime) -> None:
        pass

    def after(self, log: str) -> int | None:
        return None


class Shown:
    """Shows a person what another sink has kept, a line per message on standard output."""

    def __init__(self, kept: Sink | None = None) -> None:
        self._kept, self._lines = kept, HeardLines()
        self.since = None if kept is None else kept.since

    def keep(self, batch: Sequence[Heard]) -> int:
        new = len(batch) if self._kept is None else self._kept.keep(batch)
        self.show(batch)
        return new

    def show(self, batch: Sequence[Heard]) -> None:
        """Let a person see messages."""
        self._lines.show(batch)

    def gap(self, gap: Gap) -> None:
        if self._kept is not None:
            self._kept.gap(gap)
        else:
            say(f"gap: {gap}", error=True)

    def alive(self, moment: datetime) -> None:
        if self._kept is not None:
            self._kept.alive(moment)

    def after(self, log: str) -> int | None:
        return None if self._kept is None else self._kept.after(log)


class Told(Shown):
    """Tells a page what another sink has kept."""

    def __init__(self, kept: Sink, tell: Teller) -> None:
        super().__init__(kept)
        self._tell = tell

    def show(self, batch: Sequence[Heard]) -> None:
        for heard in batch:
            self._tell(self._lines.line(heard), partial(_message, heard))
