"""Serves an archive as the commands `serve` and `run` were told to: opens it, sends its alerts, listens, and tidies up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gracetape.archive import Archive, UsageError, locate, timeline_of
from gracetape.dummy.alert_targets import open_alerts
from gracetape.dummy.app import make_app
from gracetape.dummy.faults import MAINTENANCE_RULE, Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.positions import asked_position
from gracetape.dummy.server import Server
from gracetape.dummy.tapes import opened
from gracetape.dummy.throttle import Throttle, read_rates
from gracetape.errors import ArchiveError
from gracetape.same_origin import check_loopback
from gracetape.terminal import say


@dataclass
class Wish:
    """What was asked for on the command line; the options say what each is."""

    archive: Path | None = None
    create: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    user: str = "gracetape"
    as_of: str | None = None
    alerts: str | None = None
    really: Sequence[str] = ()
    faults: Sequence[str] = ()
    seed: int = 0
    throttle: bool = False
    rates: Sequence[str] = ()
    maintenance: bool = False
    api_default: str = "v1"
    group_window: float | None = None
    allowed_hosts: Sequence[str] = ()
    labels: Sequence[str] = ()
    pipelines: Sequence[str] = ()
    searches: Sequence[str] = ()
    keep: bool = False
    read_only: bool = False

    def grouping(self) -> Grouping | None:
        return None if self.group_window is None else Grouping(self.group_window, self.group_window)

    def rules(self) -> Faults:
        rules = [Fault.parse(spec) for spec in self.faults]
        return Faults([Fault.parse(MAINTENANCE_RULE), *rules] if self.maintenance else rules, self.seed)

    def open(self) -> Archive:
        """The archive, made if it is not there and that was asked for, or a scratch over it."""
        if not self.create:
            return opened(locate(self.archive), keep=self.keep, read_only=self.read_only or self.as_of is not None)[0]
        if self.read_only:
            raise UsageError(
                "--create makes an archive to be written to, and --read-only refuses that: say one of them"
            )
        return Archive.at(self.archive or Path("dummy.tape"))


@contextmanager
def served(wish: Wish) -> Iterator[tuple[Archive, Server]]:
    """The archive and the server that answers from it, until the block ends. Raises ArchiveError then if alerts did not get out."""
    check_loopback(wish.host, wish.port)
    if wish.as_of is not None and wish.alerts is not None:
        raise UsageError(
            "--as-of shows what was, where nothing is written: there are no alerts for --alerts; leave one of them out"
        )
    faults = wish.rules()
    if wish.api_default not in ("v1", "v2"):
        raise UsageError(f"there is no API version {wish.api_default!r}: the root answers as v1 or v2")
    throttle = Throttle(read_rates(wish.rates)) if wish.throttle or wish.rates else False
    rest: dict[str, Any] = {"faults": faults, "throttle": throttle, "api_default": wish.api_default}
    rest |= {"labels": wish.labels, "pipelines": wish.pipelines, "searches": wish.searches}
    with wish.open() as tape:
        if tape.read_only or wish.as_of is not None:
            if wish.as_of is not None:
                timeline = timeline_of(tape)
                position = asked_position(timeline, wish.as_of)
                rest |= {"as_of": lambda: position, "timeline": timeline}
            app = make_app(tape, user=wish.user, **rest)
            with Server(app, wish.host, wish.port, allowed_hosts=tuple(wish.allowed_hosts)) as server:
                yield tape, server
            return
        sink = open_alerts(wish.alerts, tape, wish.really)
        try:
            app = make_app(tape, user=wish.user, on_alert=sink, grouping=wish.grouping(), **rest)
            with Server(app, wish.host, wish.port, allowed_hosts=tuple(wish.allowed_hosts)) as server:
                yield tape, server
        except BaseException:
            if said := sink.close():
                say(f"gracetape: {said}", error=True)
            raise
        if said := sink.close():
            raise ArchiveError(said)
