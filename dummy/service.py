"""What all resources share: the archive, where to read, how to write, and where the alerts of a write go."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from gracetape.archive import Alert, Archive, Position, Timeline, timeline_of
from gracetape.dummy.acts.writer import Writer
from gracetape.dummy.alert_queue import AlertQueue
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.kept_answers import KeptAnswers, Verbatim
from gracetape.dummy.links import HOME, relink
from gracetape.dummy.problems import Problem, Style
from gracetape.dummy.server_settings import ServerSettings, settings_of
from gracetape.dummy.source import PublicSource, Source


class Service:
    """A GraceDB over an archive. `as_of`, if given, says which moment is answered; then nothing can be written.

    `settings` are the server's lists; if they are not given, those of the servers that the archive was captured from. `first_id`
    is the least number of new events' ids. `as_public`: whoever asks is nobody in particular, sees what is public and changes nothing.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        user: str = "gracetape",
        as_of: Callable[[], Position | None] | None = None,
        timeline: Timeline | None = None,
        on_alert: Callable[[Alert], None] | None = None,
        now: Callable[[], datetime] | None = None,
        grouping: Grouping | None = None,
        settings: ServerSettings | None = None,
        first_id: int | None = None,
        as_public: bool = False,
    ) -> None:
        self.as_public = as_public
        self.archive, self.user, self.first_id = archive, user, first_id
        self.now = now or (lambda: datetime.now(UTC))
        self.on_alert, self.grouping = on_alert, grouping
        self.settings = settings_of(archive) if settings is None else settings
        self._as_of, self._given_timeline = as_of, timeline
        self._live = Source(archive)
        self.kept, self.verbatim = KeptAnswers(), Verbatim()

    @cached_property
    def _alert_queue(self) -> AlertQueue:
        return AlertQueue.of(self.archive.place)

    @cached_property
    def timeline(self) -> Timeline:
        return self._given_timeline or timeline_of(self.archive)

    def source(self) -> Source:
        """Where this moment's answers come from."""
        position = self._as_of() if self._as_of else None
        kind = PublicSource if self.as_public else Source
        if position is None:
            return kind(self.archive) if self.as_public else self._live
        return kind(self.archive, lambda: self.timeline, position)

    def check_writable(self) -> None:
        """Problem (403) if nothing can be written here."""
        if self._as_of is not None and self._as_of() is not None:
            raise Problem(403, "This dummy answers as of an earlier moment: nothing can be written to it.", Style.ERROR)
        if self.archive.read_only:
            raise Problem(
                403, f"{self.archive.path} is open for reading only: nothing can be written to it.", Style.ERROR
            )

    @contextmanager
    def write(self, root: str) -> Iterator[Writer]:
        """A block whose writes are kept together or not at all; their alerts, with links under `root`, go out after it."""
        self.check_writable()
        announcing = self.on_alert is not None
        with self._alert_queue.turn.held() if announcing else nullcontext():
            with self._alert_queue.writing:
                with self.archive.transaction() as transaction:
                    writer = Writer(transaction, self.user, self.now(), announcing=announcing, first_id=self.first_id)
                    yield writer
                if self.on_alert is not None:
                    self._alert_queue.put(self.on_alert, [_led_to(alert, root) for alert in writer.alerts])
            self._alert_queue.drain()


def _led_to(alert: Alert, root: str) -> Alert:
    if root == HOME:
        return alert
    return replace(alert, data=relink(alert.data, HOME, root), object=relink(alert.object, HOME, root))
