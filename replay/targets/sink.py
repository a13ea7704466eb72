"""A target of the replay as the place where a dummy's alerts go (an entry point of the group `gracetape.sinks`)."""

from collections.abc import Collection
from datetime import datetime

from gracetape.archive import Alert, ArchiveError, UsageError
from gracetape.errors import BadRequest, ReplayError
from gracetape.leaving import finish
from gracetape.replay.message import messages_of
from gracetape.replay.targets.registry import Target, open_target


class Sink:
    """Sends each alert it is called with to a target, one message per node; offsets count from the first."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._first: datetime | None = None

    def __call__(self, alert: Alert) -> None:
        self._first = self._first or alert.created
        try:
            for message in messages_of(alert, (alert.created - self._first).total_seconds()):
                self._target.send(message)
        except ReplayError as error:
            raise ArchiveError(str(error)) from None

    def close(self) -> str | None:
        """Finish; one sentence if something went wrong on the way, else None."""
        return self._target.close()

    def stop(self) -> str | None:
        """As `close`, but soon: what is not delivered within some seconds is given up."""
        return finish(self._target, soon=True)


def open_sink(url: str, really: Collection[str] = ()) -> Sink:
    """The sink that a target's URL means; UsageError if it names nothing usable, or a machine that is not among `really`."""
    try:
        return Sink(open_target(url, really))
    except BadRequest as error:
        raise UsageError(str(error)) from None
    except ReplayError as error:
        raise ArchiveError(str(error)) from None
