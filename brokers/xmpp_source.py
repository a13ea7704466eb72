"""Listens to LVAlert nodes. The server keeps nothing: what is said while the session is down is not heard, and told of."""

import queue
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import slixmpp
from slixmpp.xmlstream.stanzabase import StanzaBase

from gracetape.brokers.sources import Gap, Heard, Source, log_gap, now
from gracetape.brokers.urls import parse_url
from gracetape.brokers.xmpp_session import XmppSession
from gracetape.brokers.xmpp_wire import items_of
from gracetape.errors import BrokerError


class XmppSource(Source):
    """Subscribes the account to nodes and hears what is published there; a session that breaks is made anew.

    Subscriptions are the account's, as with `lvalert subscribe`: they stay when it leaves. `after` is not used.
    """

    def __init__(
        self,
        url: str,
        nodes: Sequence[str],
        *,
        on_gap: Callable[[Gap], None] = log_gap,
        after: Callable[[str], int | None] | None = None,
    ) -> None:
        self.url = parse_url(url)
        self.nodes = tuple(dict.fromkeys(nodes))
        self._prefix = self.url.options.get("prefix", "")
        self._create = self.url.flag("create", self.url.loopback)
        self._heard: queue.SimpleQueue[Heard | None] = queue.SimpleQueue()
        self._on_gap = on_gap
        self._left = False
        self._alive: datetime | None = None  # when the broken session was last known to work
        self._last = now()
        self._session = XmppSession(self.url, ready=self._ready, stanza=self._came, lost=self._broke, over=self._ended)
        self._session.start()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        try:
            heard = self._heard.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if heard is None:
            self._leave()
        return heard

    def _leave(self) -> None:
        self._left = True
        self._heard.put(None)  # for whoever else waits
        if self._session.error is not None:
            raise self._session.error

    @property
    def heard_until(self) -> datetime:
        last = self._last  # read first: while a session is made anew, `_alive` is older than its first words
        return self._alive or last

    @property
    def closed(self) -> bool:
        return self._left

    def close(self) -> None:
        self._session.stop()

    # -- on the session's thread

    async def _ready(self, client: slixmpp.ClientXMPP) -> None:
        client.send_presence()
        for node in self.nodes:
            await self._subscribe(client, self._prefix + node)
        self._last = now()
        if self._alive is not None:
            self._on_gap(Gap(self.nodes, self._alive, self._last, f"the session with {self.url} broke"))
            self._alive = None

    async def _subscribe(self, client: slixmpp.ClientXMPP, node: str) -> None:
        pubsub: Any = client.plugin["xep_0060"]
        try:
            await pubsub.subscribe(self._session.service, node)
        except slixmpp.exceptions.IqError as error:
            if error.condition != "item-not-found" or not self._create:
                raise BrokerError(f"{self.url} does not let us listen to {node}: {error.condition}") from None
            try:
                await pubsub.create_node(self._session.service, node)
            except slixmpp.exceptions.IqError as refused:
                if refused.condition != "conflict":  # somebody else made it first
                    raise BrokerError(f"{self.url} has no node {node}: {refused.condition}") from None
            await pubsub.subscribe(self._session.service, node)

    def _came(self, stanza: StanzaBase) -> StanzaBase | None:
        self._last = now()
        items = items_of(stanza)
        for node, text in items:
            if (own := node.removeprefix(self._prefix)) in self.nodes:
                self._heard.put(Heard(own, text, self._last))
        return None if items else stanza

    def _broke(self) -> None:
        self._alive = self._alive or self._last

    def _ended(self, error: BrokerError | None) -> None:
        if self._alive is not None and error is not None:
            self._on_gap(Gap(self.nodes, self._alive, now(), str(error)))
        self._heard.put(None)
