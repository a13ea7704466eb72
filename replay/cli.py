"""The commands `gracetape replay` and `replay`. What they do is loaded when they do it."""

from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.options import ArchiveOption, JsonOption, with_options
from gracetape.replay.options import Options
from gracetape.terminal import USAGE, commands, complain, run, sentences

app = commands("Send an archive's alerts again, at their own pace or faster.", cls=DefaultCommandGroup, bare=True)


@app.callback()
def _group() -> None:
    """Send an archive's alerts again, at their own pace or faster."""


@app.command(DEFAULT, hidden=True)
@with_options(Options)
def play_command(options: Options) -> None:
    """Send an archive's alerts again, at their own pace or faster."""
    if options.speed is not None and options.maximum:
        complain("--speed and --max exclude each other", USAGE)
    if options.force and options.append:
        complain("--force and --append exclude each other", USAGE)
    if options.record_branch is not None and options.serve is None:
        complain("--record-branch keeps what is written to a served GraceDB: add --serve PORT", USAGE)
    if options.read_only and (options.serve is None or options.record_branch is not None):
        complain(
            "--read-only refuses writes to a served GraceDB: say it with --serve PORT, without --record-branch", USAGE
        )
    from gracetape.replay.reenact import ON_ERROR, is_server

    if options.on_error not in ON_ERROR:
        complain(f"--on-error is {' or '.join(ON_ERROR)}, not {options.on_error!r}", USAGE)
    targets = options.to or []
    servers = [url for url in targets if is_server(url)]
    if servers and (len(targets) > 1 or options.serve is not None):
        complain(f"{servers[0]} is written to, nothing is sent: name no other target beside it", USAGE)
    if servers and (options.shard is not None or options.at is not None):
        complain("--shard and --at share out messages: what is written again is written by one", USAGE)
    from gracetape.replay.command import ReplayRun, end_well

    if options.quiet:
        from gracetape.progress import hush

        hush()
    if servers:
        # Only this needs the dummy and the client, which take a second to load.
        from gracetape.replay.reenact.command import ReenactmentRun

        end_well(ReenactmentRun(options, servers[0]))
    else:
        end_well(ReplayRun(options))


@app.command("check")
@sentences
def check_command(
    graceid: Annotated[str, typer.Argument(metavar="ID", help="An object with recorded messages.")],
    archive: ArchiveOption = None,
    every: Annotated[bool, typer.Option("--all", help="Show the messages that are equal, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare an object's rebuilt messages with those that were recorded (exit 1 if any differs)."""
    from gracetape.replay.check_report import compare

    compare(graceid, archive, every=every, as_json=as_json)


def main(words: Sequence[str] | None = None, name: str = "replay") -> NoReturn:
    """The command `replay`."""
    run(app, name, words)
