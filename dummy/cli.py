"""`gracetape dummy`: serve an archive as a GraceDB."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Annotated, NoReturn

import typer

from archive import Alert, Archive, UsageError, locate
from archive.encode import encode
from archive.terminal import run, sentences
from dummy.app import make_app
from dummy.moments import asked_moment
from dummy.server import serve as serve_app
from dummy.server import wait_for_signal

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Serve an archive as a GraceDB.")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@app.callback()
def _dummy() -> None:
    """Serve an archive as a GraceDB."""


class AlertLines:
    """Writes alerts as JSON Lines, one per message and node, each at once."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._first: Alert | None = None

    def __call__(self, alert: Alert) -> None:
        self._first = self._first or alert
        for line in alert.lines(self._first.created):
            self._stream.write(encode(line) + "\n")
        self._stream.flush()


def _alerts_path(archive: Archive) -> Path:
    if archive.packed:
        return archive.path.with_name(archive.path.name.removesuffix(".tape") + ".alerts.jsonl")
    return archive.path / "alerts.jsonl"


@app.command()
@sentences
def serve(
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]", help="Default: the only *.tape here.")] = None,
    archive: Annotated[Path | None, typer.Option("--archive", "-a", help="The same, as an option.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    user: Annotated[str, typer.Option(help="Who writes: the submitter and issuer of what is written.")] = "gracetape",
    create: Annotated[bool, typer.Option("--create", help="Make an empty archive if there is none.")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Answer as of N, ID:N or a UTC time; nothing can be written then.")
    ] = None,
    alerts: Annotated[
        str | None, typer.Option(help="Where alerts go: - or a file (default: ARCHIVE/alerts.jsonl).")
    ] = None,
) -> None:
    """Serve an archive as a GraceDB on loopback, until Ctrl-C or SIGTERM."""
    if host not in _LOOPBACK:
        raise UsageError(f"{host} is not a loopback address: the dummy has no logins, so it serves this machine only")
    where = path or archive
    if create:
        where = where or Path("dummy.tape")
        tape = Archive.open(where, read_only=False) if where.exists() else Archive.create(where)
    else:
        tape = Archive.open(locate(where), read_only=as_of is not None)
    with tape:
        if as_of is None:
            out = sys.stdout if alerts == "-" else open(alerts or _alerts_path(tape), "a", encoding="utf-8")  # noqa: SIM115, PTH123
            web = make_app(tape, user=user, on_alert=AlertLines(out))
        else:
            timeline = tape.timeline()
            moment = asked_moment(timeline, as_of)
            web = make_app(tape, user=user, as_of=lambda: moment, timeline=timeline)
        with serve_app(web, host, port) as server:
            told = sys.stderr if alerts == "-" else sys.stdout
            print(f"{tape.path} is a GraceDB at {server.url} (Ctrl-C stops it); in the code under test:", file=told)
            print(f'    client = GraceDb("{server.url}", force_noauth=True)', file=told, flush=True)
            wait_for_signal()
        print("stopped", file=told, flush=True)


def main(words: Sequence[str] | None = None, name: str = "gracetape dummy") -> NoReturn:
    """Run the commands."""
    run(app, name, words)
