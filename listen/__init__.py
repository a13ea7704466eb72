"""Listens to alerts with many processes: each child has a queue and a plug-in; nothing accepted is lost. It stands alone."""

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.brokers import (
        open_source as open_source,
    )
    from gracetape.errors import (
        BadConfiguration as BadConfiguration,
        ListenError as ListenError,
    )
    from gracetape.listen.alert import (
        Alert as Alert,
        NotAnAlert as NotAnAlert,
    )
    from gracetape.listen.configuration import (
        Configuration as Configuration,
        read_configuration as read_configuration,
    )
    from gracetape.listen.parent import (
        Listener as Listener,
    )
    from gracetape.listen.plugins import (
        Context as Context,
        PlugIn as PlugIn,
    )
    from gracetape.listen.queue import (
        Queue as Queue,
        QueueItem as QueueItem,
        Task as Task,
    )
    from gracetape.listen.rehearsal import (
        Rehearsal as Rehearsal,
        rehearse as rehearse,
    )

__getattr__, __dir__ = public_names(__name__)
