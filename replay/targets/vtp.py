"""VOEvents to whoever subscribes here: `vtp://localhost:8099/` is a broker of the VOEvent Transport Protocol while the replay lasts."""

from urllib.parse import parse_qsl, urlsplit

from gracetape.brokers.vtp_broker import VtpBroker
from gracetape.destinations import is_loopback
from gracetape.errors import BadRequest, BrokerError, ReplayError
from gracetape.leaving import LEAVES_S
from gracetape.notices import is_voevent
from gracetape.replay.message import Message
from gracetape.shown import target

_PORT, _PATIENCE_S, _SETTLE_S = 8099, 60.0, 10.0


class VtpTarget:
    """Waits, before the first message, until `subscribers` (default 1) are there, `patience` seconds at most (60)."""

    def __init__(self, rest: str) -> None:
        url = f"vtp:{rest}"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "localhost", _PORT if parts.port is None else parts.port
            options = dict(parse_qsl(parts.query, keep_blank_values=True))
            self._wanted = int(options.pop("subscribers", "1"))
            self._patience_s = float(options.pop("patience", str(_PATIENCE_S)))
        except ValueError:
            raise BadRequest(
                f"cannot read the URL {target(url)!r}: write vtp://localhost:8099/?subscribers=1"
            ) from None
        if options or self._wanted < 0 or not 0 <= self._patience_s < 1e9:
            raise BadRequest(f"{target(url)!r} can say subscribers=NUMBER and patience=SECONDS, nothing else")
        if not is_loopback(host):
            raise BadRequest(f"subscribers come to this machine: write vtp://localhost:{port}/, not {host}")
        try:
            self._broker = VtpBroker("127.0.0.1" if host == "localhost" else host, port)
        except BrokerError as error:
            raise ReplayError(str(error)) from None
        self.name = f"vtp://{host}:{self._broker.port}"
        self._began = False
        self._sent = self._reached = 0

    def send(self, message: Message) -> None:
        content = message.content
        if not isinstance(content, str) or not is_voevent(content):
            raise ReplayError(f"{self.name} takes VOEvents alone: add --format voevent")
        if not self._began:
            self._began = True
            if not self._broker.wait_for(self._wanted, self._patience_s):
                raise ReplayError(f"{self.name}: {self._broker.subscribers} of {self._wanted} subscribers came in time")
        self._sent += 1
        self._reached += self._broker.send(content.encode())

    def told(self) -> str:
        """What was delivered, for the end of a replay."""
        return f"{self.name}: {self._sent} sent, {self._broker.acknowledged} acknowledgements"

    def close(self) -> str | None:
        return self._end(_SETTLE_S)

    def stop(self) -> str | None:
        return self._end(LEAVES_S)

    def _end(self, settle_s: float) -> str | None:
        self._broker.settle(settle_s)
        missing = self._reached - self._broker.acknowledged
        self._broker.close()
        return f"{missing} of {self._reached} deliveries by {self.name} were not acknowledged" if missing > 0 else None
