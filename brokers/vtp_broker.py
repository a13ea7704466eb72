"""A VOEvent Transport Protocol broker on loopback: subscribers connect, and get every document from then on.

The protocol (IVOA Note, "VOEvent Transport Protocol"): packets are a length of four bytes, big-endian, and that many bytes of XML. The
broker says now and then that it is alive; a subscriber acknowledges each document. What comes back is read within limits, and is
looked at for its role alone.
"""

import contextlib
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gracetape.errors import BrokerError
from gracetape.times import iso_time

_ORIGIN = "ivo://gwnet/LVC"
#: Seconds between signs of life: subscribers give a broker up after some 90 of silence.
_ALIVE_EVERY_S = 30.0
#: Bytes of what a subscriber answers, subscribers at once, and seconds that one may take for a packet.
_LONGEST_ANSWER, _MOST_SUBSCRIBERS, _SLOWEST_S = 100_000, 64, 20.0
_ROLE = re.compile(rb'role\s*=\s*["\'](\w{1,20})["\']')
_SIGN = (
    '<?xml version="1.0" encoding="UTF-8"?><trn:Transport role="iamalive" version="1.0" '
    'xmlns:trn="http://telescope-networks.org/schema/Transport/v1.1"><Origin>{origin}</Origin>'
    "<TimeStamp>{time}</TimeStamp></trn:Transport>"
)


@dataclass(eq=False)
class _Subscriber:
    """One connection: how many documents it was sent, and acknowledged."""

    connection: socket.socket
    sent: int = 0
    acknowledged: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, packet: bytes) -> None:
        with self.lock:
            self.connection.sendall(struct.pack("!I", len(packet)) + packet)


class VtpBroker:
    """Listens on `host`:`port` (0: any free port) until it is closed; BrokerError if it cannot."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._listening = socket.create_server((host, port))
        except OSError as error:
            raise BrokerError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
        self.port: int = self._listening.getsockname()[1]
        self._subscribers: list[_Subscriber] = []
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self.acknowledged = 0
        for work in (self._accept, self._live):
            threading.Thread(target=work, name="vtp", daemon=True).start()

    @property
    def subscribers(self) -> int:
        """How many are there now."""
        with self._changed:
            return len(self._subscribers)

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until so many subscribers are there; whether they came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._subscribers) >= count, timeout_s)

    def send(self, document: bytes) -> int:
        """Send a document to whoever is there; to how many it went."""
        reached = 0
        with self._changed:
            here = list(self._subscribers)
        for one in here:
            try:
                one.send(document)
            except OSError:
                self._leave(one)
            else:
                one.sent += 1
                reached += 1
        return reached

    def settle(self, timeout_s: float) -> None:
        """Wait until those who are there have acknowledged what they were sent."""
        with self._changed:
            self._changed.wait_for(lambda: all(s.acknowledged >= s.sent for s in self._subscribers), timeout_s)

    def close(self) -> None:
        """End, and every connection with it."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._changed:
            here = list(self._subscribers)
        for one in here:
            self._leave(one)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with self._changed:
                full = len(self._subscribers) >= _MOST_SUBSCRIBERS or self._closed.is_set()
                subscriber = _Subscriber(connection)
                if not full:
                    self._subscribers.append(subscriber)
                    self._changed.notify_all()
            if full:
                connection.close()
                continue
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(_SLOWEST_S), 0))
            threading.Thread(target=self._hear, args=(subscriber,), name="vtp", daemon=True).start()

    def _hear(self, one: _Subscriber) -> None:
        """Read what a subscriber answers until it leaves."""
        try:
            with one.connection.makefile("rb") as stream:
                while len(length := stream.read(4)) == 4:
                    (size,) = struct.unpack("!I", length)
                    if size > _LONGEST_ANSWER or len(answer := stream.read(size)) < size:
                        break
                    role = _ROLE.search(answer)
                    if role is not None and role[1] in (b"ack", b"nak"):
                        with self._changed:
                            one.acknowledged += 1
                            self.acknowledged += role[1] == b"ack"
                            self._changed.notify_all()
        except (OSError, ValueError):
            pass
        self._leave(one)

    def _leave(self, one: _Subscriber) -> None:
        with self._changed:
            if one in self._subscribers:
                self._subscribers.remove(one)
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            one.connection.shutdown(socket.SHUT_RDWR)
        one.connection.close()

    def _live(self) -> None:
        last = time.monotonic()
        while not self._closed.wait(1.0):
            if time.monotonic() - last < _ALIVE_EVERY_S:
                continue
            last = time.monotonic()
            sign = _SIGN.format(origin=_ORIGIN, time=iso_time(datetime.now(UTC).replace(microsecond=0))).encode()
            with self._changed:
                here = list(self._subscribers)
            for one in here:
                try:
                    one.send(sign)
                except OSError:
                    self._leave(one)
