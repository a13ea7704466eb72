"""The wires of LVAlert (XMPP) and igwn-alert (Kafka): URLs, credentials, publishing, listening, private brokers.

Knows nothing of archives or of what the messages say.
"""

from brokers.errors import BadUrl, BrokerError
from brokers.opening import open_publisher, open_source
from brokers.publishing import Counts, Publisher, Undelivered
from brokers.reading import read_json
from brokers.recent import Recent
from brokers.sources import Gap, Heard, Source
from brokers.urls import BrokerUrl, is_loopback, parse_url

__all__ = [
    "BadUrl",
    "BrokerError",
    "BrokerUrl",
    "Counts",
    "Gap",
    "Heard",
    "Publisher",
    "Recent",
    "Source",
    "Undelivered",
    "is_loopback",
    "open_publisher",
    "open_source",
    "parse_url",
    "read_json",
]
