"""Serves an archive as the commands `serve` and `run` were told to: opens it, sends its alerts, listens, and tidies up."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from gracetape.archive import Alert, Archive, UsageError, locate
from gracetape.dummy.alert_targets import Counted, Told, check_public, open_alerts, open_public
from gracetape.dummy.answering import app_of, asked_of_app
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.server import Server
from gracetape.dummy.tapes import opened
from gracetape.errors import ArchiveError
from gracetape.leaving import finish
from gracetape.live_pages import Teller
from gracetape.same_origin import check_loopback
from gracetape.switching import SERVING_S, switching
from gracetape.terminal import say

if TYPE_CHECKING:
    from gracetape.dummy.workers import Workers


def _as_it_is(app: Any) -> Any:
    return app


@contextmanager
def served(
    options: DummyOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: Sequence[str] = (),
    seen: Callable[[Any], Any] = _as_it_is,
    shown: Callable[[Archive], AbstractContextManager[Teller | None]] = lambda tape: nullcontext(),
    workers: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Archive, Union[Server, "Workers"]]]:
    """The archive and the server that answers from it, until the block ends. `seen` may put itself around the app (with several
    `workers`, in their processes), `shown` make a page that is told of alerts; alerts that are on their way at the end are waited for,
    but not for long where that was asked for by a signal (`stopped`). Raises ArchiveError then if alerts did not get out.
    """
    check_loopback(host, port)
    if options.as_of is not None and options.alerts is not None:
        raise UsageError(
            "--as-of shows what was, where nothing is written: there are no alerts for --alerts; leave one of them out"
        )
    check_public(options.public_alerts, options.public_format)
    if options.public_alerts is not None and (options.as_of is not None or options.as_public or options.read_only):
        raise UsageError("--public-alerts tells of what is written, and nothing can be written here: leave it out")
    asked_of_app(options)  # what cannot be asked is told before anything is opened
    opened_by = partial(
        _serving, options=options, host=host, port=port, allowed_hosts=allowed_hosts, seen=seen, workers=workers
    )
    with switching(SERVING_S), _opened(options) as tape:
        if options.as_of is not None or tape.read_only:
            with shown(tape), opened_by(tape) as server:
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

                with opened_by(tape, on_alert=send) as server:
                    yield tape, server
        except BaseException:
            for said in _closed(sink, told, stopped=True):
                say(f"gracetape: {said}", error=True)
            raise
        if problems := _closed(sink, told, stopped=stopped()):
            raise ArchiveError("; ".join(problems))


def _closed(*sinks: Counted | None, stopped: bool) -> list[str]:
    """What sinks that are closed now say of what did not get out."""
    return [said for sink in sinks if sink is not None and (said := finish(sink, soon=stopped))]


def _serving(
    tape: Archive, on_alert: Callable[[Alert], None] | None = None, *, options: DummyOptions, host: str, port: int,
    allowed_hosts: Sequence[str], seen: Callable[[Any], Any], workers: int,
) -> Union[Server, "Workers"]:  # fmt: skip
    """What answers from an archive: this process, or some that it starts."""
    if workers > 1:
        from gracetape.dummy.workers import Job, Workers  # which few want

        return Workers(Job.over(tape, options, host, tuple(allowed_hosts), seen), workers, port, on_alert)
    return Server(seen(app_of(tape, options, on_alert)), host, port, allowed_hosts=tuple(allowed_hosts))


def _opened(options: DummyOptions) -> Archive:
    """The archive, made if it is not there and that was asked for, or a scratch over it."""
    if not options.create:
        read_only = options.read_only or options.as_of is not None
        return opened(locate(options.archive), keep=options.keep, read_only=read_only)[0]
    if options.read_only:
        raise UsageError("--create makes an archive to be written to, and --read-only refuses that: say one of them")
    return Archive.at(options.archive or Path("dummy.tape"))
