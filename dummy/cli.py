"""`gracetape dummy`: serve an archive as a GraceDB, or run a program whose GraceDB it is. What they do is loaded when they do it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from gracetape import terminal
from gracetape.dummy.options import RunCommand, RunOptions, ServeOptions
from gracetape.errors import ArchiveError, UsageError
from gracetape.options import one_archive, with_options

if TYPE_CHECKING:
    from gracetape.signals import Flag

#: Seconds that a program has to end after SIGTERM.
_PROGRAM_ENDS_S = 10.0

app = terminal.commands("Serve an archive as a GraceDB.")


@app.callback()
def _dummy() -> None:
    """Serve an archive as a GraceDB."""


@app.command()
@terminal.sentences
@with_options(ServeOptions)
def serve(options: ServeOptions) -> None:
    """Serve an archive as a GraceDB on loopback, until Ctrl-C or SIGTERM."""
    from gracetape.dummy.request_lines import with_lines
    from gracetape.dummy.serving import served
    from gracetape.dummy.tapes import fate
    from gracetape.leaving import leaves_in_time, when_unread, write_no_more
    from gracetape.live_pages import live_page
    from gracetape.signals import Flag, at_signals

    asked = replace(options, archive=one_archive(options.path, options.archive))
    told = sys.stderr if options.alerts == "-" else sys.stdout
    lines = partial(with_lines, verbose=options.verbose)
    shown = lambda tape: live_page(options.page, f"writes to {tape.path.name}", tape, listener=options.listener)  # noqa: E731
    hosts, ended = options.allow_host or (), Flag()
    with (
        leaves_in_time(),
        served(asked, options.host, options.port, hosts, lines, shown, options.workers, ended.is_set) as (tape, server),
    ):
        at_signals(ended.set)  # before anybody knows whom to end
        when_unread(ended, write_no_more)
        terminal.say(
            f"{tape.path} is a GraceDB at {server.url} (Ctrl-C stops it); {fate(tape)}; in the code under test:",
            error=told is sys.stderr,
        )
        print(f'    client = GraceDb("{server.url}", force_noauth=True)', file=told, flush=True)
        ended.wait()
    print("stopped", file=told, flush=True)


@app.command(cls=RunCommand, context_settings={"allow_interspersed_args": False})
@terminal.sentences
@with_options(RunOptions)
def run(options: RunOptions) -> None:
    """Run a program whose GraceDB is an archive: gracetape dummy run [OPTIONS] [ARCHIVE] [OPTIONS] [--] CMD ARGUMENTS

    Every ligo.gracedb client in it, and in what it starts, is led there, whatever address it asks for. With --public-alerts
    kafka://localhost:PORT/ what listens to GCN or SCiMMA in it is led to that broker, too.
    """
    from gracetape.destinations import local_broker
    from gracetape.dummy.serving import served
    from gracetape.dummy.tapes import fate
    from gracetape.signals import Flag

    code, ended = 0, Flag()
    try:
        with served(options, stopped=ended.is_set) as (tape, server):
            if sys.stderr.isatty():  # elsewhere the program's own words alone are looked at
                terminal.say(f"gracetape: {tape.path}: {fate(tape)}", error=True)
            code = _run(options.words, server.url, local_broker(options.public_alerts), ended)
    except ArchiveError as error:
        if not code:
            raise
        terminal.say(f"gracetape: {error}", error=True)
    raise typer.Exit(code)


def _run(words: list[str], url: str, broker: str | None, ended: "Flag") -> int:
    """Run a program with its clients led to `url`, its listeners to `broker` (None: they are not); its exit code, or as a shell says it if
    a signal ended it. SIGTERM, which raises the flag `ended`, is handed on to it; where it does not end then, it is ended.
    """
    from gracetape.dummy import hook
    from gracetape.dummy.patched_clients import PUBLIC_VARIABLE, VARIABLE
    from gracetape.leaving import bounded

    folders = [str(Path(hook.__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), VARIABLE: url, "GRACEDB_SERVICE_URL": url}
    environment |= {PUBLIC_VARIABLE: broker} if broker is not None else {}
    came, started = list[int](), list["subprocess.Popen[bytes]"]()

    def tell(child: "subprocess.Popen[bytes]") -> None:
        (child.terminate if len(came) == 1 else child.kill)()

    def end(number: int, *_: object) -> None:
        came.append(number)
        ended.set()
        for child in started:
            tell(child)

    def kill(_: int) -> None:
        for child in started:
            child.kill()

    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal's Ctrl-C reaches the program itself
    signal.signal(signal.SIGTERM, end)
    with bounded(_PROGRAM_ENDS_S, kill, of=lambda number: number == signal.SIGTERM):
        try:
            started.append(child := subprocess.Popen(words, env=environment))
        except OSError as error:
            raise UsageError(f"cannot run {words[0]!r}: {error.strerror}") from None
        if came:  # while it was being started
            tell(child)
        code = child.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is left to do waits for whoever takes alerts
    signal.signal(signal.SIGTERM, _exit)
    return code if code >= 0 else 128 - code


def _exit(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def main(words: Sequence[str] | None = None, name: str = "gracetape dummy") -> NoReturn:
    """Run the commands."""
    terminal.run(app, name, words)
