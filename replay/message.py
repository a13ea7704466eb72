"""What a target is given: one message for one node."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from gracetape.archive import Alert
from gracetape.archive.alerts.notices.public_alert import PublicAlert
from gracetape.plain_text import cut, plain

# Messages come from JSON, so no part of one holds itself.
_encode = json.JSONEncoder(check_circular=False).encode


class Body:
    """What is sent, as the server sent it, or the text that is left of it after damage; all nodes of an alert share one.

    `payload` is what JSON holds, a text that is none (a VOEvent), or bytes (an Avro container).
    """

    __slots__ = ("_text", "payload")

    def __init__(self, payload: dict[str, Any] | str | bytes, text: str | None = None) -> None:
        self.payload = payload
        self._text = payload if isinstance(payload, str) else text

    @property
    def text(self) -> str:
        """As it goes out: JSON, made once, or what a fault left of it; bytes, where only a text can be held, in base64."""
        if self._text is None:
            raw = self.payload
            self._text = base64.b64encode(raw).decode("ascii") if isinstance(raw, bytes) else _encode(raw)
        return self._text

    @property
    def content(self) -> str | bytes:
        """As it goes over a wire: bytes where they are, else the text."""
        return self.payload if isinstance(self.payload, bytes) else self.text


@dataclass(slots=True, repr=False)
class Message:
    """An alert on its way to one node (LVAlert) or topic (igwn-alert), `offset_s` played seconds after the first one."""

    alert: Alert
    node: str
    offset_s: float
    body: Body

    def __repr__(self) -> str:
        alert = self.alert
        about = f"{alert.graceid} {alert.alert_type}{'' if alert.n is None else f', log {alert.n}'}"
        return f"<Message to {cut(plain(self.node), 40)} at {self.offset_s:g} s: {cut(plain(about), 50)}>"

    @property
    def payload(self) -> dict[str, Any]:
        """The message itself, nothing added; of one that was damaged on its way, the text that is left."""
        payload: dict[str, Any] = self.body.payload  # type: ignore[assignment]
        return payload

    @property
    def line(self) -> dict[str, Any]:
        """The JSON Lines record."""
        payload = self.body.text if isinstance(self.body.payload, bytes) else self.payload
        return {**self.alert.envelope(self.node, self.offset_s).fields(), "payload": payload}

    def json(self) -> str:
        """The whole record as one line of JSON."""
        text = self.body.text if isinstance(self.body.payload, dict) else json.dumps(self.body.text)
        return self.alert.envelope(self.node, self.offset_s).line(text)

    def payload_json(self) -> str:
        """The payload alone, as JSON (or what a fault left of it)."""
        return self.body.text

    @property
    def content(self) -> str | bytes:
        """The payload alone, as it goes over a wire: text, or bytes where the form is no text."""
        return self.body.content


def messages_of(alert: Alert, offset_s: float, format: str = "modern") -> list[Message]:
    """What is sent for an alert in one of the forms: a message per node, none where that form had no such message."""
    payload = alert.payload(format)
    if payload is None:
        return []
    as_it_came = payload is alert.heard or (isinstance(alert, PublicAlert) and isinstance(payload, dict))
    body = Body(payload, _as_it_came(alert) if as_it_came else None)
    return [Message(alert, node, offset_s, body) for node in alert.nodes]


def _as_it_came(alert: Alert) -> str | None:
    """The text of a message that was heard, if it can be a line of a file."""
    text = alert.heard_text
    return text if text and "\n" not in text and "\r" not in text else None
