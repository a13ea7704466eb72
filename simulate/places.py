"""Where a life is lived: a dummy archive, a served GraceDB by its URL, or a dummy of which only the alerts are kept."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from gracetape.archive import Alert, Archive, ArchiveError
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.store import PassingArchive, is_archive
from gracetape.destinations import is_server, server_address
from gracetape.dummy import GraceDb
from gracetape.dummy.alert_targets import Sink, Telling, open_alerts, open_public
from gracetape.errors import ReplayError, SimulateError
from gracetape.leaving import finish
from gracetape.live_pages import Teller
from gracetape.replay.reenact.server import client_at
from gracetape.terminal import say

#: Makes a page on which one sees an archive, and gives what to tell it of alerts; None: there is no page.
Paged = Callable[[Archive], AbstractContextManager[Teller | None]]


def _no_page(tape: Archive) -> AbstractContextManager[Teller | None]:
    return nullcontext()


@contextmanager
def live_in(
    place: str,
    now: Callable[[], datetime],
    on_alert: Callable[[Alert], None] | None = None,
    paged: Paged = _no_page,
    public: "Public | None" = None,
    came: "Came | None" = None,
) -> Iterator[Any]:
    """A client of a place; an archive that is not there yet is made, its times are those that `now` tells, and `on_alert` hears
    its alerts, as the page that `paged` makes does; `public` is told what the public is. `came` takes down what comes of it.
    """
    if is_server(place) and public is not None:
        raise SimulateError(
            f"{place} tells the public itself, if it does (dummy serve --public-alerts): leave that out here"
        )
    if is_server(place):
        url = server_address(place)
        try:
            client = client_at(url)
        except ReplayError as error:
            raise SimulateError(str(error)) from None
        with client:
            yield client
        return
    path = Path(place.removeprefix("dummy:"))
    if came is not None:
        came.was_there = is_archive(path)
    opened = PassingArchive.at(path)
    with opened as archive, paged(archive) as tell, _told(archive, public) as (tell_public, _):
        send = _to_all(came, on_alert, Telling(tell) if tell else None, tell_public)
        with GraceDb(archive, now=now, on_alert=send) as client:
            yield client


@dataclass
class Came:
    """Hears what comes of a life: how many alerts, and the ids that are new. `was_there`: the archive was before."""

    alerts: int = 0
    ids: list[str] = field(default_factory=list)
    was_there: bool = False

    def __call__(self, alert: Alert) -> None:
        self.alerts += 1
        if alert.alert_type == "new":
            self.ids.append(alert.graceid)


@dataclass(frozen=True)
class Public:
    """Where and in which form the public is told of a life; `really`: hosts other than this machine that are allowed."""

    target: str
    format: str | None = None
    really: Collection[str] = ()


@contextmanager
def _told(archive: Archive, public: Public | None) -> Iterator[tuple[Callable[[Alert], None] | None, Sink | None]]:
    """What is called with each alert so that the public is told, and where that goes. Raises ArchiveError at the end if the target says
    that something went wrong.
    """
    if public is None:
        yield None, None
        return
    tell, sink = open_public(public.target, archive, public.format, public.really)
    with _closed_after(sink):
        yield tell, sink


@contextmanager
def _closed_after(sink: Sink | None) -> Iterator[None]:
    """Close a sink after the block, soon if that was stopped. What went wrong with it is an ArchiveError, or is said if all ends anyway."""
    try:
        yield
    except BaseException as error:
        hasty = isinstance(error, KeyboardInterrupt | typer.Exit)
        if sink is not None and (problem := finish(sink, soon=hasty)):
            say(f"gracetape: {problem}", error=True)
        raise
    if sink is not None and (problem := sink.close()):
        raise ArchiveError(problem)


def _reader_gone(sink: Sink) -> bool:
    return bool(getattr(sink, "reader_gone", False))


def _to_all(*hearers: Callable[[Alert], object] | None) -> Callable[[Alert], None] | None:
    """What calls each that there is; None if there is none."""
    here = [hear for hear in hearers if hear is not None]

    def send(alert: Alert) -> None:
        for hear in here:
            hear(alert)

    return send if here else None


@contextmanager
def alerts_alone(
    target: str | None,
    now: Callable[[], datetime],
    really: Collection[str] = (),
    topics: str | None = None,
    on_end: Callable[[], object] | None = None,
    shown: Sink | None = None,
    paged: Paged = _no_page,
    public: Public | None = None,
    came: Came | None = None,
) -> Iterator[Any]:
    """A client of a dummy that is thrown away at the end; its alerts go to `target`, any that replay knows (None: nowhere).

    `really`: hosts other than this machine to which the user lets alerts go; `topics`: those that are made beforehand there.
    `shown` hears them besides, and instead if the target is `-`; so does the page that `paged` makes.
    `came` takes down what comes of it. `on_end` is called when nobody reads the alerts any more, nor what the public is told.
    Raises ArchiveError at the end if the target says that something went wrong on the way.
    """
    with (
        HeldFolder(None, COPIED) as held,
        PassingArchive.create(held.path / "simulated.tape") as archive,
        paged(archive) as tell,
        _told(archive, public) as (tell_public, public_sink),
    ):
        sink: Sink | None = shown if target == "-" else None
        if sink is None and target is not None:
            sink = open_alerts(target, archive, really, topics)
        beside = shown if shown is not sink else None
        to_all = _to_all(came, sink, beside, Telling(tell) if tell else None, tell_public)
        read = [hearer for hearer in (sink, beside, public_sink) if hearer is not None]

        def send(alert: Alert) -> None:
            if to_all is not None:
                to_all(alert)
            if on_end is not None and tell is None and read and all(_reader_gone(hearer) for hearer in read):
                on_end()

        with _closed_after(sink), GraceDb(archive, now=now, on_alert=send) as client:
            yield client
