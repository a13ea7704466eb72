"""Lines that come on a descriptor or from a server, with the times until which all that was said is proved to be heard."""

import logging
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gracetape.brokers.sources import Gap, now

_log = logging.getLogger(__name__)

#: The longest line in bytes; the rest of it counts as another, so that no stranger fills the memory.
LONGEST = 64_000_000
#: Seconds between two tries to reach a server, and between two notes that nothing has come.
RETRY, QUIET = 1.0, 3.0
_AT_ONCE = 1 << 20

#: A line, or a time: all that was said until then stands before it.
Line = bytes | datetime


def stream(descriptor: int, closed: threading.Event) -> Iterator[Line]:
    """The lines that come on a descriptor; a time whenever nothing more is there to be read, and half a line neither."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    rest, length = list[bytes](), 0
    while not closed.is_set():
        moment = now()
        if not waiting.poll(0):
            if not rest:
                yield moment
            if not waiting.poll(QUIET * 1000):
                continue
        chunk = os.read(descriptor, _AT_ONCE)
        if not chunk:
            break
        *lines, last = chunk.split(b"\n")
        for line in lines:
            yield b"".join([*rest, line, b"\n"])
            rest, length = [], 0
        if last:
            rest, length = [*rest, last], length + len(last)
        if length >= LONGEST:
            yield b"".join(rest)
            rest, length = [], 0
    if rest:
        yield b"".join(rest)


class Served:
    """The lines of a server, which is connected to again whenever it goes away; what was sent meanwhile is told of as a gap."""

    def __init__(
        self,
        url: str,
        nodes: Sequence[str],
        connect: Callable[[], socket.socket],
        closed: threading.Event,
        on_gap: Callable[[Gap], None],
    ) -> None:
        self.url, self._nodes, self._connect, self._closed, self._on_gap = url, tuple(nodes), connect, closed, on_gap
        self._proved, self._away = now(), False
        self._wire = self._try()  # at once: whoever has opened a source hears from then on

    def lines(self) -> Iterator[Line]:
        while not self._closed.is_set():
            if self._wire is None:
                self._again()
                continue
            try:
                with self._wire:
                    for line in stream(self._wire.fileno(), self._closed):
                        if isinstance(line, datetime):
                            self._proved = line
                        yield line
            except OSError as error:
                self._tell(error)
            self._wire = None

    def _try(self) -> socket.socket | None:
        try:
            wire = self._connect()
            wire.settimeout(None)
        except OSError as error:
            self._tell(error)
            return None
        self._away = False
        return wire

    def _again(self) -> None:
        self._closed.wait(RETRY)
        if not self._closed.is_set() and (wire := self._try()) is not None:
            self._wire, moment = wire, now()
            self._on_gap(Gap(self._nodes, self._proved, max(moment, self._proved), f"{self.url} was not connected to"))
            self._proved = moment

    def _tell(self, error: OSError) -> None:
        if not self._away:
            _log.warning("cannot reach %s: %s; it is tried again every second", self.url, error.strerror or error)
        self._away = True
