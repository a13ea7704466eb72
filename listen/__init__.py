"""Listens to alerts with many processes: each child has a queue and a plug-in; nothing accepted is lost. It stands alone."""

from brokers import open_source
from listen.alert import Alert, NotAnAlert
from listen.configuration import Configuration, read_configuration
from listen.errors import BadConfiguration, ListenError
from listen.parent import Listener
from listen.plugins import Context, PlugIn
from listen.queue import Queue, QueueItem, Task
from listen.rehearsal import Rehearsal, rehearse

__all__ = [
    "Alert",
    "BadConfiguration",
    "Configuration",
    "Context",
    "ListenError",
    "Listener",
    "NotAnAlert",
    "PlugIn",
    "Queue",
    "QueueItem",
    "Rehearsal",
    "Task",
    "open_source",
    "read_configuration",
    "rehearse",
]
