"""Reads the caches of mock-event-generator, the form in which real superevents are exchanged, into an archive.

A cache holds a superevent's record, log and labels as the server gave them, and of each member event its record and its
uploads with their delays. The members' logs are made from those; what was made is said in the capture's notes. A made entry
with a file has the event's submitter as its issuer, since a cache keeps the uploads of nobody else (mock_event_generator.fetchers);
what remains has the issuer `gracetape-import`.
"""

import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

from gracetape.archive.blobs import read_stream
from gracetape.archive.extract import safe_name
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.history import rules
from gracetape.archive.history.ordering import partners
from gracetape.archive.inside import open_inside
from gracetape.archive.making import is_free, made
from gracetape.archive.owners import notes_of
from gracetape.archive.services import same_object
from gracetape.archive.store import Archive, Capture
from gracetape.archive.writing import Transaction
from gracetape.bounded_json import read_kept
from gracetape.errors import ArchiveError
from gracetape.progress import advance, progress
from gracetape.times import parse_time, server_time

Record = dict[str, Any]

SERVICES = {
    "production": "https://gracedb.ligo.org/api/",
    "playground": "https://gracedb-playground.ligo.org/api/",
    "test": "https://gracedb-test.ligo.org/api/",
    "dev": "https://gracedb-dev1.ligo.org/api/",
}
ISSUER = "gracetape-import"
_LARGEST = 4 << 30  # bytes that a packed cache may unpack to


@dataclass(frozen=True)
class _Made:
    """An entry of a member's log before it has its N: seconds after the event's creation, rank within a second."""

    delay: float
    rank: int
    comment: str
    filename: str = ""
    version: int | None = None
    tags: tuple[str, ...] = ()


def import_into(source: Path, target: Path) -> list[Capture]:
    """Import a cache into the archive at `target`, all of it or nothing; one that is not there appears when it is whole."""
    with progress("importing"), _superevents(source) as found:
        if not is_free(target):
            with Archive.open(target, read_only=False) as archive:
                return _import(found, archive)
        try:
            with made(target, packed=False) as making, Archive.open(making, read_only=False) as archive:
                captures = _import(found, archive)
        except OSError as error:
            raise ArchiveError(f"cannot write {target}: {error.strerror}: import into it once more") from None
        return captures


def import_meg(source: Path, archive: Archive) -> list[Capture]:
    """Import every superevent of a cache (a folder, or such a folder as .tar.gz), all or none. Raises ArchiveError."""
    with _superevents(source) as found:
        return _import(found, archive)


def _import(superevents: list[Path], archive: Archive) -> list[Capture]:
    files = sum(1 for folder in superevents for _ in folder.rglob("*,*"))
    with progress("importing", files, "files"), _all_or_none(archive) as tx:
        return [capture for folder in superevents for capture in _superevent(folder, tx)]


@contextmanager
def _superevents(source: Path) -> Iterator[list[Path]]:
    """The folders of a cache's superevents."""
    with _folder(source) as folder:
        found = sorted(path.parent for path in folder.rglob("description.json") if "sevent_data" in _read(path))
        if not found:
            raise ArchiveError(
                f"{source} is not a cache of mock-event-generator: no superevent's description.json in it"
            )
        yield found


@contextmanager
def _all_or_none(archive: Archive) -> Iterator[Transaction]:
    """A transaction that, if it fails, takes away also the contents that it brought and that nothing else names."""
    brought: set[str] = set()
    try:
        with archive.transaction() as tx:
            before = {row[0] for row in archive.connection.execute("SELECT sha256 FROM blobs")}
            try:
                yield tx
            finally:
                brought = {row[0] for row in archive.connection.execute("SELECT sha256 FROM blobs")} - before
    except BaseException:
        if brought:
            with archive.transaction():
                named = {row[0] for row in archive.connection.execute("SELECT sha256 FROM blobs")}
                for sha256 in brought - named:
                    archive.blobs.remove(sha256)
        raise


@contextmanager
def _folder(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield source
        return
    with HeldFolder(None, COPIED) as held:
        try:
            _unpack(source, held.path)
        except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise ArchiveError(f"{source} cannot be unpacked as a cache of mock-event-generator: {error}") from None
        yield held.path


def _unpack(source: Path, folder: Path) -> None:
    """Unpack a .tar.gz, read to its very end: the checksum of a compressed stream comes last, and tarfile never asks for it.

    tarfile also takes a damaged header for the end of the archive, which really is a block of zeros.
    """
    with progress(f"unpacking {source.name}"), tarfile.open(source) as packed:
        size = 0
        for member in packed:
            size += member.size
            if size > _LARGEST:
                raise ArchiveError(f"{source} unpacks to more than {_LARGEST >> 30} GiB: unpack it yourself first")
        stream = cast("IO[bytes]", packed.fileobj)
        stream.seek(packed.offset)
        end = 0
        for piece in read_stream(stream):
            end += len(piece)
            if piece.count(0) != len(piece) or end > _LARGEST:
                raise tarfile.ReadError("it is damaged: what follows its last file is no end of an archive")
        if end < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it is cut short")
        packed.extractall(folder, filter="data")


def _read(path: Path) -> Record:
    try:
        with os.fdopen(open_inside(path.parent, path.name), encoding="utf-8") as stream:
            found = read_kept(stream.read())
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ArchiveError(f"{path} cannot be read: it is not a JSON object")
    return found


def _superevent(folder: Path, tx: Transaction) -> list[Capture]:
    about = _read(folder / "description.json")
    try:
        data = about["sevent_data"]
        logs = data["logs"]["log"] if isinstance(data["logs"], dict) else data["logs"]
        superevent = data["sevent"]
        graceid = superevent["superevent_id"]
        service = SERVICES.get(about.get("source", ""), f"https://{about.get('source')}/api/")
        captures = [_keep_superevent(tx, graceid, service, superevent, logs, data.get("labels", []))]
        entries = _entries_on_events(graceid, logs)
        for event, record in sorted(data["gevents"].items()):
            description = folder / event / "description.json"
            uploads = _read(description).get("uploads", []) if description.exists() else []
            made = sorted(
                [*_uploads(uploads), *_silent(record, entries.get(event, []))], key=lambda m: (m.delay, m.rank)
            )
            captures.append(_keep_event(tx, folder / _plain(event), service, record, made))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ArchiveError(
            f"{folder / 'description.json'} is not what mock-event-generator writes: {type(error).__name__} {error}"
        ) from None
    return captures


def _keep_superevent(
    tx: Transaction, graceid: str, service: str, record: Record, logs: list[Record], labels: list[Record]
) -> Capture:
    why = "the cache of mock-event-generator keeps no files of superevents"
    notes = {
        "from": "a cache of mock-event-generator",
        "absent": "the VOEvents' records, and all files, of the superevent",
    }
    capture = tx.begin(graceid, service, "import", notes)
    tx.put(capture, "object", "", record)
    for log in logs:
        tx.put(capture, "log", log["N"], log)
        if log.get("filename"):
            tx.add_file(capture, log["filename"], None, log.get("file_version") or 0, absent=why)
    for label in labels:
        tx.put(capture, "label", label["name"], label)
    return _finish(tx, capture)


def _entries_on_events(superevent: str, logs: list[Record]) -> dict[str, list[tuple[Record, str]]]:
    """What the superevent's log says that the server wrote into its events' logs: (log record, text) by graceid."""
    entries: dict[str, list[tuple[Record, str]]] = {}
    for log in logs:
        for graceid, act, _ in partners(rules.read("superevent", log), superevent):
            entries.setdefault(graceid, []).append((log, rules.text("event", act, superevent=superevent)))
    return entries


def _uploads(uploads: list[Record]) -> Iterator[_Made]:
    for upload in uploads:
        name, _, version = upload["filename"].rpartition(",")
        yield _Made(
            float(upload.get("delay") or 0),
            0,
            upload.get("message") or "",
            name,
            int(version),
            tuple(upload.get("tags") or ()),
        )


def _silent(record: Record, entries: list[tuple[Record, str]]) -> Iterator[_Made]:
    created = parse_time(record["created"])
    for log, text in entries:
        delay = (parse_time(log["created"]) - created).total_seconds()
        yield _Made(max(delay, 0.0), 1, text)


def _plain(name: str) -> str:
    """A member's id, which is the name of its folder too: it leads nowhere else."""
    if safe_name(name) is None:
        raise ValueError(f"{name!r} is no graceid")
    return name


def _keep_event(tx: Transaction, folder: Path, service: str, record: Record, made: list[_Made]) -> Capture:
    graceid = record["graceid"]
    untimed = ", ".join(record.get("labels", []))
    notes = {
        "from": "a cache of mock-event-generator",
        "made": "the log, from the uploads and their delays, and from what the superevent's log says of this event",
        "not known": f"entries without a file, who wrote those that are made, and when labels were applied ({untimed or 'none'})",
    }
    capture = tx.begin(graceid, service, "import", notes)
    tx.put(capture, "object", "", record)
    for n, entry in enumerate(made, start=1):
        tx.put(capture, "log", n, _log_record(service, record, n, entry))
        if entry.filename:
            _keep_file(tx, capture, folder, entry)
    return _finish(tx, capture)


def _finish(tx: Transaction, capture: Capture) -> Capture:
    """The capture with what was put into it; the one before it if that holds the same: a cache that is read twice is there once."""
    before = [one for one in tx.archive.captures(capture.object) if one.origin == "import"]
    done = tx.finish(capture)
    if before and same_object(tx.archive, before[-1], done) and notes_of(before[-1]) == notes_of(done):
        tx.drop(done)
        return before[-1]
    return done


def _log_record(service: str, record: Record, n: int, entry: _Made) -> Record:
    base = f"{service}events/{record['graceid']}"
    moment = parse_time(record["created"]) + timedelta(seconds=entry.delay)
    file = f"{base}/files/{entry.filename},{entry.version}" if entry.filename else None
    about = {"N": n, "comment": entry.comment, "created": server_time(moment)}
    about["issuer"] = record.get("submitter") or ISSUER if entry.filename else ISSUER
    about |= {"filename": entry.filename, "file_version": entry.version, "tag_names": list(entry.tags)}
    return about | {"self": f"{base}/log/{n}", "tags": f"{base}/log/{n}/tag/", "file": file}


def _keep_file(tx: Transaction, capture: Capture, folder: Path, entry: _Made) -> None:
    advance()
    full = f"{entry.filename},{entry.version}"
    path = folder / full
    if safe_name(full) is None or not path.is_file() or path.is_symlink():
        why = "the cache of mock-event-generator does not have it"
        tx.add_file(capture, entry.filename, None, entry.version, absent=why)
        return
    with os.fdopen(open_inside(folder, full), "rb") as stream:
        tx.add_file(capture, entry.filename, tx.store_blob(read_stream(stream)), entry.version)
