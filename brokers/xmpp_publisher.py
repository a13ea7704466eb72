"""Publishes texts to LVAlert nodes, a window of them in flight."""

import threading
from collections import OrderedDict, deque
from itertools import count

import slixmpp
from slixmpp.xmlstream.stanzabase import StanzaBase

from gracetape.brokers.publishing import STOPPED, Counts, OnUndelivered, Publisher, Undelivered
from gracetape.brokers.urls import parse_url
from gracetape.brokers.xmpp_session import XmppSession
from gracetape.brokers.xmpp_wire import create_iq, publish_iq, refusal
from gracetape.errors import BrokerError
from gracetape.leaving import LEAVES_S

#: Messages handed over but not acknowledged, at most.
IN_FLIGHT = 64


class XmppPublisher(Publisher):
    """Publishes over one XMPP session, whose server keeps the order of what comes in.

    What was not acknowledged when the session broke is sent again, in order, once it is up again: listeners may then hear
    a message twice, never in another order. A node that is not there is created on loopback, elsewhere only if the URL
    says `create=yes`.
    """

    def __init__(self, url: str, *, on_undelivered: OnUndelivered | None = None, in_flight: int = IN_FLIGHT) -> None:
        self.url = parse_url(url)
        self.counts = Counts()
        self._prefix, self._create = self.url.options.get("prefix", ""), self.url.flag("create", self.url.loopback)
        self._on_undelivered = on_undelivered or (lambda _: None)
        self._numbers = count(1)
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, str, str]] = deque()  # (number, node, text), not yet sent
        self._flying: OrderedDict[str, tuple[str, str]] = OrderedDict()  # number -> (node, text), oldest first
        self._in_flight = in_flight
        self._nodes: set[str] = set()  # asked for in this session
        self._over = self._woken = False
        self._session = XmppSession(self.url, ready=self._ready, stanza=self._came, over=self._ended)
        self._session.start()

    def publish(self, node: str, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            raise BrokerError(f"{self.url} takes texts, not Avro: send it in the form gwalert or voevent")
        node = self._prefix + node
        number = f"p{next(self._numbers)}"
        publish_iq("x", number, node, payload)
        with self._changed:
            self._changed.wait_for(lambda: self._over or len(self._waiting) + len(self._flying) < self._in_flight)
            if self._over:
                raise self._session.error or BrokerError(f"{self.url}: closed")
            self.counts.sent += 1
            self._waiting.append((number, node, payload))
            wake, self._woken = not self._woken, True
        if wake:
            self._session.soon(self._send)

    def flush(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or not (self._waiting or self._flying))

    def close(self) -> None:
        self.flush()
        self._session.stop()

    def give_up(self, within_s: float = LEAVES_S) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or not (self._waiting or self._flying), within_s)
        self._session.stop()

    # -- on the session's thread

    async def _ready(self, client: slixmpp.ClientXMPP) -> None:
        """Send again what the last session left unanswered, before anything new."""
        self._nodes.clear()
        with self._changed:
            again = [(number, node, text) for number, (node, text) in self._flying.items()]
            self.counts.repeated += len(again)
        for number, node, text in again:
            self._put(client, number, node, text)
        self._session.loop.call_soon(self._send)

    def _send(self) -> None:
        client = self._session.client
        with self._changed:
            self._woken = False
            if client is None or client.transport is None:
                return  # `_ready` comes back here
            while self._waiting:
                number, node, text = self._waiting.popleft()
                self._flying[number] = (node, text)
                self._put(client, number, node, text)

    def _put(self, client: slixmpp.ClientXMPP, number: str, node: str, text: str) -> None:
        """Write a publication to the stream; before the first of a node, ask for the node: the server keeps the order."""
        if node not in self._nodes:
            self._nodes.add(node)
            if self._create:
                client.send_raw(create_iq(self._session.service, f"c{len(self._nodes)}", node))
        client.send_raw(publish_iq(self._session.service, number, node, text))

    def _came(self, stanza: StanzaBase) -> StanzaBase | None:
        """An answer to a publication, or something else. What is said of a node's creation does not matter: it may be there."""
        number = stanza.xml.get("id", "")
        if number not in self._flying or not stanza.xml.tag.endswith("}iq"):
            return stanza
        if stanza.xml.get("type") == "result":
            self._settle(number)
        else:
            node, _ = self._flying[number]
            self._settle(number, f"{self.url} refuses {node}: {refusal(stanza)}")
        return None

    def _settle(self, number: str, failure: str | None = None) -> None:
        with self._changed:
            message = self._flying.pop(number, None)
            if message is None:
                return
            if failure is None:
                self.counts.acknowledged += 1
            else:
                self.counts.failed += 1
            self._changed.notify_all()
        if failure is not None:
            self._on_undelivered(Undelivered(*message, failure))

    def _ended(self, error: BrokerError | None) -> None:
        reason = str(error or f"{self.url}: {STOPPED}")
        with self._changed:
            left = [*self._flying.values(), *((node, text) for _, node, text in self._waiting)]
            self._flying.clear()
            self._waiting.clear()
            self.counts.failed += len(left)
            self._over = True
            self._changed.notify_all()
        for node, text in left:
            self._on_undelivered(Undelivered(node, text, reason))
