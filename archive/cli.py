"""`gracetape archive`: look into archives, take files out, pack, check and clean them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gracetape.archive.alerts.cli import add_alerts
from gracetape.archive.alerts.heard import heard_only
from gracetape.archive.compare import Difference, compare
from gracetape.archive.extract import LAYOUTS, extract as extract_files
from gracetape.archive.history.history import history_of
from gracetape.archive.kinds import LISTED
from gracetape.archive.packing import collect, convert
from gracetape.archive.recorded import Recorded, count_recorded, recorded_of
from gracetape.archive.store import Archive, Capture
from gracetape.archive.verify import verify as find_faults
from gracetape.archive.which import locate
from gracetape.errors import ArchiveError, NotFound, UsageError
from gracetape.ids import parse_ref
from gracetape.options import ArchiveOption, JsonOption, Reference
from gracetape.plain_text import plain
from gracetape.tables import say_reasons, show_table
from gracetape.terminal import commands, human_bytes, run, say, sentences, show_json, show_text
from gracetape.times import iso_time, shown_time

app = commands("Look into archives and look after them.")
importing = commands("Read what other tools keep into an archive.")
app.add_typer(importing, name="import")
app.command("add-alerts")(add_alerts)


@contextmanager
def _read(path: Path | None, *, contents: bool = False) -> Iterator[Archive]:
    """An archive as it is at one moment; with `contents`, whose files' contents are read, too."""
    with Archive.open(locate(path)) as archive, archive.reading(contents=contents):
        yield archive


def _write(path: Path | None) -> Archive:
    return Archive.open(locate(path), read_only=False)


def _about(archive: Archive, capture: Capture) -> dict[str, Any]:
    view = archive.view(capture.ref)
    record, files = view.record(), view.files()
    return {
        "id": capture.object,
        "version": capture.version,
        "category": capture.category,
        "created": record.get("created"),
        "captured": capture.completed,
        "origin": capture.origin,
        "service": capture.service,
        "tool": capture.tool,
        **{f"{kind.name}s": view.count(kind.name) for kind in LISTED if kind.name != "permission"},
        "recorded_alerts": count_recorded(archive, capture.object),
        "files": len(files),
        "bytes": sum(f.size or 0 for f in files),
        "absent": [f"{f.full_name}: {f.absent}" for f in files if f.sha256 is None],
        "labels_now": record.get("labels", []),
        "far": record.get("far"),
        "notes": capture.noted(),
    }


@app.command("ls")
@sentences
def list_objects(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List the captures in an archive."""
    with _read(archive) as tape:
        rows = [_about(tape, capture) for capture in tape.captures()]
        heard = heard_only(tape)
    if as_json:
        show_json(
            [*rows, *({"id": graceid, "origin": "heard", "recorded_alerts": count} for graceid, count in heard.items())]
        )
        return
    columns = ["id", "created (UTC)", ">logs", ">labels", ">files", ">size", "?captured (UTC)", "?origin", "?service"]
    show_table(
        columns,
        [
            (
                f"{r['id']}@{r['version']}", shown_time(r["created"]), r["logs"], r["labels"], r["files"], human_bytes(r["bytes"]),
                shown_time(r["captured"]), r["origin"], r["service"],
            )
            for r in rows
        ],
    )  # fmt: skip
    for graceid, count in heard.items():
        say(f"{graceid}: {count} messages that were heard, never captured")


@app.command()
@sentences
def show(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Tell what an archive holds of an object (--json: with its record)."""
    with _read(archive) as tape:
        if ref in heard_only(tape):
            _show_heard(ref, recorded_of(tape, ref), as_json)
            return
        about = _about(tape, tape.capture(ref))
        if as_json:
            show_json(about | {"record": tape.view(ref).record()})
            return
    absent, notes = about.pop("absent"), about.pop("notes")
    about["bytes"] = human_bytes(about["bytes"])
    about["labels_now"] = ", ".join(about["labels_now"])
    for name in ("created", "captured"):
        about[name] = f"{shown_time(about[name])} UTC" if about[name] else None
    rows = [(name.replace("_", " "), value) for name, value in about.items()]
    rows += [("absent", line) for line in absent]
    rows += [(f"note: {name}", value if isinstance(value, str) else json.dumps(value)) for name, value in notes.items()]
    show_table(["", "~"], rows)


def _show_heard(graceid: str, messages: Sequence[Recorded], as_json: bool) -> None:
    """What there is of an object that was never captured."""
    first, last = messages[0].arrived, messages[-1].arrived
    nodes = sorted({message.node for message in messages})
    if as_json:
        show_json({
            "id": graceid, "origin": "heard", "recorded_alerts": len(messages), "first": iso_time(first), "last": iso_time(last),
            "nodes": nodes,
        })  # fmt: skip
        return
    about = (
        ("id", graceid), ("origin", "heard: it was never captured"), ("recorded alerts", len(messages)),
        ("first", f"{shown_time(first)} UTC"), ("last", f"{shown_time(last)} UTC"), ("nodes", ", ".join(nodes)),
    )  # fmt: skip
    show_table(["", "~"], about)


@app.command()
@sentences
def log(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List an object's log entries, with what each tells of."""
    with _read(archive) as tape:
        history = history_of(tape, ref)
        if as_json:
            show_json([entry.record | {"act": entry.act.name} for entry in history.entries if entry.n is not None])
            return
    rows = [
        (e.n, shown_time(e.created), e.act.name, plain(e.record.get("comment") or ""),
         e.record.get("filename") or "", ", ".join(e.record.get("tag_names") or []))
        for e in history.entries
        if e.n is not None
    ]  # fmt: skip
    show_table([">N", "created (UTC)", "act", "~comment", "?~file", "?~tags"], rows)


@app.command()
@sentences
def files(ref: Reference, archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List an object's files, every version."""
    with _read(archive) as tape:
        entries = tape.view(ref).files()
    if as_json:
        show_json([asdict(entry) for entry in entries])
        return
    show_table(
        ["file", ">size", "sha256"], [(e.full_name, human_bytes(e.size), (e.sha256 or "absent")[:16]) for e in entries]
    )
    say_reasons(("absent", e.absent or "") for e in entries if e.sha256 is None)


@app.command()
@sentences
def cat(
    ref: Reference,
    file: Annotated[str, typer.Argument(metavar="FILE[,VERSION]", help="Without a version: the newest.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a file's contents to the standard output."""
    with Archive.open(locate(archive)) as tape:  # no block of `reading`: whoever takes the output may be slow
        view = tape.view(ref)
        name, comma, version = file.rpartition(",")
        entry = view.file(file)
        if entry is None and comma and version.isdigit():
            entry = view.file(name, int(version))
        if entry is None:
            raise NotFound(f"{ref} has no file {file!r}: `gracetape archive files {ref}` lists what it has")
        if sys.stdout.isatty():
            show_text(tape.read(entry), entry.full_name)
            return
        for piece in tape.read(entry):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


@app.command()
@sentences
def extract(
    ref: Reference,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if it is not there.")],
    archive: ArchiveOption = None,
    layout: Annotated[
        str,
        typer.Option(
            metavar="|".join(LAYOUTS),
            help="cWB.v0.fits.gz (versions), 0/cWB.fits.gz (folders) or cWB.fits.gz,0 (gracedb).",
        ),
    ] = "versions",
    as_json: JsonOption = False,
) -> None:
    """Write all files of an object, every version, into a folder."""
    if layout not in LAYOUTS:
        raise UsageError(f"--layout is {', '.join(LAYOUTS)}, not {layout!r}")
    with _read(archive, contents=True) as tape:
        written, left = extract_files(tape, ref, folder, layout)
    if as_json:
        show_json({"written": written, "left out": left})
    else:
        say(f"{len(written)} files written into {folder}")
        for line in left:
            say(f"left out: {line}")


def _target(source: Path, target: Path | None, ending: str) -> Path:
    return target or source.with_name(source.name.removesuffix(".tape") + ending)


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
    _convert(source, _target(source, target, ".packed.tape"), packed=True, as_json=as_json)


@app.command()
@sentences
def unpack(
    source: Annotated[Path, typer.Argument(metavar="FILE")],
    target: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Default: NAME.unpacked.tape.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a packed archive as a folder."""
    _convert(source, _target(source, target, ".unpacked.tape"), packed=False, as_json=as_json)


def _convert(source: Path, target: Path, *, packed: bool, as_json: bool) -> None:
    with Archive.open(source) as tape:
        if tape.packed == packed:
            raise UsageError(f"{source} is {'packed' if packed else 'a folder'} already")
        convert(tape, target, packed=packed)
        before = tape.size_on_disk()
    with Archive.open(target) as tape:
        after = tape.size_on_disk()
    if as_json:
        show_json({"source": str(source), "target": str(target), "bytes": after})
    else:
        say(f"{target} ({human_bytes(after)}) holds what {source} ({human_bytes(before)}) holds")


@app.command()
@sentences
def verify(
    path: Annotated[Path | None, typer.Argument(metavar="[ARCHIVE]")] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything in an archive again and name what is damaged or missing (exit 1)."""
    with _read(path or archive, contents=True) as tape:
        faults = list(find_faults(tape))
        sound = f"{tape.path} is sound: {len(tape.captures())} captures" if not faults else ""
    if as_json:
        show_json({"sound": not faults, "faults": faults})
    else:
        say(*(faults or [sound]))
    if faults:
        raise typer.Exit(1)


@app.command()
@sentences
def diff(
    old: Annotated[str, typer.Argument(metavar="ID@1")],
    new: Annotated[str, typer.Argument(metavar="ID@2")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what differs between two captures."""
    with _read(archive) as tape:
        found = compare(tape, old, new)
    if as_json:
        show_json([asdict(difference) for difference in found])
    elif not found:
        say(f"{old} and {new} hold the same")
    else:
        show_table(["", "kind", "which", "field", "~old", "~new"], [row for one in found for row in _difference(one)])


def _difference(found: Difference) -> list[tuple[object, ...]]:
    """A row per field that changed; one for what was added or removed."""
    begin = (found.change, found.kind, found.key)
    values = zip(found.fields, found.old, found.new, strict=True)
    return [(*begin, name, *(json.dumps(value, ensure_ascii=False) for value in pair)) for name, *pair in values] or [
        (*begin, "", "", "")
    ]


@app.command()
@sentences
def rm(
    ref: Annotated[str, typer.Argument(metavar="ID@N", help="Which capture; without @N all captures of the object.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a capture (its contents are freed by `gc`)."""
    with _write(archive) as tape:
        newest = tape.capture(ref)
        doomed = [newest] if parse_ref(ref).version else tape.captures(newest.object, unfinished=True)
        with tape.transaction() as tx:
            for capture in doomed:
                tx.drop(capture)
    removed = [capture.ref for capture in doomed]
    if as_json:
        show_json({"removed": removed})
    else:
        say(f"removed {', '.join(removed)}; `gracetape archive gc` frees the space")


@app.command()
@sentences
def gc(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Free the space of records and contents that no capture uses."""
    with _write(archive) as tape:
        count, freed = collect(tape)
    if as_json:
        show_json({"removed": count, "bytes": freed})
    else:
        say(f"{count} unused records and contents removed, {human_bytes(freed)} freed")


@importing.command()
@sentences
def meg(
    source: Annotated[Path, typer.Argument(metavar="DIR|TGZ", help="A cache of mock-event-generator.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read superevents that mock-event-generator fetched (`meg fetch`) into an archive."""
    from gracetape.archive.import_meg import import_into

    target = archive or Path(source.name.split(".")[0] + ".tape")
    if not source.exists():
        raise ArchiveError(f"{source}: there is nothing there to import")
    captures = import_into(source, target)
    with Archive.open(target) as tape, tape.reading():
        rows = [_about(tape, capture) for capture in captures]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        absent = f", {len(row['absent'])} files absent" if row["absent"] else ""
        say(f"{row['id']}@{row['version']}: {row['logs']} log entries, {row['files']} files{absent}")
    say(f"imported into {target}")


def main(words: Sequence[str] | None = None, name: str = "gracetape archive") -> NoReturn:
    """Run the commands."""
    run(app, name, words)
