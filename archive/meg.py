"""Reads the caches of mock-event-generator, the form in which real superevents are exchanged, into an archive.

A cache holds a superevent's record, log and labels as the server gave them, and of each member event its record and its
uploads with their delays. The members' logs are made from those; what was made is said in the capture's notes, and made
entries have the issuer `gracetape-import`.
"""

import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from gracetape.archive import rules
from gracetape.archive.blobs import read_stream
from gracetape.archive.extract import safe_name
from gracetape.archive.store import Archive, Capture
from gracetape.archive.timeline import partners
from gracetape.errors import ArchiveError
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


def import_meg(source: Path, archive: Archive) -> list[Capture]:
    """Import every superevent of a cache (a folder, or such a folder as .tar.gz). Raises ArchiveError."""
    with _folder(source) as folder:
        found = sorted(path.parent for path in folder.rglob("description.json") if "sevent_data" in _read(path))
        if not found:
            raise ArchiveError(
                f"{source} is not a cache of mock-event-generator: no superevent's description.json in it"
            )
        return [capture for superevent in found for capture in _superevent(superevent, archive)]


@contextmanager
def _folder(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="gracetape-") as folder:
        try:
            with tarfile.open(source) as packed:
                if sum(member.size for member in packed) > _LARGEST:
                    raise ArchiveError(f"{source} unpacks to more than {_LARGEST >> 30} GiB: unpack it yourself first")
                packed.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ArchiveError(f"{source} cannot be unpacked as a cache of mock-event-generator: {error}") from None
        yield Path(folder)


def _read(path: Path) -> Record:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ArchiveError(f"{path} cannot be read: it is not a JSON object")
    return found


def _superevent(folder: Path, archive: Archive) -> list[Capture]:
    about = _read(folder / "description.json")
    try:
        data = about["sevent_data"]
        logs = data["logs"]["log"] if isinstance(data["logs"], dict) else data["logs"]
        superevent = data["sevent"]
        graceid = superevent["superevent_id"]
        service = SERVICES.get(about.get("source", ""), f"https://{about.get('source')}/api/")
        captures = [_keep_superevent(archive, graceid, service, superevent, logs, data.get("labels", []))]
        told = _told_to_events(graceid, logs)
        for event, record in sorted(data["gevents"].items()):
            description = folder / event / "description.json"
            uploads = _read(description).get("uploads", []) if description.exists() else []
            made = sorted([*_uploads(uploads), *_silent(record, told.get(event, []))], key=lambda m: (m.delay, m.rank))
            captures.append(_keep_event(archive, folder / event, service, record, made))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArchiveError(
            f"{folder / 'description.json'} is not what mock-event-generator writes: {type(error).__name__} {error}"
        ) from None
    return captures


def _keep_superevent(
    archive: Archive, graceid: str, service: str, record: Record, logs: list[Record], labels: list[Record]
) -> Capture:
    why = "the cache of mock-event-generator keeps no files of superevents"
    notes = {
        "from": "a cache of mock-event-generator",
        "absent": "the VOEvents' records, and all files, of the superevent",
    }
    with archive.transaction() as tx:
        capture = tx.begin(graceid, service, "import", notes)
        tx.put(capture, "object", "", record)
        for log in logs:
            tx.put(capture, "log", log["N"], log)
            if log.get("filename"):
                tx.add_file(capture, log["filename"], None, log.get("file_version") or 0, absent=why)
        for label in labels:
            tx.put(capture, "label", label["name"], label)
        return tx.finish(capture)


def _told_to_events(superevent: str, logs: list[Record]) -> dict[str, list[tuple[Record, str]]]:
    """What the superevent's log says that the server wrote into its events' logs: (log record, text) by graceid."""
    told: dict[str, list[tuple[Record, str]]] = {}
    for log in logs:
        for graceid, act, _ in partners(rules.read("superevent", log), superevent):
            told.setdefault(graceid, []).append((log, rules.text("event", act, superevent=superevent)))
    return told


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


def _silent(record: Record, told: list[tuple[Record, str]]) -> Iterator[_Made]:
    created = parse_time(record["created"])
    for log, text in told:
        delay = (parse_time(log["created"]) - created).total_seconds()
        yield _Made(max(delay, 0.0), 1, text)


def _keep_event(archive: Archive, folder: Path, service: str, record: Record, made: list[_Made]) -> Capture:
    graceid = record["graceid"]
    untimed = ", ".join(record.get("labels", []))
    notes = {
        "from": "a cache of mock-event-generator",
        "made": "the log, from the uploads and their delays, and from what the superevent's log says of this event",
        "not known": f"who wrote what, entries without a file, and when labels were applied ({untimed or 'none'})",
    }
    with archive.transaction() as tx:
        capture = tx.begin(graceid, service, "import", notes)
        tx.put(capture, "object", "", record)
        for n, entry in enumerate(made, start=1):
            tx.put(capture, "log", n, _log_record(service, record, n, entry))
            if entry.filename:
                _keep_file(tx, archive, capture, folder, entry)
        return tx.finish(capture)


def _log_record(service: str, record: Record, n: int, entry: _Made) -> Record:
    base = f"{service}events/{record['graceid']}"
    moment = parse_time(record["created"]) + timedelta(seconds=entry.delay)
    file = f"{base}/files/{entry.filename},{entry.version}" if entry.filename else None
    about = {"N": n, "comment": entry.comment, "created": server_time(moment), "issuer": ISSUER}
    about |= {"filename": entry.filename, "file_version": entry.version, "tag_names": list(entry.tags)}
    return about | {"self": f"{base}/log/{n}", "tags": f"{base}/log/{n}/tag/", "file": file}


def _keep_file(tx: Any, archive: Archive, capture: Capture, folder: Path, entry: _Made) -> None:
    full = f"{entry.filename},{entry.version}"
    path = folder / full
    if safe_name(full) is None or not path.is_file() or path.is_symlink():
        why = "the cache of mock-event-generator does not have it"
        tx.add_file(capture, entry.filename, None, entry.version, absent=why)
        return
    with path.open("rb") as stream:
        tx.add_file(capture, entry.filename, tx.store_blob(read_stream(stream)), entry.version)
