"""waitress's loop for very many connections: it looks at those where something happens, not at all of them each time."""

import contextlib
import select
import threading
from collections import deque
from typing import Any

from waitress.wasyncore import readwrite

_IN, _OUT = select.EPOLLIN | select.EPOLLPRI, select.EPOLLOUT
_TURN_S = 0.25


class EventLoop:
    """Reads and writes for a server and its channels.

    Whatever changes what a channel waits for says so with `changed`; other threads then wake the loop with the server's trigger, or
    let it find out within a quarter of a second.
    """

    def __init__(self, server: Any) -> None:
        self._server, self._channels = server, server._map
        self._poll = select.epoll()
        self._changed: deque[int] = deque(self._channels)
        self._known: dict[int, tuple[Any, int]] = {}  # file -> its channel, and for what of it we wait

    def changed(self, file: int) -> None:
        self._changed.append(file)

    def run(self, stopping: threading.Event) -> None:
        """Until it is told to stop."""
        with contextlib.closing(self._poll):
            while not stopping.is_set():
                self._changed.append(
                    self._server._fileno
                )  # which looks after the others, and stops accepting, when it is asked
                while self._changed:
                    self._wait_for(self._changed.popleft())
                for file, flags in self._poll.poll(_TURN_S):
                    channel = self._channels.get(file)
                    if channel is None:
                        self._forget(file)
                    else:
                        readwrite(channel, flags)
                        self._changed.append(file)

    def _wait_for(self, file: int) -> None:
        channel = self._channels.get(file)
        if channel is None:
            self._forget(file)
            return
        flags = (_IN if channel.readable() else 0) | (_OUT if not channel.accepting and channel.writable() else 0)
        before, had = self._known.get(file, (None, 0))
        if before is channel and had == flags:
            return
        if before is not channel:  # what was closed under this number is gone from the poll by itself
            had = 0
        if flags:
            self._listen_to(file, flags, had)
        elif had:
            self._unlisten(file)
        self._known[file] = channel, flags

    def _listen_to(self, file: int, flags: int, had: int) -> None:
        """Numbers of files are used again, by whoever opens next: whether the poll knows one is for the poll to say."""
        first, then = (self._poll.modify, self._poll.register) if had else (self._poll.register, self._poll.modify)
        try:
            first(file, flags)
        except (FileExistsError, FileNotFoundError):
            then(file, flags)
        except OSError:  # closed under our hands; the loop hears of it no more
            self._known.pop(file, None)

    def _forget(self, file: int) -> None:
        self._known.pop(file, None)
        self._unlisten(file)

    def _unlisten(self, file: int) -> None:
        with contextlib.suppress(OSError, ValueError):  # it went when it was closed
            self._poll.unregister(file)
