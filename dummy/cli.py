"""`gracetape dummy`: serve an archive as a GraceDB, or run a program whose GraceDB it is. What they do is loaded when they do it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape import terminal
from gracetape.errors import ArchiveError, UsageError
from gracetape.options import Really

app = terminal.commands("Serve an archive as a GraceDB.")

_Option = typer.Option
_Archive = Annotated[Path | None, _Option("--archive", "-a", help="Which archive, as an option.")]
_User = Annotated[str, _Option(help="Who writes: the submitter and issuer of what is written.")]
_Create = Annotated[bool, _Option("--create", help="Make an empty archive if there is none, and keep writes in it.")]
_Keep = Annotated[bool, _Option("--keep", help="Keep writes in the archive; without, they are thrown away at the end.")]
_ReadOnly = Annotated[bool, _Option("--read-only", help="Refuse writes: 403.")]
_AsOf = Annotated[str | None, _Option(help="Answer as of N, ID:N or a UTC time; nothing can be written then.")]
_Alerts = Annotated[
    str | None,
    _Option(
        metavar="TARGET", help="Where alerts go: -, a file, exec:CMD or any target of replay (ARCHIVE/alerts.jsonl)."
    ),
]
_Fault = Annotated[
    list[str] | None,
    _Option(
        metavar="RULE", help="'[METHOD ]PATH:EFFECT[:PROBABILITY]', e.g. 'POST */logs/*:503:0.1'; can be repeated. "
        "EFFECT: a status (503@5: with Retry-After: 5), latency=SECONDS, drop, lose or truncate.",
    ),
]  # fmt: skip
_Seed = Annotated[int, _Option(help="Of the dice for faults: the same seed, the same faults.")]
_Throttle = Annotated[bool, _Option("--throttle", help="Refuse more writes than the server allows (25/second): 429.")]
_Rate = Annotated[list[str] | None, _Option(metavar="RATE", help="Throttle at 5/minute, or annotation=5/minute alone.")]
_Api = Annotated[str, _Option(metavar="VERSION", help="API version of the root without one: v1 or v2.")]
_Group = Annotated[bool, _Option("--group-superevents", help="Put events into superevents as they come.")]
_Window = Annotated[float, _Option(min=0, help="For that: seconds to either side of an event's gpstime.")]
_Label = Annotated[
    list[str] | None, _Option("--label", metavar="NAME", help="A label that the server knows besides; may be repeated.")
]
_Pipeline = Annotated[list[str] | None, _Option("--pipeline", metavar="NAME", help="A pipeline that it knows besides.")]
_Search = Annotated[list[str] | None, _Option("--search", metavar="NAME", help="A search that it knows besides.")]
_Maintenance = Annotated[bool, _Option("--maintenance", help="Be down for maintenance: 503 to everything.")]


@app.callback()
def _dummy() -> None:
    """Serve an archive as a GraceDB."""


@app.command()
@terminal.sentences
def serve(
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]", help="Default: the only *.tape here.")] = None,
    archive: _Archive = None,
    port: Annotated[int, _Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, _Option(help="A loopback address.")] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, _Option(metavar="NAME", help="Answer requests for this host name, too; may be repeated.")
    ] = None,
    user: _User = "gracetape",
    create: _Create = False,
    keep: _Keep = False,
    read_only: _ReadOnly = False,
    as_of: _AsOf = None,
    alerts: _Alerts = None,
    really: Really = None,
    fault: _Fault = None,
    seed: _Seed = 0,
    throttle: _Throttle = False,
    rate: _Rate = None,
    maintenance: _Maintenance = False,
    api_default: _Api = "v1",
    group_superevents: _Group = False,
    group_window: _Window = 1.0,
    label: _Label = None,
    pipeline: _Pipeline = None,
    search: _Search = None,
) -> None:
    """Serve an archive as a GraceDB on loopback, until Ctrl-C or SIGTERM."""
    from gracetape.dummy.server import wait_for_signal
    from gracetape.dummy.serving import Wish, served
    from gracetape.dummy.tapes import fate

    wish = Wish(
        path or archive, create, host, port, user, as_of, alerts, really or (), fault or (), seed, throttle, rate or (), maintenance,
        api_default, group_window if group_superevents else None, allow_host or (), label or (), pipeline or (), search or (), keep, read_only,
    )  # fmt: skip
    told = sys.stderr if alerts == "-" else sys.stdout
    with served(wish) as (tape, server):
        terminal.say(
            f"{tape.path} is a GraceDB at {server.url} (Ctrl-C stops it); {fate(tape)}; in the code under test:",
            error=told is sys.stderr,
        )
        print(f'    client = GraceDb("{server.url}", force_noauth=True)', file=told, flush=True)
        wait_for_signal()
    print("stopped", file=told, flush=True)


@app.command(context_settings={"allow_interspersed_args": False})
@terminal.sentences
def run(
    words: Annotated[
        list[str], typer.Argument(metavar="CMD", help="The program and its arguments.", show_default=False)
    ],
    archive: _Archive = None,
    user: _User = "gracetape",
    create: _Create = False,
    keep: _Keep = False,
    read_only: _ReadOnly = False,
    as_of: _AsOf = None,
    alerts: _Alerts = None,
    really: Really = None,
    fault: _Fault = None,
    seed: _Seed = 0,
    throttle: _Throttle = False,
    rate: _Rate = None,
    maintenance: _Maintenance = False,
    api_default: _Api = "v1",
    group_superevents: _Group = False,
    group_window: _Window = 1.0,
    label: _Label = None,
    pipeline: _Pipeline = None,
    search: _Search = None,
) -> None:
    """Run a program whose GraceDB is an archive: gracetape dummy run [OPTIONS] [ARCHIVE --] CMD ARGUMENTS

    Every ligo.gracedb client in it, and in what it starts, is led there, whatever address it asks for.
    """
    if words[1:2] == ["--"]:
        archive, words = Path(words[0]), words[2:]
    if not words:
        raise UsageError("say what to run, as in: gracetape dummy run run.tape -- python listener.py")
    from gracetape.dummy.serving import Wish, served
    from gracetape.dummy.tapes import fate

    wish = Wish(
        archive, create, "127.0.0.1", 0, user, as_of, alerts, really or (), fault or (), seed, throttle, rate or (), maintenance,
        api_default, group_window if group_superevents else None, (), label or (), pipeline or (), search or (), keep, read_only,
    )  # fmt: skip
    code = 0
    try:
        with served(wish) as (tape, server):
            if sys.stderr.isatty():  # elsewhere the program's own words alone are looked at
                terminal.say(f"gracetape: {tape.path}: {fate(tape)}", error=True)
            code = _run(words, server.url)
    except ArchiveError as error:
        if not code:
            raise
        terminal.say(f"gracetape: {error}", error=True)
    raise typer.Exit(code)


def _run(words: list[str], url: str) -> int:
    """Run a program with its clients led to `url`; its exit code, or as a shell says it if a signal ended it."""
    from gracetape.dummy import hook
    from gracetape.dummy.patched_clients import VARIABLE

    folders = [str(Path(hook.__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), VARIABLE: url, "GRACEDB_SERVICE_URL": url}
    try:
        child = subprocess.Popen(words, env=environment)
    except OSError as error:
        raise UsageError(f"cannot run {words[0]!r}: {error.strerror}") from None
    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal's Ctrl-C reaches the program itself
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


def main(words: Sequence[str] | None = None, name: str = "gracetape dummy") -> NoReturn:
    """Run the commands."""
    terminal.run(app, name, words)
