"""Serves an archive as the commands `serve` and `run` were told to: opens it, sends its alerts, listens, and tidies up."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from gracetape.archive import Alert, Archive, UsageError, locate
from gracetape.archive.history.streamed import whole_timeline
from gracetape.dummy.alert_targets import Counted, Told, check_public, open_alerts, open_public
from gracetape.dummy.app import make_app
from gracetape.dummy.faults import MAINTENANCE_RULE, Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.positions import asked_position
from gracetape.dummy.server import Server
from gracetape.dummy.tapes import opened
from gracetape.dummy.throttle import Throttle, read_rates
from gracetape.errors import ArchiveError
from gracetape.live_pages import Teller
from gracetape.same_origin import check_loopback
from gracetape.terminal import say


@contextmanager
def served(
    options: DummyOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: Sequence[str] = (),
    seen: Callable[[Any], Any] = lambda app: app,
    shown: Callable[[Archive], AbstractContextManager[Teller | None]] = lambda tape: nullcontext(),
) -> Iterator[tuple[Archive, Server]]:
    """The archive and the server that answers from it, until the block ends. `seen` may put itself around the app,
    `shown` make a page that is told of alerts. Raises ArchiveError then if
    alerts did not get out.
    """
    check_loopback(host, port)
    if options.as_of is not None and options.alerts is not None:
        raise UsageError(
            "--as-of shows what was, where nothing is written: there are no alerts for --alerts; leave one of them out"
        )
    check_public(options.public_alerts, options.public_format)
    if options.public_alerts is not None and (options.as_of is not None or options.as_public or options.read_only):
        raise UsageError("--public-alerts tells of what is written, and nothing can be written here: leave it out")
    rest = _asked_of_app(options)
    grouping = Grouping(options.group_window, options.group_window, options.group_offline)
    grouped = grouping if options.group_superevents or options.group_offline else None
    with _opened(options) as tape:
        if options.as_of is not None or tape.read_only:
            if options.as_of is not None:
                timeline = whole_timeline(tape)
                position = asked_position(timeline, options.as_of)
                rest |= {"as_of": lambda: position, "timeline": timeline}
            app = make_app(tape, **rest)
            with shown(tape), Server(seen(app), host, port, allowed_hosts=tuple(allowed_hosts)) as server:
                yield tape, server
            return
        sink = open_alerts(options.alerts, tape, options.really or (), options.topics)
        public, told = (None, None)
        if options.public_alerts is not None:
            public, told = open_public(options.public_alerts, tape, options.public_format, options.really or ())

        try:
            with shown(tape) as tell:
                heard = Told(sink, tell) if tell else sink

                def send(alert: Alert) -> None:
                    heard(alert)
                    if public is not None:
                        public(alert)

                app = make_app(tape, on_alert=send, grouping=grouped, **rest)
                with Server(seen(app), host, port, allowed_hosts=tuple(allowed_hosts)) as server:
                    yield tape, server
        except BaseException:
            for said in _closed(sink, told):
                say(f"gracetape: {said}", error=True)
            raise
        if problems := _closed(sink, told):
            raise ArchiveError("; ".join(problems))


def _closed(*sinks: Counted | None) -> list[str]:
    """What sinks that are closed now say of what did not get out."""
    return [said for sink in sinks if sink is not None and (said := sink.close())]


def _asked_of_app(options: DummyOptions) -> dict[str, Any]:
    """What an app is made with, whatever it answers from. UsageError for what cannot be asked."""
    rules = [MAINTENANCE_RULE] * options.maintenance + list(options.fault or ())
    faults = Faults([Fault.parse(rule) for rule in rules], options.seed)
    if options.api_default not in ("v1", "v2"):
        raise UsageError(f"there is no API version {options.api_default!r}: the root answers as v1 or v2")
    return {
        "user": options.user, "faults": faults, "api_default": options.api_default,
        "throttle": Throttle(read_rates(options.rate or ())) if options.throttle or options.rate else False,
        "labels": options.label or (), "pipelines": options.pipeline or (), "searches": options.search or (),
        "server_version": options.server_version, "first_id": options.first_id,
        "as_public": options.as_public or None,
    }  # fmt: skip


def _opened(options: DummyOptions) -> Archive:
    """The archive, made if it is not there and that was asked for, or a scratch over it."""
    if not options.create:
        read_only = options.read_only or options.as_of is not None
        return opened(locate(options.archive), keep=options.keep, read_only=read_only)[0]
    if options.read_only:
        raise UsageError("--create makes an archive to be written to, and --read-only refuses that: say one of them")
    return Archive.at(options.archive or Path("dummy.tape"))
