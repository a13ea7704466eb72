"""What the commands of `gracetape archive` that look into an archive show and write."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gracetape.archive.command_parts import how_to_bring, reading, size_of, summary_of
from gracetape.archive.kinds import LISTED
from gracetape.archive.listing import page_of
from gracetape.archive.recorded import Recorded, heard_only, recorded_of
from gracetape.archive.store import Archive, Capture
from gracetape.archive.which import locate
from gracetape.errors import ArchiveError, NotFound, UsageError
from gracetape.plain_text import by_cause, plain
from gracetape.tables import say_reasons, show_table
from gracetape.terminal import complain, human_bytes, say, show_json, show_text
from gracetape.times import iso_time, shown_time


def list_objects(
    archive: Path | None, query: str | None, sort: str, limit: int | None, offset: int, as_json: bool
) -> None:
    """List the captures in an archive: a page (`listing.py`) of those that a query finds, and what was only heard."""
    with reading(archive) as tape:
        page = page_of(tape, query, sort, offset, limit)
        rows, damage = _summaries(tape, page.captures)
        heard = heard_only(tape) if query is None else {}
    first = max(0, offset - page.total)  # what was only heard comes after all captures
    room = None if limit is None else limit - len(page.captures)
    shown = list(heard.items())[first : None if room is None else first + room]
    left = page.total + len(heard) - offset - len(page.captures) - len(shown)
    if as_json:
        show_json([*rows, *({"id": graceid, "origin": "heard", "recorded_alerts": count} for graceid, count in shown)])
        _tell_damage(damage)
        return
    columns = ["id", "created (UTC)", ">logs", ">labels", ">files", ">size", "?captured (UTC)", "?origin", "?service"]
    if not rows and not shown and limit != 0 and not damage:
        there = offset + left
        say(f"no more: there are {there}" if offset and there else ("nothing found" if query else "nothing is in it"))
    elif rows:
        show_table(
            columns,
            [
                (
                    f"{r['id']}@{r['version']}", shown_time(r["created"]), r["logs"], r["labels"], r["files"], size_of(r),
                    shown_time(r["captured"]), f"{r['origin']}{', torn' if r['torn'] else ''}", r["service"],
                )
                for r in rows
            ],
        )  # fmt: skip
    for graceid, count in shown:
        many = "1 message that was" if count == 1 else f"{count} messages that were"
        say(f"{graceid or 'about no object'}: {many} heard{', never captured' if graceid else ''}")
    if limit == 0:
        say(f"{offset + left} in all: --limit N shows so many of them")
    elif limit is not None and left > 0:
        say(f"and {left} more: --offset {offset + limit} shows what follows")
    _tell_damage(damage)


def _summaries(archive: Archive, captures: Sequence[Capture]) -> tuple[list[dict[str, Any]], list[str]]:
    """What there is to tell of captures, and what is wrong with those of which nothing can be told."""
    rows, damage = list[dict[str, Any]](), list[str]()
    for capture in captures:
        try:
            rows.append(summary_of(archive, capture))
        except ArchiveError as error:  # the others are shown all the same
            damage.append(str(error))
    return rows, damage


def _tell_damage(damage: Sequence[str]) -> None:
    if damage:
        more = f" (and {len(damage) - 1} more: `gracetape archive verify` tells of all)" if len(damage) > 1 else ""
        complain(f"{damage[0]}{more}")


def show(ref: str, archive: Path | None, as_json: bool) -> None:
    """Tell what an archive holds of an object (--json: with its record)."""
    with reading(archive) as tape:
        if ref in heard_only(tape):
            _show_heard(ref, recorded_of(tape, ref), as_json)
            return
        capture = tape.capture(ref)
        about = summary_of(tape, capture)
        told = {name: count for name, count in _told_of(tape, capture).items() if count and about.get(name) == 0}
        about |= dict.fromkeys(told)
        if as_json:
            show_json(about | {"record": tape.view(ref).record()})
            return
        place = tape.path
    about["bytes"] = size_of(about)
    about |= {name: f"–: the tape has none of that list; the log tells of {count}" for name, count in told.items()}
    absent, notes, _ = about.pop("absent"), about.pop("notes"), about.pop("torn")  # which is a note
    about["labels_now"] = ", ".join(about["labels_now"])
    for name in ("created", "captured"):
        about[name] = f"{shown_time(about[name])} UTC" if about[name] else None
    rows = [(name.replace("_", " "), value) for name, value in about.items()]
    for line in by_cause(absent):
        names, _, cause = line.partition(": ")
        rows += [("absent", cause), ("", names)]
    rows += [("", how_to_bring(ref, place))] if absent else []
    rows += [(f"note: {name}", value if isinstance(value, str) else json.dumps(value)) for name, value in notes.items()]
    show_table(["", "~"], rows)


def _told_of(archive: Archive, capture: Capture) -> Counter[str]:
    """Of how many records of each kind (`voevents`) an object's log tells, but for labels, which its record names; of none where its
    history cannot be told.
    """
    from gracetape.archive.history.history import history_of

    try:
        acts = Counter(entry.act.name for entry in history_of(archive, capture.ref).entries)
    except ArchiveError:
        return Counter()
    made = {kind.name: acts[kind.act or f"{kind.name}_created"] - acts[f"{kind.name}_deleted"] for kind in LISTED}
    return Counter({f"{name}s": count for name, count in made.items() if name != "label" and count > 0})


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


def log(ref: str, archive: Path | None, as_json: bool) -> None:
    """List an object's log entries, with what each tells of."""
    from gracetape.archive.history.history import history_of

    with reading(archive) as tape:
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


def files(ref: str, archive: Path | None, as_json: bool) -> None:
    """List an object's files, every version."""
    with reading(archive) as tape:
        entries = tape.view(ref).files()
    if as_json:
        show_json([asdict(entry) for entry in entries])
        return
    show_table(
        ["^file", ">size", "?sha256"],
        [(e.full_name, human_bytes(e.size), (e.sha256 or "absent")[:16]) for e in entries],
    )
    say_reasons(("absent", e.reason) for e in entries if e.sha256 is None)


def cat(ref: str, file: str, archive: Path | None) -> None:
    """Write a file's contents to the standard output."""
    with Archive.open(locate(archive)) as tape:  # no block of `reading`: whoever takes the output may be slow
        view = tape.view(ref)
        name, comma, version = file.rpartition(",")
        entry = view.file(file)
        if entry is None and comma and version.isdecimal() and len(version) < 16:
            entry = view.file(name, int(version))
        if entry is None:
            raise NotFound(f"{ref} has no file {file!r}: `gracetape archive files {ref}` lists what it has")
        if sys.stdout.isatty():
            show_text(tape.read(entry), entry.full_name)
            return
        for piece in tape.read(entry):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def extract(ref: str, folder: Path, archive: Path | None, layout: str, as_json: bool) -> None:
    """Write all files of an object, every version, into a folder."""
    from gracetape.archive.extract import extract as extract_files

    with reading(archive, contents=True) as tape:
        if not folder.is_dir() and tape.view(ref).file(folder.name) is not None:
            raise UsageError(
                f"a folder is meant, {folder.name} is a file of {ref}: `gracetape archive cat {ref} {folder.name} > {folder}` writes it alone"
            )
        written, left = extract_files(tape, ref, folder, layout)
        place = tape.path
    if as_json:
        show_json({"written": written, "left out": left})
    else:
        say(f"{len(written)} files written into {folder}")
        for line in by_cause(left):
            say(f"left out: {line}")
        if any(": absent (" in line for line in left):
            say(how_to_bring(ref, place))


def diff(old: str, new: str, archive: Path | None, as_json: bool) -> None:
    """Tell what differs between two captures."""
    from gracetape.archive.compare import compare

    with reading(archive) as tape:
        found = compare(tape, old, new)
    if as_json:
        show_json([asdict(difference) for difference in found])
    elif not found:
        say(f"{old} and {new} hold the same")
    else:
        show_table(["", "kind", "~which", "field", "~old", "~new"], [row for one in found for row in one.rows()])
