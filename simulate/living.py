"""Lives a schedule: where and how fast was asked, how far it is, and what came of it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gracetape.clocks import clock_for
from gracetape.errors import SimulateError
from gracetape.schedule import Outcome, Schedule, run
from gracetape.shown import printable
from gracetape.simulate import places
from gracetape.simulate.files import File, check_installed
from gracetape.terminal import FAILURE, say
from gracetape.times import utc_of


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
    public_alerts: str | None = None,
    public_format: str | None = None,
) -> Way:
    """What the options mean together. SimulateError if some exclude each other."""
    if to is not None and alerts_only is not None:
        raise SimulateError("--to and --alerts-only exclude each other")
    if topics is not None and to is not None:
        raise SimulateError("--topics makes topics where alerts alone go: name a Kafka broker with --alerts-only")
    try:
        clock_for(speed, maximum)
    except ValueError as error:
        raise SimulateError(str(error)) from None
    if public_format is not None and public_alerts is None:
        raise SimulateError("--public-format says how the public is told: name where, with --public-alerts TARGET")
    public = None if public_alerts is None else places.Public(public_alerts, public_format, really)
    return Way(to, alerts_only, really, speed, maximum, go_on, quiet, topics, public)


def live(schedule: Schedule, start_gps: float, way: Way) -> None:
    """Run a schedule, show how far it is, and say at the end what came of it."""
    check_installed(file for action in schedule if isinstance(file := getattr(action.what, "file", None), File))
    start = utc_of(start_gps)
    clock = clock_for(way.speed, way.maximum)
    now = lambda: start + timedelta(seconds=clock.now())  # noqa: E731
    outcome = Outcome()
    if way.to is not None:
        place = places.live_in(way.to, now, way.public)
    else:
        alone = way.alerts_only if way.public is not None else way.alerts_only or "-"
        place = places.alerts_alone(alone, now, way.really, way.topics, lambda: clock.stop(), way.public)
    with place as client, _progress(len(schedule), way.quiet) as after:
        clock = clock_for(way.speed, way.maximum)  # counts from here, not from before the archive was made
        try:
            run(schedule, client, clock, go_on=way.go_on, after=after, outcome=outcome)
        except KeyboardInterrupt:
            print(f"stopped: {outcome.done} of {len(schedule)} actions done", file=sys.stderr)
            raise
    for action, reason in outcome.failed:
        say(f"gracetape: at {action.dt:.3f} s, {action}: {reason}", error=True)
    if not way.quiet:
        where = f" in {way.to}" if way.to else ""
        say(f"{outcome.done} of {len(schedule)} actions done{where}", error=True)
    if outcome.failed:
        raise typer.Exit(FAILURE)


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda action, failure: None
        return
    columns = (MofNCompleteColumn(), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("", total=total)
        yield lambda action, failure: bar.update(
            task, advance=1, description=printable(str(action))[:60].replace("[", r"\[")
        )
