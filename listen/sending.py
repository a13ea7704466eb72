"""Sends a message to a node: over a broker, or as a line of a file that a listener follows."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from gracetape import brokers
from gracetape.errors import ListenError, UsageError
from gracetape.message_lines import holds_messages
from gracetape.shown import say, target


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


class BrokerSender:
    """Publishes to a broker. What that does not take is a ListenError of who waits for it."""

    def __init__(self, url: str) -> None:
        self._lost = list[brokers.Undelivered]()  # told of by any thread
        self._publisher = brokers.open_publisher(url, on_undelivered=self._lost.append)

    def publish(self, node: str, payload: str) -> None:
        """Send a message."""
        self._publisher.publish(node, payload)

    def flush(self) -> None:
        """Wait until all are delivered; ListenError if one was not."""
        self._publisher.flush()
        if self._lost:
            raise ListenError(self._sentence())

    def _sentence(self) -> str:
        return f"a message to {self._lost[0].node} was not delivered: {self._lost[0].reason}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self._publisher.close()
            return
        self._publisher.give_up()  # Ctrl-C
        if self._lost:
            say(f"gracetape: {self._sentence()}", error=True)


def open_sender(url: str) -> FileSender | BrokerSender:
    """A publisher for a broker's URL, or for `file:PATH` or a bare path. Raises brokers.BrokerError, ListenError, UsageError."""
    scheme, _, rest = url.partition(":")
    if scheme == "file" or not rest or "/" in scheme:
        return FileSender(Path(rest if scheme == "file" else url))
    return BrokerSender(url)


def send(target: str, node: str, text: str) -> None:
    """Send one message and wait until it is delivered; BrokerError or ListenError if it is not."""
    with open_sender(target) as sender:
        sender.publish(node, text)
        sender.flush()
