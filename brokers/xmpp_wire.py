"""The form of an LVAlert message on the wire: an item of XMPP publish-subscribe (XEP-0060) whose payload is the text.

`ligo-lvalert` puts the text into `<pubsub>`, the older pyxmpp tools put it into `<entry>`; both are read.
A bare carriage return, which JSON never holds within a string, arrives as a line feed.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from slixmpp.xmlstream.stanzabase import StanzaBase

from gracetape.errors import BrokerError

PUBSUB = "http://jabber.org/protocol/pubsub"
_EVENT = f"{PUBSUB}#event"
#: Characters that XML 1.0 cannot hold, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def publish_iq(service: str, number: str, node: str, text: str) -> str:
    """The stanza that publishes a text to a node; BrokerError if XML cannot hold it."""
    if bad := _IMPOSSIBLE.search(text):
        raise BrokerError(f"a message for {node} holds the character {bad.group()!r}, which XMPP cannot carry")
    return (
        f"<iq type='set' id={quoteattr(number)} to={quoteattr(service)}><pubsub xmlns='{PUBSUB}'>"
        f"<publish node={quoteattr(node)}><item><pubsub xmlns='{PUBSUB}'>{escape(text)}</pubsub></item></publish>"
        "</pubsub></iq>"
    )


def create_iq(service: str, number: str, node: str) -> str:
    """The stanza that asks for a node."""
    return (
        f"<iq type='set' id={quoteattr(number)} to={quoteattr(service)}><pubsub xmlns='{PUBSUB}'>"
        f"<create node={quoteattr(node)}/></pubsub></iq>"
    )


def refusal(stanza: StanzaBase) -> str:
    """Why a server refused a request: the condition, and its own words if it has any."""
    error = stanza.xml.find("{*}error")
    if error is None or not len(error):
        return "it does not say why"
    condition = error[0].tag.rpartition("}")[2]
    said = error.findtext("{*}text")
    return f"{condition} ({said})" if said else condition


def items_of(stanza: StanzaBase) -> list[tuple[str, str]]:
    """(node, text) of each item that a stanza announces; none if it announces none."""
    xml = stanza.xml
    if not xml.tag.endswith("}message") or xml.get("type") == "error":
        return []
    found = []
    for items in xml.iterfind(f"{{{_EVENT}}}event/{{{_EVENT}}}items"):
        for item in items.iterfind(f"{{{_EVENT}}}item"):
            for payload in item:
                found.append((items.get("node", ""), "".join(payload.itertext())))
    return found


def subscribed_nodes(stanza: StanzaBase) -> frozenset[str] | None:
    """The nodes in a service's list of one's subscriptions; None if the list is but a part (XEP-0059)."""
    if stanza.xml.find(f"{{{PUBSUB}}}pubsub/{{http://jabber.org/protocol/rsm}}set") is not None:
        return None
    listed = stanza.xml.iterfind(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}subscriptions/{{{PUBSUB}}}subscription")
    return frozenset(one.get("node", "") for one in listed if one.get("subscription") == "subscribed")
