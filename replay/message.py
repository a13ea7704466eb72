"""What a target is given: one message for one node."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive import Alert


@dataclass(frozen=True)
class Message:
    """An alert on its way to one node; `line` is the JSON Lines record, with `payload` the message as the server sent it.

    Of a message that was damaged on its way the payload is the text that is left.
    """

    alert: "Alert"
    line: dict[str, Any]

    @property
    def node(self) -> str:
        """The node (LVAlert) or topic (igwn-alert)."""
        return str(self.line["node"])

    @property
    def payload(self) -> dict[str, Any]:
        """The message itself, nothing added."""
        payload: dict[str, Any] = self.line["payload"]
        return payload

    def json(self) -> str:
        """The whole record as one line of JSON."""
        return json.dumps(self.line)

    def payload_json(self) -> str:
        """The payload alone, as JSON (or what a fault left of it)."""
        payload = self.line["payload"]
        return payload if isinstance(payload, str) else json.dumps(payload)
