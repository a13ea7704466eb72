"""The command `capture`: pull objects from a GraceDB into an archive."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape.capture import CONNECTIONS
from gracetape.capture.choosing import (
    ApiVersionOption,
    CategoryOption,
    ConnectionsOption,
    FromFileOption,
    IdsArgument,
    MaxRateOption,
    OnlyOption,
    QueryOption,
    ServiceOption,
    WithEventsOption,
    choose,
)
from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.errors import UsageError
from gracetape.ids import category_of
from gracetape.terminal import commands, run, sentences


class _Commands(DefaultCommandGroup):
    rooms = {
        "listen": ("gracetape.capture.listen_cli", "Record a live stream of alerts until Ctrl-C."),
        "plan": ("gracetape.capture.plan_cli", "Tell what a capture would fetch, and how large it is."),
    }


app = commands("Pull objects from a GraceDB into an archive.", cls=_Commands, bare=True)


@app.callback()
def _capture() -> None:
    """Pull objects from a GraceDB into an archive."""


@app.command(DEFAULT, hidden=True)
@sentences
def capture(
    ids: IdsArgument = None,
    query: QueryOption = None,
    superevents: CategoryOption = True,
    from_file: FromFileOption = None,
    url: ServiceOption = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="Where to (default: ./ID.tape); made if it is not there."
        ),
    ] = None,
    blobs: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Keep the contents of the archive's files in a store: s3://BUCKET/PATH, a folder."
        ),
    ] = None,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Fetch the files' contents.")] = True,
    pattern: OnlyOption = None,
    with_events: WithEventsOption = True,
    recapture: Annotated[bool, typer.Option(help="Fetch every file again, known or not.")] = False,
    connections: ConnectionsOption = CONNECTIONS,
    max_rate: MaxRateOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Capture again as long as it is not stopped, each change as a version.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --follow: how soon at first; later more rarely.")
    ] = 5.0,
    as_public: Annotated[
        bool, typer.Option("--as-public", help="Without a login, and only what the public sees of superevents.")
    ] = False,
    api_version: ApiVersionOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")] = False,
) -> None:
    """Pull everything that GraceDB has on some objects into an archive."""
    chosen = choose(ids, query, from_file, api_version, max_rate)
    events = [graceid for graceid in chosen if category_of(graceid) == "event"] if as_public else []
    if events or (as_public and query is not None and not superevents):
        raise UsageError(
            f"the public sees no events: {(events or ['what --events finds'])[0]} cannot be captured as public"
        )
    if archive is None and not ids:
        raise UsageError("name the tape that they go into: --archive run.tape")
    # Imported here: the client and all that it needs take long to load, and `--help` needs neither.
    from gracetape.capture.run import Asked, capture_into

    place = archive or Path(f"{chosen[0]}.tape")
    if blobs is not None:
        from gracetape.archive.sharing.moving import use_store

        use_store(place, blobs)
    capture_into(
        place, Asked(chosen, query, "superevent" if superevents else "event"), url,
        api_version, quiet=quiet, files=files, pattern=pattern, with_events=with_events, recapture=recapture, connections=connections,
        max_rate=max_rate, as_public=as_public, follow=every if follow else None,
    )  # fmt: skip


def _words(words: list[str]) -> list[str]:
    """`--files PATTERN` as the option that takes a pattern: the flag `--files` alone means all of them."""
    found: list[str] = []
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        if word == "--files" and following and not following.startswith("-") and not _is_id(following):
            found.append("--only")
        elif word.startswith("--files="):
            found += ["--only", word.removeprefix("--files=")]
        else:
            found.append(word)
    return found


def _is_id(text: str) -> bool:
    try:
        category_of(text)
    except Exception:
        return False
    return True


def main(words: Sequence[str] | None = None, name: str = "capture") -> NoReturn:
    """Run the command; `capture listen` is another one."""
    asked = list(sys.argv[1:] if words is None else words)
    if asked[:1] == ["listen"]:
        from gracetape.capture.listen_cli import app as listen

        run(listen, f"{name} listen", asked[1:])
    if asked[:1] == ["plan"]:
        from gracetape.capture.plan_cli import app as plan

        run(plan, f"{name} plan", _words(asked[1:]))
    run(app, name, _words(asked))
