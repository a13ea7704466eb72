"""What one archive holds that another lacks, and bringing it there: captures by version and digest, messages that were heard, catalogues.

Nothing that is there is lost. A capture that both have, and that differs, is brought only where theirs goes on from ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gracetape.archive import counters, recorded
from gracetape.archive.captures import Capture
from gracetape.archive.store import Archive
from gracetape.archive.view import StoredView
from gracetape.archive.writing import Transaction
from gracetape.errors import ArchiveError

_ALERTS = "SELECT object, arrived, node, payload FROM alerts ORDER BY id"
_CATALOGUES = "SELECT number, version, json, seal FROM catalogues ORDER BY id"


@dataclass
class Plan:
    """What an archive would get: captures that it lacks, and those of which it has an earlier state (theirs, ours); rows of tables.

    `left` are versions older than what it has, which it may have removed; `differ` those that cannot both be kept.
    """

    new: list[Capture] = field(default_factory=list)
    grown: list[tuple[Capture, Capture]] = field(default_factory=list)
    alerts: list[tuple[str, str, str, str]] = field(default_factory=list)
    catalogues: list[tuple[str, int, str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.grown or self.alerts or self.catalogues or self.differ)

    def __str__(self) -> str:
        refs = [c.ref for c in self.new] + [f"more of {theirs.ref}" for theirs, _ in self.grown]
        some = refs[:3] + ([f"{len(refs) - 3} more captures"] if len(refs) > 3 else [])
        some += [f"{len(self.alerts)} messages that were heard"] if self.alerts else []
        some += [f"{len(self.catalogues)} catalogues"] if self.catalogues else []
        return ", ".join(some)


def plan(theirs: Archive, ours: Archive) -> Plan:
    """What `ours` would get of `theirs`."""
    made = Plan()
    known = {(c.object, c.version): c for c in ours.captures(unfinished=True)}
    newest: dict[str, int] = {}
    for graceid, version in known:
        newest[graceid] = max(version, newest.get(graceid, 0))
    for capture in theirs.captures():
        own = known.get((capture.object, capture.version))
        if own is None and capture.version > newest.get(capture.object, 0):
            made.new.append(capture)
        elif own is None:
            made.left.append(capture.ref)
        elif (own.digest, own.seal) != (capture.digest, capture.seal):
            if _goes_on(theirs, capture, ours, own):
                made.grown.append((capture, own))
            elif not _goes_on(ours, own, theirs, capture):
                made.differ.append(capture.ref)
    have = {(graceid, node, payload[:64]) for graceid, _, node, payload in ours.connection.execute(_ALERTS)}
    made.alerts = [row for row in theirs.connection.execute(_ALERTS) if (row[0], row[2], row[3][:64]) not in have]
    kept = {(number, version): seal for number, version, _, seal in ours.connection.execute(_CATALOGUES)}
    for row in theirs.connection.execute(_CATALOGUES):
        if row[:2] not in kept:
            made.catalogues.append(row)
        elif kept[row[:2]] != row[3]:
            made.differ.append(f"version {row[1]} of the catalogue {row[0]}")
    return made


def _goes_on(later: Archive, one: Capture, earlier: Archive, other: Capture) -> bool:
    """Whether a version that is written to is a later state of another: it has every entry of that one's log, and every file."""
    if not (one.writable and other.writable and one.completed and other.completed):
        return False
    views = StoredView(later, one), StoredView(earlier, other)
    logs = [{(log.get("N"), log.get("created"), log.get("comment")) for log in view.records("log")} for view in views]
    files = [{(f.name, f.version, f.sha256) for f in view.files()} for view in views]
    return logs[0] >= logs[1] and files[0] >= files[1] and (logs[0], files[0]) != (logs[1], files[1])


def bring(made: Plan, theirs: Archive, tx: Transaction) -> None:
    """Bring what was planned into the archive that is held for writing. The contents of its files are there by now."""
    ours = tx.archive
    numbers: dict[int, int] = {}
    for capture in made.new:
        row = {**vars(capture)}
        del row["id"]
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = ours.connection.execute(f"INSERT INTO captures ({names}) VALUES ({marks})", tuple(row.values()))
        _fill(theirs, capture, ours, int(cursor.lastrowid or 0), numbers)
    for capture, own in made.grown:
        for table in ("entries", "files"):
            ours.connection.execute(f"DELETE FROM {table} WHERE capture = ?", (own.id,))
        row = {**vars(capture)}
        del row["id"]
        sets = ", ".join(f"{name} = ?" for name in row)
        ours.connection.execute(f"UPDATE captures SET {sets} WHERE id = ?", (*row.values(), own.id))
        _fill(theirs, capture, ours, own.id, numbers)
    for graceid in dict.fromkeys(c.object for c in (*made.new, *(theirs for theirs, _ in made.grown))):
        tx.found_anew(graceid)
    _bring_alerts(made, theirs, ours)
    ours.connection.executemany(
        "INSERT INTO catalogues (number, version, json, seal) VALUES (?, ?, ?, ?)", made.catalogues
    )
    for name, last in counters.numbers(theirs.connection):
        if last > (counters.number(ours.connection, name) or 0):
            counters.put(ours.connection, name, last)


def _fill(theirs: Archive, capture: Capture, ours: Archive, number: int, numbers: dict[int, int]) -> None:
    """Give a capture of ours the records and files of one of theirs. `numbers` are those of records by theirs, as far as known."""
    run = ours.connection.execute
    query = "SELECT e.kind, e.key, e.ord, r.id, r.sha256, r.json FROM entries e JOIN records r ON r.id = e.record WHERE e.capture = ?"
    for kind, key, order, record, sha256, text in theirs.connection.execute(query, (capture.id,)):
        if record not in numbers:
            numbers[record] = _record(ours, sha256, text)
        run("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", (number, kind, key, order, numbers[record]))
    query = "SELECT name, version, sha256, size, absent FROM files WHERE capture = ?"
    for row in theirs.connection.execute(query, (capture.id,)):
        run("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", (number, *row))


def _record(ours: Archive, sha256: str, text: str) -> int:
    row = ours.connection.execute("SELECT id FROM records WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        return int(
            ours.connection.execute("INSERT INTO records (sha256, json) VALUES (?, ?)", (sha256, text)).lastrowid or 0
        )
    return int(row[0])


def _bring_alerts(made: Plan, theirs: Archive, ours: Archive) -> None:
    if not made.alerts:
        return
    recorded.make_index(ours.connection)
    for row in made.alerts:
        found = theirs.connection.execute(
            "SELECT sha256, json FROM records WHERE sha256 = ?", (row[3][:64],)
        ).fetchone()
        if found is None:
            raise ArchiveError(f"the payload of a recorded message of {row[0]} is missing from what was shared")
        _record(ours, *found)
        ours.connection.execute("INSERT INTO alerts (object, arrived, node, payload) VALUES (?, ?, ?, ?)", row)


def contents_of(made: Plan, theirs: Archive) -> Iterator[tuple[Any, ...]]:
    """The rows of the table `blobs` that the planned captures need, each once."""
    seen: set[str] = set()
    query = "SELECT b.sha256, b.size, b.encoding FROM files f JOIN blobs b ON b.sha256 = f.sha256 WHERE f.capture = ? ORDER BY 1"
    for capture in (*made.new, *(theirs for theirs, _ in made.grown)):
        for row in theirs.connection.execute(query, (capture.id,)):
            if row[0] not in seen:
                seen.add(row[0])
                yield row
