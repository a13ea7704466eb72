"""Listens to LVAlert nodes. The server keeps nothing: what is said while the session is down is not heard, and told of.

That a message came says nothing of those handed on before *now*: they may still be under way, or lie in a server that is
about to be killed. So the service is asked again and again for our subscriptions. It answers in the order of the stream
(RFC 6120, 10.1): with the answer, all that it had handed on when it was asked has come.
"""

import asyncio
import contextlib
import queue
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import slixmpp
from slixmpp.xmlstream.stanzabase import StanzaBase

from gracetape.brokers.sources import Gap, Heard, Source, log_gap, now
from gracetape.brokers.urls import parse_url
from gracetape.brokers.xmpp_session import XmppSession
from gracetape.brokers.xmpp_wire import items_of, subscribed_nodes
from gracetape.errors import BrokerError

#: Seconds between two proofs that all was heard: while messages come, and while none do; and how long an answer may take.
_PROVE_BUSY_S, _PROVE_IDLE_S, _PROOF_WAITS_S = 0.05, 3.0, 20
#: What a server says of a node that somebody else has made, or (ejabberd) is making at the same moment.
_ALSO_MADE = ("conflict", "internal-server-error")


class XmppSource(Source):
    """Subscribes the account to nodes and hears what is published there; a session that breaks is made anew.

    Subscriptions are the account's, as with `lvalert subscribe`: they stay when it leaves. One that somebody else ends is
    made again, and told of as a gap. `after` is not used.
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
        self._heard: queue.SimpleQueue[Heard | datetime | None] = (
            queue.SimpleQueue()
        )  # a time: all until then is before it
        self._on_gap = on_gap
        self._left = False
        self._given_until = now()  # by `poll`
        self._proved: datetime | None = None  # all that was handed on until then has come or was told of as a gap
        self._came_since = asyncio.Event()  # set if a message has come since the last proof was asked for
        self._proving: asyncio.Task[None] | None = None
        self._broke = f"the session with {self.url} broke"
        self._reason = self._broke
        self._session = XmppSession(self.url, ready=self._ready, stanza=self._came, over=self._ended)
        self._session.start()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        limit = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            try:
                heard = self._heard.get(timeout=None if limit is None else max(0.0, limit - time.monotonic()))
            except queue.Empty:
                return None
            if heard is None:
                self._leave()
            if not isinstance(heard, datetime):
                return heard
            self._given_until = heard

    def _leave(self) -> None:
        self._left = True
        self._heard.put(None)  # for whoever else waits
        if self._session.error is not None:
            raise self._session.error

    @property
    def heard_until(self) -> datetime:
        return self._given_until

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
        asked = now()  # from here on at the latest the subscriptions are in force
        listed = await self._subscriptions(client)
        if self._proved is not None:
            self._on_gap(Gap(self.nodes, self._proved, max(asked, self._proved), self._reason))
        self._reason = self._broke
        self._prove(asked)
        self._proving = asyncio.create_task(self._keep_proving(client, listed))

    async def _subscribe(self, client: slixmpp.ClientXMPP, node: str) -> None:
        """Subscribe to a node, and make it first if it is not there and we may."""
        pubsub: Any = client.plugin["xep_0060"]
        refused = ""
        for pause in (0.0, 0.1, 0.4, None):
            try:
                await pubsub.subscribe(self._session.service, node)
                return
            except slixmpp.exceptions.IqError as error:
                if error.condition != "item-not-found" or not self._create:
                    raise BrokerError(f"{self.url} does not let us listen to {node}: {error.condition}") from None
            if pause is None or (refused and refused not in _ALSO_MADE):
                break
            await asyncio.sleep(pause)
            try:
                await pubsub.create_node(self._session.service, node)
            except slixmpp.exceptions.IqError as error:
                refused = error.condition
        raise BrokerError(f"{self.url} has no node {node}: {refused or 'it was made, and is not there'}")

    async def _keep_proving(self, client: slixmpp.ClientXMPP, listed: frozenset[str]) -> None:
        """Ask again and again, soon after messages have come, until the session ends; break it if a subscription is gone."""
        took = 0.0
        while True:
            await asyncio.sleep(
                max(_PROVE_BUSY_S, 2 * took)
            )  # a long list over a slow line is not asked for all the time
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._came_since.wait(), _PROVE_IDLE_S)
            self._came_since.clear()
            asked, begun = now(), time.monotonic()
            try:
                still = await self._subscriptions(client)
            except (TimeoutError, slixmpp.exceptions.IqTimeout):
                continue  # nothing is proved; whether the session still works is found out by its pings
            took = time.monotonic() - begun
            if gone := sorted(listed - still):
                self._reason = f"{self.url} had ended the subscription to {', '.join(gone)}"
                client.disconnect(wait=0.5, ignore_send_queue=True)
                return
            self._prove(asked)

    async def _subscriptions(self, client: slixmpp.ClientXMPP) -> frozenset[str]:
        """Which of our nodes the service lists as subscribed to; all, if it does not want to say. TimeoutError if it is away."""
        pubsub: Any = client.plugin["xep_0060"]
        ours = frozenset(self._prefix + node for node in self.nodes)
        try:
            answer = await pubsub.get_subscriptions(self._session.service, timeout=_PROOF_WAITS_S)
        except slixmpp.exceptions.IqError as error:
            if error.condition.startswith("remote-server"):  # somebody else answers for the service
                raise TimeoutError from None
            return ours
        subscribed = subscribed_nodes(answer)
        return ours if subscribed is None else ours & subscribed

    def _prove(self, asked: datetime) -> None:
        self._proved = asked
        self._heard.put(asked)

    def _came(self, stanza: StanzaBase) -> StanzaBase | None:
        items = items_of(stanza)
        arrived = now()
        for node, text in items:
            if (own := node.removeprefix(self._prefix)) in self.nodes:
                self._heard.put(Heard(own, text, arrived))
        if items:
            self._came_since.set()
        return None if items else stanza

    def _ended(self, error: BrokerError | None) -> None:
        if self._proved is not None and error is not None:
            self._on_gap(Gap(self.nodes, self._proved, max(now(), self._proved), str(error)))
        self._heard.put(None)
