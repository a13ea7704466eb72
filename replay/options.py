"""The options of `gracetape replay`: what each is called, takes and means."""

from typing import Annotated

import typer

from gracetape.options import archives_here

Flag = typer.Option

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ARCHIVE|ID",
        help="Archives, and ids in the archive named before: G1234, G1234@2, G1234:20. None: all of it.",
        autocompletion=archives_here,
    ),
]
ArchivePath = Annotated[
    str | None,
    Flag("--archive", "-a", metavar="PATH", help="The archive; else $GRACETAPE_ARCHIVE, else the only *.tape here."),
]

_WHAT = "What is played"
Cutoff = Annotated[
    int | None, Flag(metavar="N", help="Nothing that the server sent after log entry N.", rich_help_panel=_WHAT)
]
Start = Annotated[int | None, Flag(metavar="N", help="Begin at log entry N.", rich_help_panel=_WHAT)]
Until = Annotated[
    str | None, Flag(metavar="TIME", help="Nothing after this time (UTC, ISO 8601).", rich_help_panel=_WHAT)
]
Format = Annotated[str, Flag(help="The form of the messages: modern, legacy, between.", rich_help_panel=_WHAT)]
CertainOnly = Annotated[
    bool, Flag("--certain-only", help="Leave out what is inferred or guessed.", rich_help_panel=_WHAT)
]

_WHEN = "When it comes"
Speed = Annotated[
    float | None,
    Flag(help="Times as fast as it happened (default 1).", show_default=False, rich_help_panel=_WHEN),
]
Maximum = Annotated[bool, Flag("--max", help="As fast as possible.", rich_help_panel=_WHEN)]
Rate = Annotated[
    float | None, Flag(metavar="R", help="R messages a second at most.", show_default=False, rich_help_panel=_WHEN)
]
Spread = Annotated[
    str, Flag(help="Messages of one second: as-recorded, burst (at its beginning), even.", rich_help_panel=_WHEN)
]
Loop = Annotated[
    int | None, Flag(metavar="TIMES", help="Play it that often (0: until it is stopped).", rich_help_panel=_WHEN)
]
Gap = Annotated[float, Flag(metavar="S", help="With --loop: seconds between.", rich_help_panel=_WHEN)]
Offset = Annotated[
    list[str] | None,
    Flag(
        metavar="NAME=S", help="Let an archive or id named before come S seconds later; may be repeated.",
        rich_help_panel=_WHEN,
    ),
]  # fmt: skip
Align = Annotated[
    str,
    Flag(
        help="Archives and ids: as-recorded (the time between them is kept) or start (all begin at once).",
        rich_help_panel=_WHEN,
    ),
]
Retime = Annotated[
    bool, Flag("--retime", help="Move all times in the messages, so that it happens now.", rich_help_panel=_WHEN)
]
RetimeTo = Annotated[
    str | None, Flag("--retime-to", metavar="TIME", help="The same, as if it began then.", rich_help_panel=_WHEN)
]

_IDS = "Under which ids"
As = Annotated[
    list[str] | None,
    Flag(
        "--as",
        metavar="TEMPLATE",
        help="New ids: T{n} for events; TS260101{letters} for superevents (default: other letters).",
        rich_help_panel=_IDS,
    ),
]
Copies = Annotated[int, Flag(metavar="N", help="N copies, each under ids of its own.", rich_help_panel=_IDS)]
Every = Annotated[float, Flag(metavar="S", help="Copies begin S seconds after one another.", rich_help_panel=_IDS)]

_FAULTS = "What goes wrong on the way"
Drop = Annotated[float, Flag(metavar="SHARE", help="Lose that share of the messages.", rich_help_panel=_FAULTS)]
Duplicate = Annotated[float, Flag(metavar="SHARE", help="Send that share twice.", rich_help_panel=_FAULTS)]
Corrupt = Annotated[float, Flag(metavar="SHARE", help="Damage that share.", rich_help_panel=_FAULTS)]
Delay = Annotated[
    str | None,
    Flag(metavar="DIST", help="Delays: 2, 'uniform(0, 5)', 'lognormal(0, 1)', ...", rich_help_panel=_FAULTS),
]
Reorder = Annotated[
    int, Flag(metavar="K", help="Let a message be overtaken by up to K later ones.", rich_help_panel=_FAULTS)
]
Seed = Annotated[int | None, Flag(help="Let the same go wrong each time.", rich_help_panel=_FAULTS)]
FaultLog = Annotated[
    str | None,
    Flag(
        "--fault-log",
        metavar="FILE",
        help="A line of JSON per touched message (default: stderr).",
        rich_help_panel=_FAULTS,
    ),
]

_AGAIN = "When it is written again (--to dummy:ARCHIVE, gracedb+https://HOST/api/)"
Group = Annotated[str, Flag(help="The group that events are put into; as-recorded: their own.", rich_help_panel=_AGAIN)]
Search = Annotated[
    str | None,
    Flag(help="Their search; as-recorded: their own (default: that, in group Test; else MDC).", rich_help_panel=_AGAIN),
]
Gps = Annotated[
    str | None,
    Flag(metavar="START:END", help="Everything whose t_0 or gpstime is in this range.", rich_help_panel=_AGAIN),
]
Placeholders = Annotated[
    bool,
    Flag("--placeholders", help="Write a line in place of files that the recording lacks.", rich_help_panel=_AGAIN),
]
OnError = Annotated[str, Flag(help="When a write fails: stop, or go-on.", rich_help_panel=_AGAIN)]

_WHERE = "Where it goes"
To = Annotated[
    list[str] | None,
    Flag(
        metavar="TARGET",
        help="- (standard output), FILE.jsonl, 'exec:CMD', a broker's or web server's URL; may be repeated.",
        rich_help_panel=_WHERE,
    ),
]
Really = Annotated[
    list[str] | None,
    Flag(
        "--yes-really-send-to", metavar="HOST", help="Let messages leave this machine for HOST.", rich_help_panel=_WHERE
    ),
]
Serve = Annotated[
    int | None,
    Flag(
        "--serve", metavar="PORT", min=0, max=65535,
        help="Be a GraceDB on loopback that answers as of the last message (0: any free port).", rich_help_panel=_WHERE,
    ),
]  # fmt: skip
RecordBranch = Annotated[
    str | None,
    Flag(
        "--record-branch", metavar="PATH",
        help="With --serve: let it be written to, and keep that in a new archive.", rich_help_panel=_WHERE,
    ),
]  # fmt: skip
DryRun = Annotated[bool, Flag("--dry-run", help="Show what would be sent, and send nothing.", rich_help_panel=_WHERE)]
AsJson = Annotated[bool, Flag("--json", help="With --dry-run: JSON instead of a table.", rich_help_panel=_WHERE)]
Quiet = Annotated[bool, Flag("--quiet", "-q", help="No status line and no summary.")]
