"""Messages to a web server, one POST each, as JSON (or what a notice's form is); the node is in the header `X-Gracetape-Node`."""

import queue
import threading
import time
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import requests

from gracetape.brokers import Counts, Undelivered
from gracetape.brokers.gracedb import nobody
from gracetape.brokers.pauses import pauses
from gracetape.brokers.publishing import STOPPED
from gracetape.destinations import is_loopback
from gracetape.errors import BadRequest, ReplayError
from gracetape.leaving import LEAVES_S
from gracetape.replay.message import Message
from gracetape.replay.targets.broker import Losses
from gracetape.shown import sentence, target

PATIENCE_S = 60.0
_TIMEOUT_S = 30.0
_WAITING = 100
#: Answers after which the same message is sent again.
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class WebhookTarget:
    """Posts payloads in order, from a thread of its own so that a slow server does not delay the clock; a few may wait.

    While the server is away or busy the same message is sent again with growing pauses; after PATIENCE_S it is given up,
    and so is, at once, one that the server refuses.
    """

    def __init__(self, scheme: str, rest: str, patience_s: float = PATIENCE_S) -> None:
        self.url, self.patience_s = f"{scheme}:{rest}", patience_s
        try:
            host = urlsplit(self.url).hostname
            requests.Request("POST", self.url).prepare()
        except (ValueError, requests.RequestException) as error:
            why = sentence(str(error).replace(self.url, target(self.url))).lower()
            raise BadRequest(f"cannot read the URL {target(self.url)!r}: {why}") from None
        if not host:
            raise BadRequest(f"{target(self.url)!r} names no host")
        self.counts = Counts()
        address = urlsplit(self.url).netloc.rpartition("@")[2]
        self._losses = Losses(f"{scheme}://{address}")
        self._session = requests.Session()
        nobody(self._session, self.url)  # a login that is meant is in the URL
        if is_loopback(host):
            self._session.proxies.clear()  # no proxy stands between us and this machine
        self._waiting: queue.Queue[tuple[str, str | bytes] | None] = queue.Queue(_WAITING)
        self._broken: str | None = None
        self._under_way: tuple[str, str | bytes] | None = None
        self._settling = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        if self._broken is not None:
            raise ReplayError(self._broken)
        self.counts.sent += 1
        try:
            self._waiting.put((message.node, message.content))
        except BaseException:  # a signal came while it waited for its place
            self.counts.sent -= 1
            raise

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            self._under_way = item
            failure = self._broken or self._post(*item)
            with self._settling:
                if self._under_way is not item:  # it was given up
                    return
                self._under_way = None
                if failure is None:
                    self.counts.acknowledged += 1
                else:
                    self._lose(item, failure)

    def _lose(self, item: tuple[str, str | bytes], reason: str) -> None:
        self.counts.failed += 1
        self._losses(Undelivered(*item, reason))

    def _post(self, node: str, payload: str | bytes) -> str | None:
        """Deliver one message; the reason if it is given up."""
        content = payload.encode() if isinstance(payload, str) else payload
        headers = {"Content-Type": _type_of(payload), "X-Gracetape-Node": node}
        limit = time.monotonic() + self.patience_s
        for pause in pauses():
            try:
                answer = self._session.post(
                    self.url, data=content, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False
                )
            except requests.RequestException as error:
                reason = f"{self._losses.where} cannot be reached: {type(error).__name__}"
            else:
                if answer.ok and not answer.is_redirect:
                    return None
                reason = f"{self._losses.where} answers {answer.status_code} {answer.reason}"
                if answer.status_code not in _AGAIN:
                    return reason
            if time.monotonic() + pause > limit:
                self._broken = f"{reason} (gave up after {self.patience_s:g} s)"
                return self._broken
            self.counts.repeated += 1
            time.sleep(pause)
        raise AssertionError("unreachable")

    def told(self) -> str:
        """What was delivered, for the end of a replay."""
        return f"{self._losses.where}: {self.counts}"

    def close(self) -> str | None:
        self._waiting.put(None)
        self._thread.join()
        self._session.close()
        return self._losses.sentence(self.counts)

    def stop(self) -> str | None:
        end = time.monotonic() + LEAVES_S
        while self.counts.acknowledged + self.counts.failed < self.counts.sent and time.monotonic() < end:
            time.sleep(0.05)
        reason = self._broken = self._broken or f"{self._losses.where}: {STOPPED}"
        with self._settling:
            if (item := self._under_way) is not None:
                self._under_way = None
                self._lose(item, reason)
            with suppress(queue.Empty):
                while True:
                    if (item := self._waiting.get_nowait()) is not None:
                        self._lose(item, reason)
            self._waiting.put(None)
        return self._losses.sentence(self.counts)


def _type_of(payload: str | bytes) -> str:
    """What a web server is told of a payload: JSON, the XML of a VOEvent, or Avro."""
    if isinstance(payload, bytes):
        return "avro/binary"
    return "text/xml" if payload.startswith("<") else "application/json"


http = partial(WebhookTarget, "http")
https = partial(WebhookTarget, "https")
