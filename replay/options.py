"""What can be asked of `gracetape replay`: every option once, with its name on the command line, what it takes and what it means."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from gracetape.options import ListenerOption, PageOption, ShowOption, archives_here

_What = partial(typer.Option, rich_help_panel="What is played")
_When = partial(typer.Option, rich_help_panel="When it comes")
_Ids = partial(typer.Option, rich_help_panel="Under which ids")
_Fault = partial(typer.Option, rich_help_panel="What goes wrong on the way")
_Where = partial(typer.Option, rich_help_panel="Where it goes")
_Again = partial(
    typer.Option, rich_help_panel="When it is written again (--to dummy:ARCHIVE, gracedb+https://HOST/api/)"
)


def _formats(incomplete: str) -> list[str]:
    """What a shell completes: the forms that messages have had."""
    from gracetape.archive.alerts.formats import FORMATS
    from gracetape.archive.alerts.notices.public_alert import PUBLIC_FORMATS

    return [name for name in (*FORMATS, *PUBLIC_FORMATS) if name.startswith(incomplete)]


@dataclass(frozen=True)
class Options:
    """One command line, as it was written. A field is an option of the same name, unless it says otherwise."""

    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARCHIVE|ID",
            help="Archives, and ids in the archive named before: G1234, G1234@2, G1234:20. None: all of it.",
            autocompletion=archives_here,
        ),
    ] = None
    archive: Annotated[
        str | None,
        typer.Option(
            "--archive",
            "-a",
            metavar="ARCHIVE",
            help="The archive; else $GRACETAPE_ARCHIVE, else the only *.tape here.",
        ),
    ] = None

    cutoff: Annotated[int | None, _What(metavar="N", help="Nothing that the server sent after log entry N.")] = None
    start: Annotated[int | None, _What(metavar="N", help="Begin at log entry N.")] = None
    until: Annotated[str | None, _What(metavar="TIME", help="Nothing after this time (UTC, ISO 8601).")] = None
    format: Annotated[
        str,
        _What(
            metavar="FORM", autocompletion=_formats, show_default="modern; with --as-public: gwalert",
            help="The form of the messages: modern, that of older servers, or a notice's (a wrong name lists them).",
        ),
    ] = ""  # fmt: skip
    as_public: Annotated[
        bool,
        _What("--as-public", help="What the public was told: notices (igwn.gwalert), not GraceDB's own messages."),
    ] = False
    certain_only: Annotated[bool, _What("--certain-only", help="Leave out what is inferred or guessed.")] = False

    speed: Annotated[
        float | None, _When(metavar="FACTOR", help="Times as fast as it happened (default 1).", show_default=False)
    ] = None
    maximum: Annotated[bool, _When("--max", help="As fast as possible.")] = False
    rate: Annotated[float | None, _When(metavar="R", help="R messages a second at most.", show_default=False)] = None
    spread: Annotated[
        str, _When(metavar="as-recorded|burst|even", help="Messages of one second; burst: at its beginning.")
    ] = "as-recorded"
    loop: Annotated[int | None, _When(metavar="TIMES", help="Play it that often (0: until it is stopped).")] = None
    gap: Annotated[float, _When(metavar="S", help="With --loop: seconds between.")] = 1.0
    offset: Annotated[
        list[str] | None,
        _When(metavar="NAME=S", help="Let an archive or id named before come S seconds later; may be repeated."),
    ] = None
    align: Annotated[
        str,
        _When(
            metavar="as-recorded|start", help="Archives and ids: the time between them is kept, or all begin at once."
        ),
    ] = "as-recorded"
    retime: Annotated[bool, _When("--retime", help="Move all times in the messages, so that it happens now.")] = False
    retime_to: Annotated[str | None, _When("--retime-to", metavar="TIME", help="The same, as if it began then.")] = None

    rename: Annotated[
        list[str] | None,
        _Ids(
            "--as",
            metavar="TEMPLATE",
            help="New ids: T{n} for events; TS260101{letters} for superevents (default: other letters).",
        ),
    ] = None
    copies: Annotated[int, _Ids(metavar="N", help="N copies, each under ids of its own.")] = 1
    every: Annotated[float, _Ids(metavar="S", help="Copies begin S seconds after one another.")] = 0.0

    drop: Annotated[float, _Fault(metavar="SHARE", help="Lose that share of the messages.")] = 0.0
    duplicate: Annotated[float, _Fault(metavar="SHARE", help="Send that share twice.")] = 0.0
    corrupt: Annotated[float, _Fault(metavar="SHARE", help="Damage that share.")] = 0.0
    delay: Annotated[str | None, _Fault(metavar="DIST", help="Delays: 2, 'uniform(0, 5)', 'lognormal(0, 1)', ...")] = (
        None
    )
    reorder: Annotated[int, _Fault(metavar="K", help="Let a message be overtaken by up to K later ones.")] = 0
    seed: Annotated[int | None, _Fault(metavar="N", help="Let the same go wrong each time.")] = None
    fault_log: Annotated[
        str | None, _Fault("--fault-log", metavar="FILE", help="A line of JSON per touched message (default: stderr).")
    ] = None

    to: Annotated[
        list[str] | None,
        _Where(
            metavar="TARGET",
            help="- (standard output), FILE.jsonl, 'exec:CMD', a broker's or web server's URL; may be repeated.",
        ),
    ] = None
    force: Annotated[bool, _Where("--force", help="Replace the messages in a file that is there.")] = False
    append: Annotated[bool, _Where("--append", help="Add to the messages in a file that is there.")] = False
    show: ShowOption = None
    really: Annotated[
        list[str] | None,
        _Where("--yes-really-send-to", metavar="HOST", help="Let messages leave this machine for HOST."),
    ] = None
    topics: Annotated[
        str | None,
        _Where(
            metavar="NAMES",
            help="Make topics on Kafka targets beforehand, for listeners: igwn (the usual ones), or names by commas.",
        ),
    ] = None
    serve: Annotated[
        int | None,
        _Where(
            "--serve", metavar="PORT", min=0, max=65535,
            help="Be a GraceDB on loopback that answers as of the last message (0: any free port).",
        ),
    ] = None  # fmt: skip
    record_branch: Annotated[
        str | None,
        _Where(
            "--record-branch", metavar="ARCHIVE",
            help="With --serve: keep what is written to it in a new archive.",
        ),
    ] = None  # fmt: skip
    read_only: Annotated[
        bool, _Where("--read-only", help="With --serve: refuse writes (403); without, they are thrown away at the end.")
    ] = False

    page: PageOption = None
    listener: ListenerOption = None

    group: Annotated[
        str, _Again(metavar="GROUP", help="The group that events are put into; as-recorded: their own.")
    ] = "Test"
    search: Annotated[
        str | None,
        _Again(metavar="SEARCH", help="Their search; as-recorded: their own (default: that, in group Test; else MDC)."),
    ] = None
    gps: Annotated[
        str | None, _Again(metavar="START:END", help="Everything whose t_0 or gpstime is in this range.")
    ] = None
    placeholders: Annotated[
        bool, _Again("--placeholders", help="Write a line in place of files that the recording lacks.")
    ] = False
    on_error: Annotated[str, _Again(metavar="stop|go-on", help="When a write fails.")] = "stop"

    dry_run: Annotated[bool, _Where("--dry-run", help="Show what would be sent, and send nothing.")] = False
    as_json: Annotated[bool, _Where("--json", help="With --dry-run: JSON instead of a table.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No status line and no summary.")] = False
