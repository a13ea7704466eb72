"""What one test has: its tapes, one GraceDB over them that takes writes on a scratch, the alerts of these, a replay."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property
from importlib.resources.abc import Traversable
from os import PathLike
from threading import RLock
from typing import Any, Self

from ligo.gracedb.rest import GraceDb as OrdinaryClient

from gracetape.archive import Archive, Position, Timeline, alerts_of, timeline_of
from gracetape.archive.held_folders import SCRATCHED, HeldFolder
from gracetape.archive.scratch import ScratchView
from gracetape.clocks import VirtualClock
from gracetape.dummy import Faults, make_app, serve
from gracetape.dummy.client import mount
from gracetape.dummy.links import HOME
from gracetape.dummy.option_checks import check_options
from gracetape.dummy.positions import position_of
from gracetape.replay.copies import Arrangement
from gracetape.replay.message_queue import MessageQueue
from gracetape.replay.player import Player
from gracetape.replay.selection import Selection
from gracetape.replay.serving import on_scratch
from gracetape.replay.standing import standing
from gracetape.testing.alert_list import Alerts
from gracetape.testing.leading import leading_to
from gracetape.testing.packages import unpacked
from gracetape.testing.player import Replay
from gracetape.testing.wanted import AsOf


class _Client(OrdinaryClient):  # type: ignore[misc]
    """The ordinary client, answered by an application in this process."""

    def __init__(self, app: Any) -> None:
        self.app = app
        super().__init__(HOME, force_noauth=True)
        mount(self, app)


class TapeSession:
    """One GraceDB over some tapes (none: over an empty one), as of a moment of them, for one test; close it after that.

    `gracedb` is a client, `url` where it is served (and where clients that others make are led from then on), `alerts` what writes
    announce, `replay` plays the tapes while all clients see what was there by then. What is written is seen by all of
    these, and is gone in the end. `options` are the dummy's. Raises ArchiveError for a tape or a cutoff that is not there,
    UsageError for an option that makes no sense.
    """

    def __init__(
        self,
        *tapes: str | PathLike[str] | Traversable | Archive,
        cutoff: AsOf | Sequence[AsOf] = None,
        playing: bool = False,
        seed: int = 0,
        **options: Any,
    ) -> None:
        self._stack, self.alerts = ExitStack(), Alerts()
        self._playing, self._answering, self._making = playing, None, RLock()
        check_options({**options, "seed": seed})
        faults = options.pop("faults", ())
        self.faults = (
            faults if isinstance(faults, Faults) else Faults([faults] if isinstance(faults, str) else faults, seed)
        )
        self._options = {**options, "faults": self.faults, "on_alert": self.alerts.add}
        with self._stack.pop_all() as stack:  # closed if something is wrong with the tapes
            self.archives = [self._opened(tape, stack) for tape in tapes or (self._empty(stack),)]
            self._cutoffs: list[Any] = (
                list(cutoff) if isinstance(cutoff, list | tuple) else [cutoff] * len(self.archives)
            )
            if any(moment is not None for moment in self._cutoffs):
                self.positions  # noqa: B018  # a sentence now, if there is no such moment
            self._stack = stack.pop_all()

    def __repr__(self) -> str:
        return f"<TapeSession over {len(self.archives)} tapes, {len(self.alerts)} alerts>"

    @staticmethod
    def _opened(tape: str | PathLike[str] | Traversable | Archive, stack: ExitStack) -> Archive:
        if isinstance(tape, Archive):
            return tape
        path = str(tape) if isinstance(tape, str | PathLike) else unpacked(tape)
        return stack.enter_context(Archive.open(path))

    @staticmethod
    def _empty(stack: ExitStack) -> Archive:
        path = stack.enter_context(HeldFolder(None, SCRATCHED)).path / "empty.tape"
        Archive.create(path).close()
        return stack.enter_context(Archive.open(path))

    @property
    def archive(self) -> Archive:
        """The (first) tape."""
        return self.archives[0]

    @cached_property
    def timelines(self) -> list[Timeline]:
        return [timeline_of(archive) for archive in self.archives]

    @cached_property
    def positions(self) -> list[Position]:
        """The moment of each tape that is asked: its end, unless there is a cutoff."""
        pairs = zip(self.timelines, self._cutoffs, strict=True)
        return [timeline.end if cutoff is None else position_of(timeline, cutoff) for timeline, cutoff in pairs]

    @cached_property
    def replay(self) -> Replay:
        """A player of the tapes, up to their cutoffs, on a virtual clock."""
        selections = []
        for archive, timeline, end in zip(self.archives, self.timelines, self.positions, strict=True):
            alerts = [alert for alert in alerts_of(timeline) if alert.position is None or alert.position <= end]
            cut = None if end == timeline.end else end
            selections.append((Selection(alerts, timeline=timeline, source=archive, end=cut), 0.0))
        queue = MessageQueue(Arrangement().copies_of(selections))
        player = Player(queue, VirtualClock(), timeline=self.timelines[0])
        player.stand()
        with self._making:
            if queue.copies:
                self._answering = on_scratch(player, self._stack, **self._options)  # from now on as of its position
            else:  # nothing that is to come
                self._answering = self._answering or self._made()
        return Replay(player)

    def _ready(self) -> Any:
        """The application that answers, made once; another one once a replay is asked for."""
        with self._making:
            if self._answering is None and self._playing:
                self.replay  # noqa: B018
            elif self._answering is None:
                self._answering = self._made()
            return self._answering

    def _made(self) -> Any:
        if len(self.archives) == 1 and self._cutoffs[0] is None:
            return make_app(self._stack.enter_context(ScratchView(self.archive)), **self._options)
        tapes = list(zip(self.archives, self.timelines, self.positions, strict=True))
        return standing(tapes, self._stack, **self._options)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """The GraceDB as a web application (WSGI)."""
        return (self._answering or self._ready())(environ, start_response)

    @cached_property
    def gracedb(self) -> Any:
        """An ordinary `ligo.gracedb.rest.GraceDb`."""
        return self._stack.enter_context(_Client(self.app))

    @cached_property
    def url(self) -> str:
        """The API's root on loopback; clients that name other hosts are led there from now on."""
        self._ready()  # here, before several threads ask for it
        url = self._stack.enter_context(serve(self.app)).url
        self._stack.enter_context(leading_to(url))
        return url

    def close(self) -> None:
        """Stop serving, and throw away what was written."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
