"""What the commands of `gracetape archive` do that look after archives: pack, check, clean, and bring in what other tools keep."""

from pathlib import Path

import typer

from gracetape.archive.capture_notes import TORN
from gracetape.archive.command_parts import reading, summary_of, writing
from gracetape.archive.packing import collect, convert
from gracetape.archive.store import Archive
from gracetape.archive.urls import url_of
from gracetape.archive.verify import verify as find_faults
from gracetape.archive.which import locate
from gracetape.errors import ArchiveError, UsageError
from gracetape.ids import parse_ref
from gracetape.terminal import human_bytes, say, show_json


def _target(source: Path, target: Path | None, ending: str) -> Path:
    """What is made, beside what it is made of; of what lies elsewhere, in this folder."""
    source = locate(source)
    named = source.name.removesuffix(".tape") + ending
    return target or (Path(named) if url_of(source) else source.with_name(named))


def pack(source: Path, target: Path | None, as_json: bool) -> None:
    """Write a folder archive as one file."""
    _convert(source, _target(source, target, ".packed.tape"), packed=True, as_json=as_json)


def unpack(source: Path, target: Path | None, as_json: bool) -> None:
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


def verify(archive: Path | None, as_json: bool) -> None:
    """Read everything in an archive again and name what is damaged or missing (exit 1)."""
    with reading(archive, contents=True) as tape:
        faults = list(find_faults(tape))
        captures = tape.captures() if not faults else []
    torn = [capture.ref for capture in captures if TORN in capture.noted()]
    sound = f"{tape.path} is sound: {len(captures)} captures" + (f", torn: {', '.join(torn)}" if torn else "")
    if as_json:
        show_json({"sound": not faults, "faults": faults} | ({"torn": torn} if torn else {}))
    else:
        say(*(faults or [sound]))
    if faults:
        raise typer.Exit(1)


def rm(ref: str, archive: Path | None, as_json: bool) -> None:
    """Remove a capture (its contents are freed by `gc`)."""
    with writing(archive) as tape:
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


def gc(archive: Path | None, as_json: bool) -> None:
    """Free the space of records and contents that no capture uses."""
    with writing(archive) as tape:
        count, freed = collect(tape)
    if as_json:
        show_json({"removed": count, "bytes": freed})
    else:
        say(f"{count} unused records and contents removed, {human_bytes(freed)} freed")


def meg(source: Path, archive: Path | None, as_json: bool) -> None:
    """Read superevents that mock-event-generator fetched (`meg fetch`) into an archive."""
    from gracetape.archive.import_meg import import_into

    target = archive or Path(source.name.split(".")[0] + ".tape")
    if not source.exists():
        raise ArchiveError(f"{source}: there is nothing there to import")
    captures = import_into(source, target)
    with Archive.open(target) as tape, tape.reading():
        rows = [summary_of(tape, capture) for capture in captures]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        absent = f", {len(row['absent'])} files absent" if row["absent"] else ""
        say(f"{row['id']}@{row['version']}: {row['logs']} log entries, {row['files']} files{absent}")
    say(f"imported into {target}")
