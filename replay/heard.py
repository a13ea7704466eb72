"""A replay as a source of messages, with no broker between: `replay:ARCHIVE?speed=50&id=S1` for whoever listens."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
        self._messages = self._all()
        self._closed = False
        self.others: Counter[str] = Counter()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        """The next message, at its moment whatever `timeout_s` says; None after the last one."""
        heard = next(self._messages, None)
        self._closed = self._closed or heard is None
        return heard

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        self._player.stop()

    def _all(self) -> Iterator[Heard]:
        for alert in self._player:
            for message in self._player.messages(alert):
                if not self._nodes or message.node in self._nodes:
                    yield Heard(message.node, message.payload_json(), now())
                else:
                    self.others[message.node] += 1
