"""Lives a schedule: where and how fast was asked, how far it is, and what came of it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from gracetape.clocks import clock_for
from gracetape.destinations import is_server
from gracetape.dummy.alert_lines import LineOutput
from gracetape.dummy.alert_targets import Sink, StandardOutput, check_public
from gracetape.errors import SimulateError
from gracetape.leaving import terminable
from gracetape.live_pages import live_page
from gracetape.options import Show, shows_lines
from gracetape.progress import hush, progress
from gracetape.schedule import Action, Outcome, Schedule, run
from gracetape.shown import target
from gracetape.signals import status_of
from gracetape.simulate import places
from gracetape.simulate.files import File, check_installed
from gracetape.simulate.storm import storm_of
from gracetape.storms import tell_of
from gracetape.terminal import FAILURE, say
from gracetape.times import utc_of

#: So many new ids are named.
_IDS = 4


@dataclass(frozen=True)
class Way:
    """How a schedule is run: where, and how fast (`maximum`: as fast as possible)."""

    to: str | None
    alerts_only: str | None
    really: Sequence[str]
    speed: float | None
    maximum: bool
    go_on: bool
    quiet: bool
    topics: str | None = None
    show: Show | None = None
    page: int | None = None
    listener: Path | None = None
    public: places.Public | None = None

    @property
    def somewhere(self) -> bool:
        """Whether it goes anywhere at all."""
        return self.to is not None or self.alerts_only is not None or self.public is not None


def way_of(
    to: str | None,
    alerts_only: str | None,
    really: Sequence[str],
    speed: float | None,
    maximum: bool,
    go_on: bool,
    quiet: bool,
    topics: str | None = None,
    show: Show | None = None,
    page: int | None = None,
    listener: Path | None = None,
    public_alerts: str | None = None,
    public_format: str | None = None,
) -> Way:
    """What the options mean together. UsageError if some exclude each other."""
    if to is not None and alerts_only is not None:
        raise SimulateError("--to and --alerts-only exclude each other")
    if topics is not None and to is not None:
        raise SimulateError("--topics makes topics where alerts alone go: name a Kafka broker with --alerts-only")
    if show is not None and to is not None and is_server(to):
        raise SimulateError(
            "--show shows the alerts of an archive or of --alerts-only: a server sends its own elsewhere"
        )
    if page is not None and to is not None and is_server(to):
        raise SimulateError(
            "--page shows what an archive or --alerts-only makes: of a server, `gracetape dummy serve --page` does"
        )
    try:
        clock_for(speed, maximum)
    except ValueError as error:
        raise SimulateError(str(error)) from None
    check_public(public_alerts, public_format)
    public = None if public_alerts is None else places.Public(public_alerts, public_format, really)
    return Way(to, alerts_only, really, speed, maximum, go_on, quiet, topics, show, page, listener, public)


def live(schedule: Schedule, start_gps: float, way: Way) -> None:
    """Run a schedule, show how far it is, and say at the end what came of it."""
    check_installed(file for action in schedule if isinstance(file := getattr(action.what, "file", None), File))
    start = utc_of(start_gps)
    clock = clock_for(way.speed, way.maximum)
    now = lambda: start + timedelta(seconds=clock.now())  # noqa: E731
    outcome = Outcome()
    alone = way.alerts_only or ("-" if way.public is None else None)
    alerts = way.to is not None or alone is not None
    speed = None if way.maximum else way.speed or 1.0
    storm = None if way.quiet else storm_of(schedule, now, speed, way.public, alerts)
    tell_of(storm)
    if storm is None and (way.quiet or not sys.stderr.isatty()):  # plain lines are for storms
        hush()
    shown = _shown(way)
    what = f"what is simulated{'' if way.to is None else f' in {way.to}'}"
    paged = lambda tape: live_page(way.page, what, tape, listener=way.listener)  # noqa: E731
    came = places.Came()
    if way.to is not None:
        place = places.live_in(way.to, now, shown, paged, way.public, came)
    else:
        stop = lambda: clock.stop()  # noqa: E731
        place = places.alerts_alone(alone, now, way.really, way.topics, stop, shown, paged, way.public, came)
    with terminable(), place as client, progress("simulating", len(schedule), "actions") as done:

        def after(action: Action, failure: str | None) -> None:
            done.advance()
            done.doing = str(action)

        clock = clock_for(way.speed, way.maximum)  # counts from here, not from before the archive was made
        try:
            run(schedule, client, clock, go_on=way.go_on, after=after, outcome=outcome)
        except KeyboardInterrupt as stop:
            say(f"stopped: {outcome.done} of {len(schedule)} actions done", error=True)
            raise typer.Exit(status_of(stop)) from None
    for action, reason in outcome.failed:
        say(f"gracetape: at {action.dt:.3f} s, {action}: {reason}", error=True)
    if not way.quiet:
        say(f"{outcome.done} of {len(schedule)} actions done{_what_came(way, came)}", error=True)
    if outcome.failed:
        raise typer.Exit(FAILURE)


def _what_came(way: Way, came: places.Came) -> str:
    """Where it all is, and what is new in an archive that was there before, or how many alerts went where they alone go."""
    if way.to is None:
        alone = way.alerts_only
        alerts = "1 alert" if came.alerts == 1 else f"{came.alerts} alerts"
        return "" if alone in (None, "-") else f": {alerts} to {target(alone)}"
    if not came.was_there:
        return f" in {way.to}"
    more = len(came.ids) - _IDS
    ids = ", ".join(came.ids[:_IDS]) + (f" and {more} more" if more > 0 else "")
    return f" in {way.to}, which was there: {f'added {ids}' if ids else 'no event is new'}"


def _shown(way: Way) -> Sink | None:
    """What shows alerts on standard output: lines on a terminal unless it is quiet, or the public is told there, else what was asked for."""
    public_here = way.public is not None and way.public.target == "-"
    if way.show is None and (way.quiet or public_here or not sys.stdout.isatty()):
        return None
    return LineOutput() if shows_lines(way.show) else StandardOutput()
