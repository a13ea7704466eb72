"""The wires of LVAlert (XMPP) and igwn-alert (Kafka): URLs, credentials, publishing, listening, private brokers.

Knows nothing of archives or of what the messages say.
"""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.bounded_json import (
        read_fast as read_json,
    )
    from gracetape.brokers.opening import (
        open_publisher as open_publisher,
        open_source as open_source,
    )
    from gracetape.brokers.publishing import (
        Counts as Counts,
        Publisher as Publisher,
        Undelivered as Undelivered,
    )
    from gracetape.brokers.recent import (
        Recent as Recent,
    )
    from gracetape.brokers.sources import (
        Gap as Gap,
        Heard as Heard,
        Source as Source,
    )
    from gracetape.brokers.urls import (
        BrokerUrl as BrokerUrl,
        parse_url as parse_url,
    )
    from gracetape.destinations import is_loopback as is_loopback
    from gracetape.errors import (
        BadUrl as BadUrl,
        BrokerError as BrokerError,
    )

__getattr__, __dir__ = public_names(__name__)
