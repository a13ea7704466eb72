"""Pulls objects from a GraceDB, through the `ligo.gracedb` client, into an archive."""

import sys
from types import ModuleType

from gracetape.lazy import public_names

TYPE_CHECKING = False  # as typing's, whose import costs more than all else here
if TYPE_CHECKING:
    from gracetape.capture.pull import (
        CaptureResult as CaptureResult,
        capture as capture,
    )
    from gracetape.capture.service import (
        connect as connect,
    )
    from gracetape.errors import (
        CaptureError as CaptureError,
    )

__getattr__, __dir__ = public_names(__name__)

#: How many requests are under way at once, unless it is said.
CONNECTIONS = 8


class _Room(ModuleType):
    """The room can be called: `gracetape.capture(...)` is `gracetape.capture.capture(...)`."""

    def __call__(self, *args: object, **options: object) -> object:
        return self.capture(*args, **options)


sys.modules[__name__].__class__ = _Room
