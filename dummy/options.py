"""What can be asked of `gracetape dummy serve` and `run`: every option once, with its name on the command line and what it means.

The words of `run` are options and an archive up to `--` or the program, whose words are its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gracetape.errors import UsageError
from gracetape.options import ListenerOption, PageOption, Really, Topics, one_archive

_Option = typer.Option


@dataclass(frozen=True, kw_only=True)
class DummyOptions:
    """What both commands take, as it was written. A field is an option of the same name, unless it says otherwise."""

    archive: Annotated[
        Path | None, _Option("--archive", "-a", metavar="ARCHIVE", help="Which archive, as an option.")
    ] = None
    user: Annotated[str, _Option(metavar="NAME", help="Who writes: the submitter and issuer of what is written.")] = (
        "gracetape"
    )
    create: Annotated[
        bool, _Option("--create", help="Make an empty archive if there is none, and keep writes in it.")
    ] = False
    keep: Annotated[
        bool, _Option("--keep", help="Keep writes in the archive; without, they are thrown away at the end.")
    ] = False
    read_only: Annotated[bool, _Option("--read-only", help="Refuse writes: 403.")] = False
    as_of: Annotated[
        str | None,
        _Option(metavar="N|ID:N|TIME", help="Answer as of log entry N, or a UTC time; nothing can be written then."),
    ] = None
    alerts: Annotated[
        str | None,
        _Option(
            metavar="TARGET",
            help="Where alerts go: -, a file, exec:CMD or any target of replay (ARCHIVE/alerts.jsonl).",
        ),
    ] = None
    public_alerts: Annotated[
        str | None,
        _Option(
            "--public-alerts", metavar="TARGET", help="Where the public is told what is written: any target of replay."
        ),
    ] = None
    public_format: Annotated[
        str | None,
        _Option("--public-format", metavar="gwalert|gwalert-avro|voevent", help="How it is told (default: gwalert)."),
    ] = None
    really: Really = None
    topics: Topics = None
    fault: Annotated[
        list[str] | None,
        _Option(
            metavar="RULE", help="'[METHOD ]PATH:EFFECT[:PROBABILITY]', e.g. 'POST */logs/*:503:0.1'; can be repeated. "
            "EFFECT: a status (503@5: with Retry-After: 5), latency=SECONDS, drop, lose or truncate.",
        ),
    ] = None  # fmt: skip
    seed: Annotated[int, _Option(metavar="N", help="Of the dice for faults: the same seed, the same faults.")] = 0
    throttle: Annotated[
        bool, _Option("--throttle", help="Refuse more writes than the server allows (25/second): 429.")
    ] = False
    rate: Annotated[
        list[str] | None, _Option(metavar="RATE", help="Throttle at 5/minute, or annotation=5/minute alone.")
    ] = None
    maintenance: Annotated[bool, _Option("--maintenance", help="Be down for maintenance: 503 to everything.")] = False
    api_default: Annotated[str, _Option(metavar="v1|v2", help="API version of the root without one.")] = "v1"
    group_superevents: Annotated[
        bool, _Option("--group-superevents", help="Put events into superevents as they come.")
    ] = False
    group_window: Annotated[
        float, _Option(metavar="S", min=0, help="For that: seconds to either side of an event's gpstime.")
    ] = 1.0
    group_offline: Annotated[bool, _Option("--group-offline", help="The same, and offline events, too.")] = False
    label: Annotated[
        list[str] | None,
        _Option("--label", metavar="NAME", help="A label that the server knows besides; may be repeated."),
    ] = None
    pipeline: Annotated[
        list[str] | None, _Option("--pipeline", metavar="NAME", help="A pipeline that it knows besides.")
    ] = None
    as_public: Annotated[
        bool,
        _Option("--as-public", help="Answer as the public server does to who has no login (a tape of that: always)."),
    ] = False
    first_id: Annotated[
        int | None,
        _Option(min=1, max=10**12, metavar="N", help="The least number of new events' ids (a new archive: 1000001)."),
    ] = None
    server_version: Annotated[
        str | None,
        _Option(metavar="VERSION", help="Answer as that version of the server: 2.35 has API v2 in its older shape."),
    ] = None
    search: Annotated[list[str] | None, _Option("--search", metavar="NAME", help="A search that it knows besides.")] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class ServeOptions(DummyOptions):
    """What `serve` takes besides."""

    verbose: Annotated[
        bool, _Option("--verbose", "-v", help="A line for every request (default: for every write, on a terminal).")
    ] = False
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]", help="Default: the only *.tape here.")] = None
    port: Annotated[int, _Option(metavar="PORT", min=0, help="0 takes a free one.")] = 0
    host: Annotated[str, _Option(metavar="HOST", help="A loopback address.")] = "127.0.0.1"
    allow_host: Annotated[
        list[str] | None, _Option(metavar="NAME", help="Answer requests for this host name, too; may be repeated.")
    ] = None
    workers: Annotated[
        int,
        _Option(
            "--workers",
            min=1,
            max=64,
            metavar="N",
            help="How many processes answer; alerts keep the order of the writes.",
        ),
    ] = 1
    page: PageOption = None
    listener: ListenerOption = None


@dataclass(frozen=True, kw_only=True)
class RunOptions(DummyOptions):
    """What `run` takes besides."""

    words: Annotated[
        list[str], typer.Argument(metavar="CMD", help="The program and its arguments.", show_default=False)
    ]


class RunCommand(typer.core.TyperCommand):
    """Reads options before and after the archive; nothing from the program on."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with_value = {opt for p in self.params if not getattr(p, "is_flag", False) for opt in p.opts if opt[0] == "-"}
        options, archive, program = split(args, with_value)
        asks = {"--help", "-h", "--version"} & set(options)
        if archive is not None and not (program or asks or ctx.resilient_parsing):
            raise UsageError("say what to run, as in: gracetape dummy run run.tape -- python listener.py")
        rest: list[str] = super().parse_args(ctx, [*options, "--", *program])
        if archive is not None:
            ctx.params["archive"] = one_archive(Path(archive), ctx.params.get("archive"))
        return rest


def split(words: Sequence[str], with_value: set[str]) -> tuple[list[str], str | None, list[str]]:
    """(options with their values, the archive if a word names one, the program and its arguments).

    A word is an archive if it is named NAME.tape, or if no option names one and only options stand between it and `--`.
    """
    before, first, rest = _options(words, with_value)
    if first is None or first == "--":
        return before, None, rest
    after, second, program = _options(rest, with_value)
    named = any(word.partition("=")[0] in ("-a", "--archive") for word in before)
    if first.endswith(".tape") or (second == "--" and not named and (not after or Path(first).exists())):
        return [*before, *after], first, program if second in (None, "--") else [second, *program]
    return before, None, [first, *rest]


def _options(words: Sequence[str], with_value: set[str]) -> tuple[list[str], str | None, list[str]]:
    """The options that words begin with, the first word that is none, and what follows it."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        place += 2 if words[place] in with_value else 1
    return list(words[:place]), words[place] if place < len(words) else None, list(words[place + 1 :])
