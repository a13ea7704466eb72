"""The command `capture`: pull objects from a GraceDB into an archive."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape.capture.choosing import Choosing
from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.errors import UsageError
from gracetape.ids import category_of
from gracetape.options import with_options
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


@dataclass(frozen=True, kw_only=True)
class CaptureOptions(Choosing):
    """The options of `capture`."""

    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="Where to (default: ./ID.tape); made if it is not there."
        ),
    ] = None
    files: Annotated[bool, typer.Option("--files/--no-files", help="Fetch the files' contents.")] = True
    blobs: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Keep the contents of the archive's files in a store: s3://BUCKET/PATH, a folder."
        ),
    ] = None
    recapture: Annotated[bool, typer.Option(help="Fetch every file again, known or not.")] = False
    follow: Annotated[
        bool, typer.Option("--follow", help="Capture again as long as it is not stopped, each change as a version.")
    ] = False
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --follow: how soon at first; later more rarely.")
    ] = 5.0
    as_public: Annotated[
        bool, typer.Option("--as-public", help="Without a login, and only what the public sees of superevents.")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")] = False


@app.command(DEFAULT, hidden=True)
@sentences
@with_options(CaptureOptions)
def capture(options: CaptureOptions) -> None:
    """Pull everything that GraceDB has on some objects into an archive."""
    chosen = options.chosen()
    if options.as_public:
        _check_public(chosen, options)
    if options.archive is None and not options.ids:
        raise UsageError("name the tape that they go into: --archive run.tape")
    # Imported here: the client and all that it needs take long to load, and `--help` needs neither.
    from gracetape.capture.run import Asked, capture_into

    place = options.archive or Path(f"{chosen[0]}.tape")
    if options.blobs is not None:
        from gracetape.archive.sharing.moving import use_store

        use_store(place, options.blobs)
    capture_into(
        place, Asked(chosen, options.query, options.category), options.url, options.api_version, quiet=options.quiet,
        files=options.files, pattern=options.pattern, with_events=options.with_events, recapture=options.recapture,
        connections=options.connections, max_rate=options.max_rate, as_public=options.as_public,
        follow=options.every if options.follow else None,
    )  # fmt: skip


def _check_public(chosen: Sequence[str], options: CaptureOptions) -> None:
    """UsageError for what the public sees nothing of, before anything is asked."""
    from gracetape.capture.objects import seen_by_public

    for graceid in chosen:
        seen_by_public(graceid)
    if options.query is not None and not options.superevents:
        raise UsageError("the public sees no events: what --events finds cannot be captured as public")


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
