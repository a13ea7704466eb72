"""`gracetape view`: an archive as a page in the browser, or as one file. What it does is loaded when it does it."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape import terminal
from gracetape.archive.which import locate, looks_like_archive
from gracetape.errors import UsageError
from gracetape.options import ArchiveOption

app = terminal.commands("Show an archive in the browser.", bare=True)


@app.command()
@terminal.sentences
def view(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARCHIVE] [ID]...", help="The archive, and with --html which objects."),
    ] = None,
    archive: ArchiveOption = None,
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(metavar="HOST", help="A loopback address.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT.html", help="Write one file that can be mailed, instead.")
    ] = None,
) -> None:
    """Show an archive in the browser, until Ctrl-C; or write it, or some of its objects, into one file."""
    ids = list(words or ())
    if archive is None and ids and looks_like_archive(ids[0]):
        archive = Path(ids.pop(0))
    if ids and html is None:
        raise UsageError(
            f"{ids[0]} would be one page of many: leave it out, or say --html OUT.html to write a file of it"
        )
    if html is not None:  # before anything takes time
        from gracetape.view.written import check_place

        check_place(html)
    from gracetape.archive import Archive

    with Archive.open(locate(archive)) as tape:
        if html is not None:
            _write(tape, ids, html)
            return
        from gracetape.leaving import leaves_in_time
        from gracetape.signals import raised_by_signals
        from gracetape.view.serving import page_url, serve_page

        with leaves_in_time(), serve_page(tape, host, port) as server:
            ended = raised_by_signals()  # before anybody knows whom to end
            terminal.say(f"{tape.path} is shown at {page_url(server)} (Ctrl-C stops it)")
            if browser and not webbrowser.open(page_url(server)):
                terminal.say("no browser could be opened: open that address yourself", error=True)
            ended.wait()
        terminal.say("stopped")


def _write(tape: object, ids: Sequence[str], place: Path) -> None:
    from gracetape.archive import Archive
    from gracetape.view.one_file import page_of
    from gracetape.view.written import write_page

    assert isinstance(tape, Archive)
    page = page_of(tape, ids).encode()
    write_page(page, place)
    terminal.say(f"{place}: {terminal.human_bytes(len(page))}")


def main(words: Sequence[str] | None = None, name: str = "gracetape view") -> NoReturn:
    """Run the command."""
    terminal.run(app, name, words)
