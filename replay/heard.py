"""A replay as a source of messages, with no broker between: `replay:ARCHIVE?speed=50&id=S1` for whoever listens."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from urllib.parse import parse_qs

from gracetape.brokers import BadUrl, BrokerError, Heard, Source
from gracetape.brokers.sources import now
from gracetape.clocks import clock_for
from gracetape.errors import GracetapeError, ReplayError
from gracetape.replay.prepare import play
from gracetape.shown import target


class ReplaySource(Source):
    """The messages of an archive for some nodes (for all, if none is named), each at its moment; ends with the last one.

    Options after `?`: `speed` (a number, or `max`), `id` (may be repeated), `format`. Raises BrokerError.
    """

    def __init__(self, url: str, nodes: Sequence[str] = (), **options_of_brokers: object) -> None:
        path, _, query = url.partition(":")[2].partition("?")
        options = parse_qs(query)
        if unknown := sorted(set(options) - {"speed", "id", "format"}):
            raise BadUrl(f"replay: has no option {unknown[0]!r} (known: speed, id, format)")
        pace = options.get("speed", ["1"])[-1]
        try:
            speed = None if pace == "max" else float(pace)
        except ValueError:
            raise BadUrl(f"speed={pace} makes no sense: write a number, or max") from None
        try:
            clock = clock_for(speed, maximum=speed is None)
            self._player = play(path, *options.get("id", []), clock=clock, format=options.get("format", ["modern"])[-1])
        except (GracetapeError, ReplayError, ValueError) as error:
            raise BrokerError(f"{target(url)}: {error}") from error
        self._nodes = frozenset(nodes)
        self._waiting = deque[Heard]()
        self._begun = self._closed = False
        self.others: Counter[str] = Counter()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._closed:
            if self._waiting:
                return self._waiting.popleft()
            if end is not None and not self._comes_by(end):
                return None
            alert = next(self._player, None)
            self._begun = True
            if alert is None:
                self._closed = True
                break
            for message in self._player.messages(alert):
                if not self._nodes or message.node in self._nodes:
                    self._waiting.append(Heard(message.node, message.payload_json(), now()))
                else:
                    self.others[message.node] += 1
            if not self._waiting and end is not None and time.monotonic() >= end:
                return None  # of a large archive played as fast as it can be, nodes may have few messages
        return None

    def _comes_by(self, end: float) -> bool:
        """Whether the next alert's moment (or the end of all) comes until then; if not, that time passes first."""
        if not self._begun or self._player.speed is None:
            return True  # the first one comes at once, and so does each where time is not real
        while not self._closed:
            next_in_s, left_s = self._player.next_in_s, end - time.monotonic()
            if next_in_s is None or next_in_s / self._player.speed <= max(0.0, left_s):
                return True
            if left_s <= 0:
                return False
            self._player.clock.wait_real(left_s)
        return False

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        self._player.stop()
