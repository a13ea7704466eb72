"""A view that reads each list once: a film asks for them at every place, and alerts for each record of them."""

from typing import Any

from gracetape.archive import FileEntry, StoredView
from gracetape.archive.kinds import KINDS

Record = dict[str, Any]


class Remembered:
    """The same as a stored view, its records and files kept once they were read."""

    def __init__(self, view: StoredView) -> None:
        self._view = view
        self.graceid, self.category, self.service = view.graceid, view.category, view.service
        self._record: Record | None = None
        self._lists: dict[str, list[Record]] = {}
        self._by_key: dict[str, dict[str, Record]] = {}
        self._files: list[FileEntry] | None = None

    def record(self) -> Record:
        if self._record is None:
            self._record = self._view.record()
        return self._record

    def records(self, kind: str) -> list[Record]:
        if kind not in self._lists:
            self._lists[kind] = self._view.records(kind)
        return self._lists[kind]

    def one(self, kind: str, key: str | int) -> Record | None:
        if kind not in KINDS:
            return self._view.one(kind, key)
        if kind not in self._by_key:
            rows = [self.record()] if kind == "object" else self.records(kind)
            self._by_key[kind] = {KINDS[kind].key(row, place): row for place, row in enumerate(rows, start=1)}
        return self._by_key[kind].get(str(key))

    def count(self, kind: str) -> int:
        return len(self.records(kind))

    def files(self) -> list[FileEntry]:
        if self._files is None:
            self._files = self._view.files()
        return self._files
