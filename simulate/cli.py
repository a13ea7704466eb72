"""`gracetape simulate`: live simulated events in a dummy or on a test server, save and run schedules, print the stages.

What the commands do is loaded when they do it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.errors import SimulateError
from gracetape.options import ListenerOption, PageOption, Really, ShowOption, Topics
from gracetape.terminal import commands, run, sentences
from gracetape.times import gps_of

app = commands("Live events that never happened, one or a stream of them.", cls=DefaultCommandGroup, bare=True)
_Option = typer.Option

#: Where streams with a seed begin unless they are told: 2025-01-29, so that a seed alone makes the same bytes.
_FIXED_START = 1422144018.0


class Distribution(StrEnum):
    """How arrivals are spread."""

    poisson = "poisson"
    uniform = "uniform"


class OnError(StrEnum):
    """What an action that fails does to the run."""

    stop = "stop"
    go_on = "go-on"


_To = Annotated[
    str | None,
    _Option(metavar="ARCHIVE|URL", help="A dummy archive (made if need be), a served dummy, or a test server."),
]
_AlertsOnly = Annotated[
    str | None, _Option(metavar="TARGET", help="Keep nothing, send the alerts: -, FILE.jsonl, or a target of replay.")
]
_PublicAlerts = Annotated[
    str | None,
    _Option("--public-alerts", metavar="TARGET", help="Tell the public, too: -, FILE.jsonl, or a target of replay."),
]
_PublicFormat = Annotated[
    str | None,
    _Option("--public-format", metavar="gwalert|gwalert-avro|voevent", help="How (default: gwalert)."),
]
_Speed = Annotated[
    float | None, _Option(metavar="FACTOR", help="Times as fast as real time (default 1).", show_default=False)
]
_Max = Annotated[bool, _Option("--max", help="As fast as possible.")]
_OnError = Annotated[OnError, _Option(help="What to do when an action fails.")]
_Unsafe = Annotated[bool, _Option("--unsafe", help="Allow groups other than Test on a real server.")]
_Quiet = Annotated[bool, _Option("--quiet", "-q", help="No progress and no summary.")]


@app.callback()
def _simulate() -> None:
    """Live events that never happened, one or a stream of them."""


def _offered(incomplete: str) -> list[str]:
    """What a shell completes: the names that stand for a configuration."""
    from gracetape.simulate.configuration import offered

    return [name for name in offered() if name.startswith(incomplete)]


@app.command(DEFAULT, hidden=True)
@sentences
def simulate(
    configurations: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG...",
            help="INI or TOML files, or names that come along (gstlal, cwb, ...).",
            autocompletion=_offered,
        ),
    ],
    rate: Annotated[float, _Option(metavar="HZ", help="Events per second.")] = 0.1,
    num_events: Annotated[
        int | None, _Option("--num-events", "-N", metavar="N", help="How many events (default 1).")
    ] = None,
    duration: Annotated[float | None, _Option(metavar="S", help="For how long events arrive.")] = None,
    distribution: Annotated[Distribution, _Option(help="How arrivals are spread.")] = Distribution.poisson,
    instruments: Annotated[str, _Option(metavar="IFO,...", help="Detectors, by commas.")] = "H1,L1,V1",
    start_gps: Annotated[
        float | None,
        _Option(
            metavar="GPS",
            help="GPS time of the first event (default: now; a fixed one with --seed).",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, _Option(metavar="N", min=0, help="The same seed, the same lives, byte for byte.")
    ] = None,
    far: Annotated[
        str, _Option(metavar="HZ", help="FAR in Hz: 1e-9, log-uniform:LOW,HIGH or power-law:INDEX,LOW,HIGH.")
    ] = "1e-9",
    weights: Annotated[
        str | None, _Option(metavar="WEIGHT,...", help="How often each configuration is taken, by commas.")
    ] = None,
    duty_cycle: Annotated[
        str | None,
        _Option(metavar="IFO=SHARE,...", help="Share of time that detectors listen: H1=0.7,L1=0.8 (others always)."),
    ] = None,
    to: _To = None,
    alerts_only: _AlertsOnly = None,
    public_alerts: _PublicAlerts = None,
    public_format: _PublicFormat = None,
    really: Really = None,
    topics: Topics = None,
    speed: _Speed = None,
    maximum: _Max = False,
    dry_run: Annotated[bool, _Option("--dry-run", help="Show the schedule, and do nothing.")] = False,
    as_json: Annotated[bool, _Option("--json", help="With --dry-run: JSON instead of a table.")] = False,
    save: Annotated[
        Path | None, _Option(metavar="FILE", help="Keep the schedule in a file (simulate run FILE).")
    ] = None,
    on_error: _OnError = OnError.stop,
    unsafe: _Unsafe = False,
    show: ShowOption = None,
    page: PageOption = None,
    listener: ListenerOption = None,
    quiet: _Quiet = False,
) -> None:
    """Live events that never happened, one or a stream of them."""
    import numpy

    from gracetape.destinations import check_writes
    from gracetape.simulate import saved
    from gracetape.simulate.configuration import read_configuration
    from gracetape.simulate.living import live, way_of
    from gracetape.simulate.showing import show_schedule
    from gracetape.simulate.streams import Stream, check, read_far

    start = (
        start_gps
        if start_gps is not None
        else _FIXED_START
        if seed is not None
        else float(round(gps_of(datetime.now(UTC))))
    )
    stream = Stream(
        [read_configuration(name) for name in configurations],
        tuple(word.strip() for word in instruments.split(",") if word.strip()),
        start, rate, 1 if num_events is None and duration is None else num_events, duration, distribution.value,
        read_far(far), _numbers("--weights", weights) if weights else None,
        _shares("--duty-cycle", duty_cycle) if duty_cycle else {},
    )  # fmt: skip
    check(stream)
    way = way_of(
        to, alerts_only, really or (), speed, maximum, on_error is OnError.go_on, quiet, topics, show, page, listener,
        public_alerts, public_format,
    )  # fmt: skip
    if not (dry_run or save or way.somewhere):
        raise SimulateError("say where: --to ARCHIVE or URL, --alerts-only TARGET, --dry-run or --save FILE")
    if way.to is not None:
        check_writes(way.to, way.really, {one.group for one in stream.configurations}, unsafe=unsafe)
    schedule = stream.gen_schedule(numpy.random.default_rng(seed))
    if save:
        saved.save(schedule, save, start)
    if dry_run:
        show_schedule(schedule, as_json)
    elif way.somewhere:
        live(schedule, start, way)


@app.command("run")
@sentences
def run_saved(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A schedule kept with --save.")],
    to: _To = None,
    alerts_only: _AlertsOnly = None,
    public_alerts: _PublicAlerts = None,
    public_format: _PublicFormat = None,
    really: Really = None,
    topics: Topics = None,
    speed: _Speed = None,
    maximum: _Max = False,
    dry_run: Annotated[bool, _Option("--dry-run", help="Show the schedule, and do nothing.")] = False,
    as_json: Annotated[bool, _Option("--json", help="With --dry-run: JSON instead of a table.")] = False,
    on_error: _OnError = OnError.stop,
    unsafe: _Unsafe = False,
    show: ShowOption = None,
    page: PageOption = None,
    listener: ListenerOption = None,
    quiet: _Quiet = False,
) -> None:
    """Run a schedule that was kept in a file."""
    from gracetape.destinations import check_writes
    from gracetape.simulate import saved
    from gracetape.simulate.living import live, way_of
    from gracetape.simulate.showing import show_schedule

    schedule, start = saved.load(path)
    way = way_of(
        to, alerts_only, really or (), speed, maximum, on_error is OnError.go_on, quiet, topics, show, page, listener,
        public_alerts, public_format,
    )  # fmt: skip
    if dry_run:
        show_schedule(schedule, as_json)
        return
    if not way.somewhere:
        raise SimulateError("say where: --to ARCHIVE or URL, --alerts-only TARGET, or --dry-run")
    if way.to is not None:
        check_writes(
            way.to,
            way.really,
            {str(group) for a in schedule if (group := getattr(a.what, "group", None))},
            unsafe=unsafe,
        )
    live(schedule, gps_of(datetime.now(UTC)) if start is None else start, way)


@app.command("sample-alerts")
@sentences
def sample_alerts(
    to: Annotated[
        list[str] | None,
        _Option(metavar="TARGET", help="Where they go: - (the default), FILE.jsonl, a broker or any target of replay."),
    ] = None,
    every: Annotated[float, _Option(min=0.001, metavar="S", help="Seconds from one mock event to the next.")] = 3600.0,
    num_events: Annotated[
        int | None,
        _Option("--num-events", "-N", metavar="N", min=1, help="How many mock events (default: until it is stopped)."),
    ] = None,
    format: Annotated[str, _Option(metavar="gwalert|gwalert-avro|voevent", help="How the public is told.")] = "gwalert",
    seed: Annotated[int | None, _Option(metavar="N", min=0, help="The same seed, the same events.")] = None,
    really: Really = None,
    speed: _Speed = None,
    maximum: _Max = False,
    quiet: _Quiet = False,
) -> None:
    """Send what the public is sent every hour to test with: a mock event (MS...), from its early warning to the last alert.

    Each is an EARLYWARNING, two PRELIMINARY, then INITIAL and perhaps UPDATE, or a RETRACTION, with sky maps.
    """
    from gracetape.simulate.samples import send_samples

    targets = to or ["-"]
    if len(targets) > 1:
        raise SimulateError("sample alerts go to one target at a time: name one with --to")
    send_samples(
        targets[0], every, num_events, format, seed, really or (), speed=speed, maximum=maximum, quiet=quiet
    )  # fmt: skip


@app.command()
@sentences
def stages(
    section: Annotated[str | None, typer.Argument(help="One stage's options; all of them if there is none.")] = None,
    as_json: Annotated[bool, _Option("--json", help="JSON instead of tables.")] = False,
) -> None:
    """Print the stages, each with its options, their defaults and what they mean."""
    from gracetape.simulate.showing import show_stages
    from gracetape.simulate.stages import stages as all_stages

    rows = [row for row in all_stages().values() if section is None or row.section.lower() == section.lower()]
    if not rows:
        raise SimulateError(
            f"there is no stage {section!r}: use {', '.join(row.section for row in all_stages().values())}"
        )
    show_stages(rows, as_json)


@app.command()
@sentences
def configurations(
    name: Annotated[str | None, typer.Argument(help="Print this one, to begin one's own from.")] = None,
) -> None:
    """Print the names of the configurations that come along, or the text of one."""
    from gracetape.simulate.configuration import offered, read_configuration, shipped_text
    from gracetape.simulate.stages import stages as all_stages
    from gracetape.tables import show_table

    if name is not None:
        print(shipped_text(name), end="")
        return
    rows, known = all_stages(), [(name, read_configuration(name)) for name in offered()]
    show_table(
        ("name", "pipeline", "search", "~stages"),
        [
            (name, one.pipeline, one.search, ", ".join(rows[key].section for key in one.sections if key != "uploads"))
            for name, one in known
        ],
    )


def _numbers(option: str, text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise SimulateError(f"{option} {text}: write numbers, by commas") from None


def _shares(option: str, text: str) -> dict[str, float]:
    pairs = [word.partition("=") for word in text.split(",")]
    try:
        return {name.strip(): float(share) for name, _, share in pairs}
    except ValueError:
        raise SimulateError(f"{option} {text}: write H1=0.7,L1=0.8") from None


def main(words: Sequence[str] | None = None, name: str = "gracetape simulate") -> NoReturn:
    """Run the commands."""
    run(app, name, words)
