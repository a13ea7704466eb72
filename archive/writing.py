"""Writing to an archive inside one transaction: records, files and blobs, and new versions that share what did not change."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gracetape.archive import counters, derived, index, spans
from gracetape.archive.blobs import Blob, is_sound, is_stored, spool_in
from gracetape.archive.captures import Capture
from gracetape.archive.digest import combine, entry_mark, file_mark, seal_of
from gracetape.archive.encode import encode
from gracetape.archive.shapes import GREATEST
from gracetape.archive.store import Archive
from gracetape.archive.view import FileEntry, StoredView
from gracetape.errors import ArchiveError, NotFound
from gracetape.ids import category_of


@cache
def tool_name() -> str:
    """What wrote a capture: `gracetape VERSION`."""
    from importlib.metadata import PackageNotFoundError, version  # those who read write nothing

    try:
        return f"gracetape {version('gracetape')}"
    except PackageNotFoundError:
        return "gracetape"


_PREFERRING = "SELECT object FROM search_superevents WHERE preferred_event = ? AND composed"


class Transaction:
    """What can be changed while the archive is held for writing; made by `Archive.transaction()`.

    Names given as `graceid` mean the newest version of that object, which is first copied (rows, not contents) if it was
    captured or imported: recordings stay as they were. A `Capture` given instead means exactly that one.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._run = archive.connection.execute
        self._heads: dict[str, Capture] = {}

    def __repr__(self) -> str:
        return f"<Transaction on {self.archive!r}>"

    # -- versions

    def begin(
        self, graceid: str, service: str, origin: str, notes: dict[str, Any] | None = None, *, writable: bool = False
    ) -> Capture:
        """Start a new, unfinished version of an object; it is seen by readers from `finish` on, and written to if `writable`."""
        (last,) = self._run("SELECT coalesce(max(version), 0) FROM captures WHERE object = ?", (graceid,)).fetchone()
        cursor = self._run(
            "INSERT INTO main.captures (object, version, category, service, origin, tool, started, notes, writable) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                graceid, last + 1, category_of(graceid), service, origin, tool_name(),
                datetime.now(UTC).isoformat(timespec="seconds"), encode(notes or {}),
                int(writable),
            ),
        )  # fmt: skip
        return self._seal(int(cursor.lastrowid or 0))

    def finish(self, capture: Capture) -> Capture:
        """Make a version visible to readers."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._run("UPDATE main.captures SET completed = ? WHERE id = ?", (now, capture.id))
        self.name(capture.object, capture.object)
        derived.renew_place(self.archive.connection, capture.object)  # others may have come or gone meanwhile
        newest = "SELECT max(id) FROM captures WHERE object = ? AND completed IS NOT NULL"
        self._index(self._run(newest, (capture.object,)).fetchone()[0])  # a later one may have been finished before
        return self._seal(capture.id)

    def note(self, capture: Capture, notes: dict[str, Any]) -> None:
        """Replace the notes of a version."""
        self._run("UPDATE main.captures SET notes = ? WHERE id = ?", (encode(notes), capture.id))
        self._seal(capture.id)

    def drop(self, capture: Capture) -> None:
        """Forget a version. Contents that nothing else names stay until `gc`."""
        for table in ("entries", "files"):
            self._run(f"DELETE FROM main.{table} WHERE capture = ?", (capture.id,))
        self._run("DELETE FROM main.captures WHERE id = ?", (capture.id,))
        (left,) = self._run("SELECT count(*) FROM captures WHERE object = ?", (capture.object,)).fetchone()
        if not left:
            for table in ("names", "places", "spans", "alerts"):
                self._run(f"DELETE FROM main.{table} WHERE object = ?", (capture.object,))
        else:
            derived.renew(self.archive.connection, capture.object)
            spans.renew(self.archive.connection, capture.object)
        newest = "SELECT max(id) FROM captures WHERE object = ? AND completed IS NOT NULL"
        (number,) = self._run(newest, (capture.object,)).fetchone()
        if number is not None:
            self._index(number)
        else:
            index.remove(self.archive.connection, capture.object)
            for (superevent,) in self._run(_PREFERRING, (capture.object,)).fetchall():
                self._index(self._run(newest, (superevent,)).fetchone()[0])
        self._heads.pop(capture.object, None)

    def new_object(self, graceid: str, service: str, record: dict[str, Any]) -> Capture:
        """A new object with its record, visible at the end of the transaction."""
        capture = self.finish(self.begin(graceid, service, "dummy", writable=True))
        self._heads[graceid] = capture
        self.put(capture, "object", "", record)
        return capture

    def head(self, graceid: str) -> Capture:
        """The version that writes go to: the newest one, copied first if it is a recording."""
        if head := self._heads.get(graceid):
            return head
        newest = self.archive.capture(graceid)
        if not self._takes_writes(newest):
            newest = self._fork(newest)
        self._heads[graceid] = newest
        return newest

    def _takes_writes(self, capture: Capture) -> bool:
        return bool(capture.writable)

    def _fork(self, old: Capture) -> Capture:
        new = self.begin(old.object, old.service, "dummy", old.noted() | {"written_after": old.ref}, writable=True)
        self._share(old, new)
        self._run(
            "INSERT INTO main.files SELECT ?, name, version, sha256, size, absent FROM files WHERE capture = ?",
            (new.id, old.id),
        )
        self._run("UPDATE main.captures SET digest = ? WHERE id = ?", (old.digest, new.id))
        return self.finish(new)

    def _share(self, old: Capture, new: Capture) -> None:
        """Let a new version have the records of another one."""
        self._run(
            "INSERT INTO main.entries SELECT ?, kind, key, ord, record FROM entries WHERE capture = ?", (new.id, old.id)
        )

    def _capture(self, number: int) -> Capture:
        return Capture(*self._run("SELECT * FROM captures WHERE id = ?", (number,)).fetchone())

    def _seal(self, number: int) -> Capture:
        self._run("UPDATE main.captures SET seal = ? WHERE id = ?", (seal_of(self._capture(number)), number))
        return self._capture(number)

    def _target(self, target: str | Capture) -> Capture:
        return self.head(target) if isinstance(target, str) else target

    # -- records

    def view(self, graceid: str) -> StoredView:
        """The object as it stands inside this transaction."""
        return StoredView(self.archive, self.head(graceid))

    def put(self, target: str | Capture, kind: str, key: str | int, record: Any, order: int | None = None) -> None:
        """Set the record of (kind, key). `order` places it in its list (default: N for numbers, else where it was or last)."""
        capture, key = self._target(target), str(key)
        text = encode(record)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        old = self._run(
            "SELECT e.ord, r.sha256, r.json FROM main.entries e JOIN main.records r ON r.id = e.record "
            "WHERE capture = ? AND kind = ? AND key = ?",
            (capture.id, kind, key),
        ).fetchone()
        if order is None:
            n = key.isascii() and key.isdigit() and len(key) < 16  # SQLite's integers end at 9e18
            order = int(key) if n else (old[0] if old else self._last(capture, kind) + 1)
        row = self._run("SELECT id FROM main.records WHERE sha256 = ?", (sha256,)).fetchone()
        number = row[0] if row else self._run(
            "INSERT INTO main.records (sha256, json) VALUES (?, ?)", (sha256, text)).lastrowid  # fmt: skip
        self._run("INSERT OR REPLACE INTO main.entries VALUES (?, ?, ?, ?, ?)", (capture.id, kind, key, order, number))
        gone = [entry_mark(kind, key, *old[:2])] if old else []
        self._mark(capture, [entry_mark(kind, key, order, sha256)], gone)
        if kind == "object":
            self._derive(capture, record, old[2] if old else None)
        spans.put(self.archive.connection, capture.object, record, old[2] if old else None)
        self._reindex(capture, kind)

    def delete(self, target: str | Capture, kind: str, key: str | int) -> None:
        """Remove the record of (kind, key); NotFound if there is none."""
        capture, key = self._target(target), str(key)
        old = self._run(
            "SELECT e.ord, r.sha256, r.json FROM main.entries e JOIN main.records r ON r.id = e.record "
            "WHERE capture = ? AND kind = ? AND key = ?",
            (capture.id, kind, key),
        ).fetchone()
        if old is None:
            raise NotFound(f"{capture.object} has no {kind} {key}")
        self._run("DELETE FROM main.entries WHERE capture = ? AND kind = ? AND key = ?", (capture.id, kind, key))
        self._mark(capture, [], [entry_mark(kind, key, *old[:2])])
        spans.delete(self.archive.connection, capture.object, old[2])
        self._reindex(capture, kind)

    def _last(self, capture: Capture, kind: str) -> int:
        query = "SELECT coalesce(max(ord), 0) FROM entries WHERE capture = ? AND kind = ?"
        (last,) = self._run(query, (capture.id, kind)).fetchone()
        if not isinstance(last, int) or last >= GREATEST:
            raise ArchiveError(
                f"the order of the {kind} records of {capture.ref} is damaged: nothing can be added to them"
            )
        return last

    def next_n(self, graceid: str, kind: str) -> int:
        """The number that the next record of a kind gets: 1 more than the last."""
        return self._last(self.head(graceid), kind) + 1

    def _mark(self, capture: Capture, come: list[int], gone: list[int]) -> None:
        (old,) = self._run("SELECT digest FROM captures WHERE id = ?", (capture.id,)).fetchone()
        self._run("UPDATE main.captures SET digest = ? WHERE id = ?", (combine(old, come, gone), capture.id))

    # -- derived tables

    def name(self, name: str, graceid: str) -> None:
        """Let an object be found under a (further) id."""
        self._run("INSERT OR REPLACE INTO main.names VALUES (?, ?)", (name, graceid))

    def _derive(self, capture: Capture, record: dict[str, Any], old: str | None = None) -> None:
        derived.put(self.archive.connection, capture.object, capture.category, record, old)

    def _reindex(self, capture: Capture, kind: str) -> None:
        """Keep what searches read true, if that kind of record tells in it and the version is seen by readers."""
        if kind in ("object", "permission") and capture.completed:
            self._index(capture.id)

    def _index(self, capture: int) -> None:
        if (subject := index.stored(self.archive.connection, capture, layer=self.archive.layer(capture))) is not None:
            index.put(self.archive.connection, subject)

    def found_anew(self, graceid: str) -> None:
        """Let an object be found as its newest version says, whose rows were put there as they are."""
        self.name(graceid, graceid)
        newest = self.archive.capture(graceid)
        record = self.archive.view(newest.ref).record()
        self._derive(newest, record)
        spans.renew(self.archive.connection, graceid)
        self._index(newest.id)
        self._heads.pop(graceid, None)

    def is_taken(self, names: Iterable[str]) -> bool:
        """Whether an object has one of some ids."""
        asked = list(names)
        query = f"SELECT 1 FROM names WHERE name IN ({', '.join('?' * len(asked))})"
        return self._run(query, asked).fetchone() is not None

    def greatest_event(self) -> int:
        """The greatest number that an event has (0: there are none)."""
        query = "SELECT max(CAST(substr(object, 2) AS INTEGER)) FROM captures WHERE category = 'event'"
        return int(self._run(query).fetchone()[0] or 0)

    def last_number(self, counter: str) -> int | None:
        """Where a named counter stands; None if no number was ever taken from it."""
        return counters.number(self.archive.connection, counter)

    def next_number(self, counter: str, at_least: int = 1) -> int:
        """The next number of a named counter (ids of new objects); never one below `at_least`."""
        last = counters.number(self.archive.connection, counter) or 0
        return counters.put(self.archive.connection, counter, max(last + 1, at_least))

    def set_heard(self, name: str, value: int) -> None:
        """Keep until when, or up to where, something was heard."""
        counters.put(self.archive.connection, name, value, counters.HEARD)

    def forget_heard(self, name: str) -> None:
        """Forget that, so that its name is in the file no more."""
        counters.forget(self.archive.connection, name, counters.HEARD)

    # -- files

    def store_blob(self, pieces: Iterable[bytes]) -> Blob:
        """Keep contents (once, however often they come) and say what they are."""
        spool, blob = spool_in(self.archive.blobs, pieces)
        return self.keep_blob(spool, blob)

    def keep_blob(self, spool: Any, blob: Blob) -> Blob:
        """Keep contents that were spooled before the transaction (long downloads hold no lock)."""
        row = self._run("SELECT * FROM blobs WHERE sha256 = ?", (blob.sha256,)).fetchone()
        old = Blob(*row) if row is not None else None
        store = self.archive.blobs
        if old is not None and ((old == blob and is_stored(store, spool, blob)) or is_sound(store, old)):
            spool.unlink()
            return old
        store.put(spool, blob.sha256)  # what was lost or damaged is whole again
        self._run("INSERT OR REPLACE INTO main.blobs VALUES (?, ?, ?)", (blob.sha256, blob.size, blob.encoding))
        return blob

    def name_blob(self, blob: Blob) -> Blob:
        """Say that contents are there which the archive reads elsewhere."""
        self._run("INSERT OR REPLACE INTO main.blobs VALUES (?, ?, ?)", (blob.sha256, blob.size, blob.encoding))
        return blob

    def add_file(
        self, target: str | Capture, name: str, blob: Blob | None, version: int | None = None, absent: str | None = None
    ) -> FileEntry:
        """A version of a file (default: the next one). Without a blob, `absent` says why its contents are not there."""
        capture = self._target(target)
        if version is None:
            query = "SELECT coalesce(max(version), -1) + 1 FROM files WHERE capture = ? AND name = ?"
            (version,) = self._run(query, (capture.id, name)).fetchone()
        sha256, size = (blob.sha256, blob.size) if blob else (None, None)
        entry = FileEntry(name, int(version or 0), sha256, size, absent)
        old = self._run(
            "SELECT name, version, sha256, size, absent FROM files WHERE capture = ? AND name = ? AND version = ?",
            (capture.id, name, entry.version),
        ).fetchone()
        self._run(
            "INSERT OR REPLACE INTO main.files VALUES (?, ?, ?, ?, ?, ?)",
            (capture.id, name, entry.version, sha256, size, absent),
        )
        self._mark(capture, [file_mark(entry)], [file_mark(FileEntry(*old))] if old else [])
        return entry

    def remove_file(self, target: str | Capture, entry: FileEntry) -> None:
        """Forget a version of a file (its contents stay until `gc`)."""
        capture = self._target(target)
        query = "DELETE FROM main.files WHERE capture = ? AND name = ? AND version = ?"
        if self._run(query, (capture.id, entry.name, entry.version)).rowcount:
            self._mark(capture, [], [file_mark(entry)])
