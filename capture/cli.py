"""The command `capture`: pull objects from a GraceDB into an archive."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape.capture import CONNECTIONS
from gracetape.default_command import DEFAULT, DefaultCommandGroup
from gracetape.errors import UsageError
from gracetape.ids import category_of
from gracetape.terminal import commands, run, sentences


class _Commands(DefaultCommandGroup):
    rooms = {"listen": ("gracetape.capture.listen_cli", "Record a live stream of alerts until Ctrl-C.")}


app = commands("Pull objects from a GraceDB into an archive.", cls=_Commands, bare=True)


@app.callback()
def _capture() -> None:
    """Pull objects from a GraceDB into an archive."""


@app.command(DEFAULT, hidden=True)
@sentences
def capture(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Events (G1234, T1234, …) and superevents.")],
    url: Annotated[
        str | None,
        typer.Option(
            "--service-url", metavar="URL", help="The API root (default: $GRACETAPE_SERVICE, or ligo.gracedb's own)."
        ),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="Where to (default: ./ID.tape); made if it is not there."
        ),
    ] = None,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Fetch the files' contents.")] = True,
    pattern: Annotated[
        str | None,
        typer.Option("--only", "--files-like", metavar="PATTERN", help="Fetch only files like this, as in *.fits*."),
    ] = None,
    with_events: Annotated[bool, typer.Option(help="Take a superevent's member events too.")] = True,
    recapture: Annotated[bool, typer.Option(help="Fetch every file again, known or not.")] = False,
    connections: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="How many files to fetch at once.")
    ] = CONNECTIONS,
    as_public: Annotated[
        bool, typer.Option("--as-public", help="Without a login, and only what the public sees of superevents.")
    ] = False,
    api_version: Annotated[str | None, typer.Option(metavar="v1|v2", help="Default: the server's.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")] = False,
) -> None:
    """Pull everything that GraceDB has on some objects into an archive."""
    for graceid in ids:
        category_of(graceid)
    if api_version not in (None, "v1", "v2"):
        raise UsageError(f"there is no API version {api_version!r}: --api-version is v1 or v2")
    # Imported here: the client and all that it needs take long to load, and `--help` needs neither.
    from gracetape.capture.run import capture_into

    capture_into(
        archive or Path(f"{ids[0]}.tape"), ids, url, api_version, quiet=quiet, files=files, pattern=pattern,
        with_events=with_events, recapture=recapture, connections=connections, as_public=as_public,
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
    run(app, name, _words(asked))
