"""Messages to LVAlert (`xmpp://`) and igwn-alert (`kafka://`), each as GraceDB sends it."""

import json
import logging

from gracetape.brokers import BadUrl, BrokerError, Counts, Undelivered, open_publisher, parse_url
from gracetape.brokers.publishing import STOPPED
from gracetape.destinations import check_node
from gracetape.errors import BadRequest, ReplayError
from gracetape.replay.message import Message

_log = logging.getLogger(__name__)


def name_of(lost: Undelivered) -> str:
    """Which message it was: `S220609hl log (log 3) for superevent`."""
    try:
        payload = json.loads(lost.payload)
        data = payload.get("data")
        number = f" (log {data['N']})" if isinstance(data, dict) and "N" in data else ""
        about = payload["uid"] if "uid" in payload else payload["superevent_id"]
        return f"{about} {payload['alert_type']}{number} for {lost.node}"
    except (ValueError, KeyError, AttributeError):
        return f"a message for {lost.node}"


#: How many of those that a stop gives up are named.
_NAMED = 5


class Losses:
    """Names each message that is given up on the log, and all of them in a sentence at the end. Of those that a stop gives up, which may
    be thousands, the first few are named.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.last = ""
        self._stopped = 0

    def __call__(self, lost: Undelivered) -> None:
        self.last = lost.reason
        stopped = lost.reason.endswith(STOPPED)
        self._stopped += stopped
        if not stopped or self._stopped <= _NAMED:
            _log.error("not delivered: %s: %s", name_of(lost), lost.reason)
        elif self._stopped == _NAMED + 1:
            _log.error("not delivered: others, too, which are counted at the end")

    def sentence(self, counts: Counts) -> str | None:
        """What to say at the end, if anything was lost."""
        if not counts.failed:
            return None
        return f"{counts.failed} of {counts.sent} messages for {self.where} were not delivered (last: {self.last})"


class BrokerTarget:
    """Publishes each message's payload on its node; many are in flight at once, in the order of each node.

    `counts` says how many were sent, acknowledged and given up. `send` waits while too many are in flight.
    """

    def __init__(self, scheme: str, rest: str) -> None:
        url = f"{scheme}:{rest}"
        try:
            self.url = parse_url(url)
            check_node(self.url, "test_")
            self._losses = Losses(str(self.url))
            self._publisher = open_publisher(url, on_undelivered=self._losses)
        except BadUrl as error:
            raise BadRequest(str(error)) from None
        except BrokerError as error:
            raise ReplayError(str(error)) from None
        self.counts: Counts = self._publisher.counts
        self._allowed: set[str] = set()

    def send(self, message: Message) -> None:
        node = message.node
        if node not in self._allowed:
            check_node(self.url, node)
            self._allowed.add(node)
        payload = message.content
        try:
            self._publisher.publish_of(message.alert.graceid or None, node, payload)
        except BrokerError as error:
            self.counts.sent += 1
            self.counts.failed += 1
            self._losses(Undelivered(node, payload, str(error)))
            raise ReplayError(str(error)) from None

    def told(self) -> str:
        """What was delivered, for the end of a replay."""
        return f"{self.url}: {self.counts}"

    def close(self) -> str | None:
        self._publisher.close()
        return self._losses.sentence(self.counts)

    def stop(self) -> str | None:
        self._publisher.give_up()
        return self._losses.sentence(self.counts)
