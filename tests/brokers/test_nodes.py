"""A node that is not there is made, also while others make it; whoever may not is told."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import slixmpp

from gracetape.brokers.xmpp_source import XmppSource
from gracetape.errors import BrokerError

GONE = "item-not-found"


class Service:
    """What a publish-subscribe service answers, in turn: to subscriptions, and to creations ("": done)."""

    def __init__(self, subscriptions: list[str], creations: list[str]) -> None:
        self.subscriptions, self.creations = subscriptions, creations

    async def subscribe(self, *_: object) -> None:
        self._answer(self.subscriptions.pop(0))

    async def create_node(self, *_: object) -> None:
        self._answer(self.creations.pop(0))

    def _answer(self, condition: str) -> None:
        if condition:
            iq = slixmpp.Iq()
            iq["error"]["condition"] = condition
            raise slixmpp.exceptions.IqError(iq)


def subscribe(service: Service, create: bool = True) -> None:
    source: Any = XmppSource.__new__(XmppSource)
    source.url, source._create, source._session = "xmpp://localhost/", create, SimpleNamespace(service="pubsub")
    asyncio.run(source._subscribe(SimpleNamespace(plugin={"xep_0060": service}), "superevent"))


@pytest.mark.parametrize(
    ("subscriptions", "creations"),
    [
        ([""], []),
        ([GONE, ""], [""]),
        ([GONE, ""], ["conflict"]),
        ([GONE, ""], ["internal-server-error"]),  # ejabberd, while another is making it
        ([GONE, GONE, ""], ["internal-server-error", "conflict"]),
    ],
)
def test_a_node_is_there_whoever_makes_it(subscriptions: list[str], creations: list[str]) -> None:
    service = Service(subscriptions, creations)
    subscribe(service)
    assert (service.subscriptions, service.creations) == ([], [])


@pytest.mark.parametrize(
    ("subscriptions", "creations", "create", "said"),
    [
        ([GONE], [], False, "does not let us listen to superevent: item-not-found"),
        (["not-authorized"], [], True, "does not let us listen to superevent: not-authorized"),
        ([GONE, GONE], ["forbidden"], True, "has no node superevent: forbidden"),
        ([GONE] * 4, ["internal-server-error"] * 3, True, "has no node superevent: internal-server-error"),
    ],
)
def test_whoever_may_not_is_told(subscriptions: list[str], creations: list[str], create: bool, said: str) -> None:
    service = Service(subscriptions, creations)
    with pytest.raises(BrokerError, match=f"xmpp://localhost/ {said}$"):
        subscribe(service, create)
    assert (service.subscriptions, service.creations) == ([], [])
