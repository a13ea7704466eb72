"""A view that reads each list once: a film asks for them at every place."""

from typing import Any

from gracetape.archive import FileEntry, StoredView

Record = dict[str, Any]


class Remembered:
    """The same as a stored view, its records and files kept once they were read."""

    def __init__(self, view: StoredView) -> None:
        self._view = view
        self.graceid, self.category, self.service = view.graceid, view.category, view.service
        self._record: Record | None = None
        self._lists: dict[str, list[Record]] = {}
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
        return self._view.one(kind, key)

    def count(self, kind: str) -> int:
        return len(self.records(kind))

    def files(self) -> list[FileEntry]:
        if self._files is None:
            self._files = self._view.files()
        return self._files
