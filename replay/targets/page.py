"""The page that shows a replay as it happens: each alert once, with all the topics that it goes to."""

from gracetape.archive import Alert
from gracetape.archive.alerts.lines import line_of
from gracetape.live_pages import Teller
from gracetape.replay.message import Message


class PageTarget:
    """Tells a page of alerts; it never fails."""

    def __init__(self, tell: Teller) -> None:
        self._tell = tell
        self._last: Alert | None = None

    def send(self, message: Message) -> None:
        if message.alert is not self._last:
            self._last = message.alert
            self._tell(line_of(message.alert, message.offset_s, message.alert.nodes), lambda: message.line["payload"])

    def close(self) -> None:
        return None
