"""Sends a message to a node: over a broker, or as a line of a file that a listener follows."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from gracetape import brokers
from gracetape.errors import ListenError, UsageError
from gracetape.message_lines import holds_messages
from gracetape.shown import target


class FileSender:
    """Appends records to a file, each whole and at once. UsageError for a file of something else, which would be lost."""

    def __init__(self, path: Path) -> None:
        try:
            holds_messages(path)
        except UsageError:
            raise UsageError(f"{target(str(path))} is there and is no file of messages: name another file") from None
        self._path = path

    def publish(self, node: str, payload: str) -> None:
        """Append a message."""
        record = {
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "node": node,
            "payload": json.loads(payload),
        }
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(record).encode() + b"\n")

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_sender(url: str) -> Any:
    """A publisher for a broker's URL, or for `file:PATH` or a bare path. Raises brokers.BrokerError, ListenError, UsageError."""
    scheme, _, rest = url.partition(":")
    if scheme == "file" or not rest or "/" in scheme:
        return FileSender(Path(rest if scheme == "file" else url))
    return brokers.open_publisher(url, on_undelivered=_refuse)


def _refuse(lost: brokers.Undelivered) -> None:
    raise ListenError(f"a message to {lost.node} was not delivered: {lost.reason}")


def send(target: str, node: str, text: str) -> None:
    """Send one message and wait until it is delivered; BrokerError or ListenError if it is not."""
    with open_sender(target) as sender:
        sender.publish(node, text)
        sender.flush()
        counts = getattr(sender, "counts", None)
        if counts is not None and counts.failed:
            raise ListenError(f"the message to {node} was not delivered")
