"""The command `capture`: pull objects from a GraceDB into an archive."""

from pathlib import Path
from typing import Annotated

import typer

from archive import Archive, category_of
from archive.terminal import UsageError, complain, sentences
from capture.progress import progress_for
from capture.pull import CONNECTIONS, capture_many
from capture.service import connect, service_url

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


def _archive(named: Path | None, first: str) -> Archive:
    path = named or Path(f"{first}.tape")
    return Archive.open(path, read_only=False) if path.exists() else Archive.create(path)


@app.command()
@sentences
def capture(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Events (G1234, T1234, …) and superevents.")],
    url: Annotated[
        str | None,
        typer.Option("--service-url", help="The API root (default: $GRACETAPE_SERVICE, or ligo.gracedb's own)."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", "-a", help="Where to (default: ./ID.tape); made if it is not there.")
    ] = None,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Fetch the files' contents.")] = True,
    pattern: Annotated[str | None, typer.Option("--only", "--files-like", help="Fetch only files like this.")] = None,
    with_events: Annotated[bool, typer.Option(help="Take a superevent's member events too.")] = True,
    recapture: Annotated[bool, typer.Option(help="Fetch every file again, known or not.")] = False,
    connections: Annotated[int, typer.Option(min=1, max=64, help="How many files to fetch at once.")] = CONNECTIONS,
    api_version: Annotated[str | None, typer.Option(help="v1 or v2 (default: the server's).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")] = False,
) -> None:
    """Pull everything that GraceDB has on some objects into an archive."""
    for graceid in ids:
        try:
            category_of(graceid)
        except Exception as error:
            raise UsageError(str(error)) from None
    service = service_url(url)
    progress = progress_for(quiet)
    with connect(service, api_version) as client, _archive(archive, ids[0]) as tape:
        try:
            capture_many(
                ids, tape, client, files=files, pattern=pattern, with_events=with_events, recapture=recapture,
                connections=connections, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            complain("stopped; what was fetched is kept, and the same command goes on from there", 130)
        finally:
            progress.close()


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


def main() -> None:
    """Run the command."""
    import sys

    name = sys.argv[0].rsplit("/", 1)[-1]
    app(_words(sys.argv[1:]), prog_name=name)
