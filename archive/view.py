"""How everybody looks at an object: its record, its lists of records and its files, stored or folded alike."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from gracetape.archive.captures import Capture
from gracetape.archive.kinds import read_record
from gracetape.archive.shapes import GREATEST
from gracetape.archive.tables import Tables
from gracetape.errors import ArchiveError
from gracetape.plain_text import cut, plain

Record = dict[str, Any]


@dataclass(frozen=True)
class FileEntry:
    """A version of a file: SHA-256 (hex) and size (bytes) of its contents, or why they are absent."""

    name: str
    version: int
    sha256: str | None
    size: int | None
    absent: str | None = None

    def __repr__(self) -> str:
        held = f"{self.size} bytes, sha256 {self.sha256[:12]}…" if self.sha256 is not None else f"absent: {self.absent}"
        return f"<FileEntry {cut(plain(f'{self.name},{self.version}'), 50)}, {cut(plain(held), 50)}>"

    def __post_init__(self) -> None:
        texts = (
            isinstance(self.name, str) and isinstance(self.sha256, str | None) and isinstance(self.absent, str | None)
        )
        numbers = isinstance(self.version, int) and isinstance(self.size, int | None)
        if not (texts and numbers and 0 <= self.version < GREATEST and (self.size or 0) >= 0):
            raise ArchiveError(f"a row of the table files is damaged ({self.name!r:.80}): verify tells more")

    @property
    def full_name(self) -> str:
        """`skymap.fits,0`."""
        return f"{self.name},{self.version}"

    @property
    def reason(self) -> str:
        """Why its contents are absent, without the file's name, so that one cause is one text."""
        said, own = self.absent or "", f"{self.full_name} of "
        return said[len(own) :].partition(": ")[2] or said if said.startswith(own) else said


class View(Protocol):
    """An object as it stands at some moment. Records are the server's JSON; treat them as read-only."""

    graceid: str
    category: str
    service: str

    def record(self) -> Record:
        """The event or superevent."""

    def records(self, kind: str) -> list[Record]:
        """All records of a kind, in the server's order."""

    def one(self, kind: str, key: str | int) -> Record | None:
        """One record of a kind (log N, label name, …), or None."""

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""

    def files(self) -> list[FileEntry]:
        """Every version of every file, by name and version."""


class StoredView:
    """An object as the tables hold it, read when asked."""

    def __init__(self, archive: Tables, capture: Capture) -> None:
        self.archive, self.capture = archive, capture
        self.graceid, self.category, self.service = capture.object, capture.category, capture.service

    def __repr__(self) -> str:
        return f"<StoredView {self.capture.ref}>"

    def _of_kind(self) -> str:
        layer = self.archive.layer(self.capture.id)
        return (
            f"SELECT r.json, r.sha256, e.key FROM {layer}.entries e JOIN {layer}.records r ON r.id = e.record "
            "WHERE e.capture = ? AND e.kind = ?"
        )

    def record(self) -> Record:
        record = self.one("object", "")
        return record if record is not None else {}

    def one(self, kind: str, key: str | int) -> Record | None:
        text = self.text(kind, key)
        return self._read(text, kind, str(key)) if text is not None else None

    def text(self, kind: str, key: str | int) -> str | None:
        """One record as the JSON text that is stored, or None."""
        query = self._of_kind() + " AND e.key = ?"
        row = self.archive.connection.execute(query, (self.capture.id, kind, str(key))).fetchone()
        return self._sound(*row[:2]) if row else None

    def _read(self, text: str, kind: str, key: str) -> Record:
        record: Record = read_record(text, kind, key, self.capture.ref)
        return record

    def _sound(self, text: str, sha256: str) -> str:
        """The text of a record, if it is what was stored: damage is told of, never passed on."""
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise ArchiveError(f"a record of {self.capture.ref} is damaged: `gracetape archive verify` tells which")
        return text

    def records(self, kind: str) -> list[Record]:
        query = self._of_kind() + " ORDER BY e.ord, e.key"
        rows = self.archive.connection.execute(query, (self.capture.id, kind))
        return [self._read(self._sound(text, sha256), kind, key) for text, sha256, key in rows]

    def texts(self, kind: str) -> list[tuple[str, str, str]]:
        """All records of a kind, in the server's order, as (JSON text that is stored, its digest, key)."""
        query = self._of_kind() + " ORDER BY e.ord, e.key"
        rows = self.archive.connection.execute(query, (self.capture.id, kind))
        return [(self._sound(text, sha256), sha256, key) for text, sha256, key in rows]

    def read(self, text: str, kind: str, key: str) -> Record:
        """The record that a text of it says; ArchiveError if no server writes such a one."""
        return self._read(text, kind, key)

    def items(self) -> Iterator[tuple[str, str, int, str]]:
        """Every row as (kind, key, order, digest of the record)."""
        layer = self.archive.layer(self.capture.id)
        query = (
            f"SELECT e.kind, e.key, e.ord, r.sha256 FROM {layer}.entries e JOIN {layer}.records r ON r.id = e.record "
            "WHERE e.capture = ? ORDER BY e.kind, e.ord, e.key"
        )
        return iter(self.archive.connection.execute(query, (self.capture.id,)))

    def count(self, kind: str) -> int:
        query = "SELECT count(*) FROM entries WHERE capture = ? AND kind = ?"
        return int(self.archive.connection.execute(query, (self.capture.id, kind)).fetchone()[0])

    def files(self) -> list[FileEntry]:
        query = "SELECT name, version, sha256, size, absent FROM files WHERE capture = ? ORDER BY name, version"
        return [FileEntry(*row) for row in self.archive.connection.execute(query, (self.capture.id,))]

    def file(self, name: str, version: int | None = None) -> FileEntry | None:
        """One version of a file (default: the newest), or None."""
        query = "SELECT name, version, sha256, size, absent FROM files WHERE capture = ? AND name = ? AND "
        query += "(? IS NULL OR version = ?) ORDER BY version DESC LIMIT 1"
        row = self.archive.connection.execute(query, (self.capture.id, name, version, version)).fetchone()
        return FileEntry(*row) if row else None
