"""`gracetape archive`: look into archives, take files out, pack, check and clean them. What the commands do is loaded when they do it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gracetape.options import ArchiveOption, JsonOption, Reference, one_archive
from gracetape.terminal import commands, run, sentences


class Layout(StrEnum):
    """How files that are taken out are named (`archive/extract.py`)."""

    versions = "versions"
    folders = "folders"
    gracedb = "gracedb"


app = commands("Look into archives and look after them.")
importing = commands("Read what other tools keep into an archive.")


@app.command()
@sentences
def ls(
    archive: ArchiveOption = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="Those that a query in GraceDB's language finds.")
    ] = None,
    sort: Annotated[
        str,
        typer.Option(metavar="captured|created|id", help="In which order; with a - before it from the other end."),
    ] = "captured",
    limit: Annotated[int | None, typer.Option(min=0, metavar="N", help="At most so many (default: all).")] = None,
    offset: Annotated[int, typer.Option(min=0, metavar="N", help="Leave out the first so many.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the captures in an archive."""
    from gracetape.archive.showing import list_objects

    list_objects(archive, query, sort, limit, offset, as_json)


@app.command()
@sentences
def show(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Tell what an archive holds of an object (--json: with its record)."""
    from gracetape.archive import showing

    showing.show(ref, archive, as_json)


@app.command()
@sentences
def log(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List an object's log entries, with what each tells of."""
    from gracetape.archive import showing

    showing.log(ref, archive, as_json)


@app.command()
@sentences
def files(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List an object's files, every version."""
    from gracetape.archive import showing

    showing.files(ref, archive, as_json)


@app.command()
@sentences
def cat(
    ref: Reference,
    file: Annotated[str, typer.Argument(metavar="FILE[,VERSION]", help="Without a version: the newest.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a file's contents to the standard output."""
    from gracetape.archive import showing

    showing.cat(ref, file, archive)


@app.command()
@sentences
def extract(
    ref: Reference,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if it is not there.")],
    archive: ArchiveOption = None,
    layout: Annotated[
        Layout, typer.Option(help="cWB.v0.fits.gz (versions), 0/cWB.fits.gz (folders) or cWB.fits.gz,0 (gracedb).")
    ] = Layout.versions,
    as_json: JsonOption = False,
) -> None:
    """Write all files of an object, every version, into a folder."""
    from gracetape.archive import showing

    showing.extract(ref, folder, archive, layout.value, as_json)


@app.command()
@sentences
def diff(
    old: Annotated[str, typer.Argument(metavar="ID@1")],
    new: Annotated[str, typer.Argument(metavar="ID@2")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what differs between two captures."""
    from gracetape.archive import showing

    showing.diff(old, new, archive, as_json)


@app.command()
@sentences
def pack(
    source: Annotated[Path, typer.Argument(metavar="ARCHIVE")],
    target: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: NAME.packed.tape beside it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a folder archive as one file."""
    from gracetape.archive import maintenance

    maintenance.pack(source, target, as_json)


@app.command()
@sentences
def unpack(
    source: Annotated[Path, typer.Argument(metavar="FILE")],
    target: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Default: NAME.unpacked.tape.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a packed archive as a folder."""
    from gracetape.archive import maintenance

    maintenance.unpack(source, target, as_json)


@app.command()
@sentences
def verify(
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]")] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything in an archive again and name what is damaged or missing (exit 1)."""
    from gracetape.archive import maintenance

    maintenance.verify(one_archive(path, archive), as_json)


@app.command()
@sentences
def rm(
    ref: Annotated[str, typer.Argument(metavar="ID@N", help="Which capture; without @N all captures of the object.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a capture (its contents are freed by `gc`)."""
    from gracetape.archive import maintenance

    maintenance.rm(ref, archive, as_json)


@app.command()
@sentences
def gc(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Free the space of records and contents that no capture uses."""
    from gracetape.archive import maintenance

    maintenance.gc(archive, as_json)


_PlaceArgument = Annotated[
    str, typer.Argument(metavar="URL", help="A folder, https://HOST/PATH, or s3://BUCKET/PATH (gs, az).")
]


@app.command()
@sentences
def push(
    url: _PlaceArgument,
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]")] = None,
    archive: ArchiveOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there, even where it holds more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Share an archive at a folder or URL: what is missing there travels."""
    from gracetape.archive.sharing import commands as sharing

    sharing.push_to(url, one_archive(path, archive), force, as_json)


@app.command()
@sentences
def pull(
    url: _PlaceArgument,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[ARCHIVE]", help="Where to (default: NAME.tape here); made if it is not there."),
    ] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring what was shared at a folder or URL into an archive: what is missing here travels."""
    from gracetape.archive.sharing import commands as sharing

    sharing.pull_from(url, one_archive(path, archive), as_json)


@app.command()
@sentences
def blobs(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            help="Where they are to be: s3://BUCKET/PATH (gs, az), or a folder (default: only tell where they are).",
        ),
    ] = None,
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]")] = None,
    archive: ArchiveOption = None,
    here: Annotated[bool, typer.Option("--here", help="Bring them back into the archive's folder.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Move the contents of an archive's files to a store, from which several machines may read them."""
    from gracetape.archive.sharing import commands as sharing

    sharing.blobs(url, one_archive(path, archive), here, as_json)


@app.command("add-alerts")
@sentences
def add_alerts(
    graceid: Annotated[str, typer.Argument(metavar="ID", help="The object that the messages are about.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One message a line, with its time and node.")],
    archive: ArchiveOption = None,
    skip_others: Annotated[bool, typer.Option("--skip-others", help="Pass over messages about other objects.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Keep the messages heard about an object, for replays that send what was really sent."""
    from gracetape.archive.alerts import adding

    adding.add_alerts(graceid, file, archive, skip_others, as_json)


@importing.command()
@sentences
def meg(
    source: Annotated[Path, typer.Argument(metavar="DIR|TGZ", help="A cache of mock-event-generator.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read superevents that mock-event-generator fetched (`meg fetch`) into an archive."""
    from gracetape.archive import maintenance

    maintenance.meg(source, archive, as_json)


app.add_typer(importing, name="import")


def main(words: Sequence[str] | None = None, name: str = "gracetape archive") -> NoReturn:
    """Run the commands."""
    run(app, name, words)
