"""What happens now, for pages that look on: alerts as they are told, and how a replay stands, as server-sent events.

The form of the events is that of the HTML standard, section 9.2. A page that lost its connection asks for what came after the last it has seen.
"""

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gracetape.alert_lines import AlertLine
from gracetape.bounded_json import read_json
from gracetape.errors import NotFound, UsageError
from gracetape.live_pages import Mover
from gracetape.plain_text import plain
from gracetape.view.page_json import encode_for_page

Record = dict[str, Any]
#: Lines that are kept for pages that come later, messages that can still be opened, and pages that may look on at once.
MOST_LINES, MOST_MESSAGES, MOST_PAGES = 20_000, 2_000, 8
_LOOK_S, _ALIVE_S = 0.25, 10.0
#: How often all pages are written to where one more would be too many: who has gone is noticed at the second writing.
_PROBES = 4
_LISTENER = "listener.status.json"
_LARGEST_STATUS = 1 << 20


class Live:
    """Is told alerts by the thread in which they happen, and tells them to any number of pages, each in its own thread."""

    def __init__(self, what: str, mover: Mover | None = None, listener: Path | None = None) -> None:
        self.what, self._mover = what, mover
        self._listener = listener / _LISTENER if listener is not None and listener.is_dir() else listener
        self._lines: deque[Record] = deque(maxlen=MOST_LINES)
        self._messages: deque[Callable[[], Any]] = deque(maxlen=MOST_MESSAGES)
        self._told = 0
        self._changed = threading.Condition()
        self._closed = False
        self._pages, self._probed = 0, 0
        self._name = secrets.token_hex(4)  # of this run: a page may come back to another one at the same port

    def tell(self, line: AlertLine, message: Callable[[], Any]) -> None:
        """An alert has gone out, or was heard; `message()` gives it if somebody opens it."""
        record = {
            "number": self._told, "time": line.time.timestamp(), "offset": line.offset_s, "n": line.n, "id": line.graceid,
            "type": line.alert_type, "what": plain(line.what), "topics": list(line.topics), "certainty": line.certainty,
        }  # fmt: skip
        with self._changed:
            self._told += 1
            self._lines.append(record)
            self._messages.append(message)
            self._changed.notify_all()

    def close(self) -> None:
        """Let every page know that it is over."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def message(self, number: int) -> Any:
        """The JSON of a message that was told, by its number; NotFound for one that is not kept any more."""
        with self._changed:
            at = number - (self._told - len(self._messages))
            if not 0 <= at < len(self._messages):
                raise NotFound(f"message {number} is not kept any more: the last {MOST_MESSAGES} are")
            make = self._messages[at]
        return make()

    def state(self) -> Record:
        """How it stands: what is told of the replay, the number of alerts, and of the listener beside it."""
        state: Record = {"what": self.what, "told": self._told, "moves": self._mover is not None, "over": self._closed}
        if self._mover is not None:
            state |= self._mover.state()
        if self._listener is not None:
            state["listener"] = _status(self._listener)
        return state

    def move(self, asked: Any) -> None:
        """Move the replay as a page asks, `{"do": "pause"}`. UsageError if it is none, BadRequest if that cannot be done."""
        if self._mover is None:
            raise UsageError("this cannot be moved from a page: it is no replay")
        if not isinstance(asked, dict) or not isinstance(asked.get("do"), str):
            raise UsageError('say what to do, as in {"do": "pause"}')
        self._mover.move(asked["do"], asked.get("value"))
        with self._changed:
            self._changed.notify_all()

    def after(self, last: str | None) -> int:
        """With which alert a page goes on that has seen the event with this id last; 0 if that is none of this run."""
        name, _, number = (last or "").partition("-")
        known = name == self._name and number.isascii() and number.isdigit() and len(number) < 16
        return min(int(number), self._told) if known else 0

    def events(self, after: int) -> Iterator[bytes]:
        """Server-sent events for one page, from the alert with number `after` on. UsageError if too many look on."""
        with self._changed:
            for _ in range(_PROBES):
                if self._pages < MOST_PAGES:
                    break
                self._probed += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._pages < MOST_PAGES, _LOOK_S)
            if self._pages >= MOST_PAGES:
                raise UsageError(f"{MOST_PAGES} pages look on already: close one of them")
            self._pages += 1
        return self._events(after)

    def _events(self, after: int) -> Iterator[bytes]:
        said, state, at, probed = 0.0, b"", after, self._probed
        try:
            while True:
                with self._changed:
                    at = max(at, self._told - len(self._lines))
                    fresh = [self._lines[i - self._told] for i in range(at, min(self._told, at + 500))]
                    at, closed = at + len(fresh), self._closed and at + len(fresh) >= self._told
                    told = self._told
                # No more alerts than there were just now: one that comes meanwhile is not counted before it is shown.
                now, pieces = encode_for_page(self.state() | {"told": told}).encode(), []
                if fresh:
                    pieces.append(
                        b"event: alerts\nid: %s-%d\ndata: %s\n\n"
                        % (self._name.encode(), at, encode_for_page(fresh).encode())
                    )
                if now != state:
                    pieces.append(b"event: state\ndata: %s\n\n" % now)
                    state = now
                if not pieces and (probed != self._probed or time.monotonic() - said > _ALIVE_S):
                    pieces.append(b": still there\n\n")
                probed = self._probed
                if pieces:
                    said = time.monotonic()
                    yield b"".join(pieces)
                if closed:
                    return
                with self._changed:
                    if at >= self._told and not self._closed:
                        self._changed.wait(_LOOK_S)
        finally:
            with self._changed:
                self._pages -= 1
                self._changed.notify_all()  # whoever waits for a place


def _status(path: Path) -> Record:
    """What a listener last told of itself, or why that cannot be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            record = read_json(file.read(_LARGEST_STATUS))
        children = [
            {name: value for name, value in child.items() if not isinstance(value, list)}
            for child in record["children"]
        ]
        return {"accepted": record["accepted"], "running": record["running"], "children": children}
    except FileNotFoundError:
        return {"said": "no listener has told of itself there yet"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return {"said": f"its status cannot be read: {error}"}
