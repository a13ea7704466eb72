"""Tells objects that a server fails at from a server that is gone: then those that are left need not be asked for."""

from functools import partial
from typing import Any

from gracetape.capture.errors import Throttled, Unreachable
from gracetape.capture.hub import Hub
from gracetape.capture.service import ask
from gracetape.errors import CaptureError

#: Objects in a row that a server did not give: then it is asked whether it is there at all.
_IN_A_ROW = 3
#: So many at most, though it is there.
_AT_MOST = 30


class InARow:
    """How many objects in a row did not come since the server cannot be reached, or failed."""

    def __init__(self, client: Any, hub: Hub[Any]) -> None:
        self._client, self._hub, self._count = client, hub, 0

    def came(self) -> None:
        """An object came."""
        self._count = 0

    def is_the_last(self, error: Exception) -> bool:
        """Whether, after this one, no other object needs to be asked for."""
        if not isinstance(error, Unreachable):
            self._count = 0
            return False
        self._count += 1
        if isinstance(error, Throttled) or self._count >= _AT_MOST:
            return True
        return self._count % _IN_A_ROW == 0 and not self._answers()

    def _answers(self) -> bool:
        """Whether the server still says what it is."""
        address = getattr(self._client, "_versioned_service_url", None) or getattr(self._client, "_service_url", None)
        question = partial(ask, self._client, lambda: self._client.get(address), "the root of the API", attempts=2)
        try:
            self._hub.now(question)
        except CaptureError:
            return False
        return True
