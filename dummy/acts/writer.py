"""Appends to an archive in one transaction as the server does: log entries, changed records, and the alerts they cause."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gracetape.archive import Alert, Entry, NotFound, Transaction
from gracetape.archive.alerts.rebuild import alerts_of_entry
from gracetape.archive.history import rules
from gracetape.archive.view import FileEntry
from gracetape.dummy.links import HOME, Links
from gracetape.dummy.source import ComposedView, Record
from gracetape.times import record_time, server_time

#: Nothing was taken away.
NO_REMOVALS: Mapping[tuple[str, str], Record] = {}


class Subject:
    """An object being written to: its id and links, the record as stored, and the view that alerts are made from."""

    def __init__(self, writer: "Writer", view: ComposedView) -> None:
        self.writer, self.view = writer, view
        self.graceid, self.category = view.graceid, view.category
        self.record: Record = view.stored()
        self.links = Links(view.service, self.category, self.shown_id)

    @property
    def shown_id(self) -> str:
        """The id that the object goes by: a confirmed superevent's is its GW id."""
        return str(self.record.get("gw_id") or self.graceid)

    def save(self) -> None:
        """Store the record as it was changed."""
        self.writer.tx.put(self.graceid, "object", "", self.record)

    def put(self, kind: str, key: str | int, record: Record, order: int | None = None) -> None:
        self.writer.tx.put(self.graceid, kind, key, record, order)


class Writer:
    """One write. `created` is the server's time of all that it makes; `alerts` fills in the server's order."""

    def __init__(self, tx: Transaction, user: str, now: datetime, *, announcing: bool = True) -> None:
        self.tx, self.user, self.now = tx, user, now
        self.created = server_time(now)
        self.alerts: list[Alert] = []
        self._announcing = announcing
        self._subjects: dict[str, Subject] = {}

    def subject(self, graceid: str) -> Subject:
        """The object with that id, ready to be written to; NotFound if there is none."""
        if graceid not in self._subjects:
            kept_as = self.tx.archive.resolve(graceid)
            subject = Subject(self, ComposedView(self.tx.archive, self.tx.head(kept_as)))
            self._subjects[graceid] = self._subjects[subject.graceid] = subject
        return self._subjects[graceid]

    def find(self, graceid: str) -> Subject | None:
        """The same, or None if there is no such object."""
        try:
            return self.subject(graceid)
        except NotFound:
            return None

    def new(self, graceid: str, record: Record) -> Subject:
        """A new object with that record."""
        self.tx.new_object(graceid, HOME, record)
        return self.subject(graceid)

    def record(
        self, subject: Subject, act: str, /, *, file: FileEntry | None = None, tags: Sequence[str] = (),
        gone: Mapping[tuple[str, str], Record] = NO_REMOVALS, **params: object,
    ) -> Record:  # fmt: skip
        """Record an act of archive/history/rules.py that was done with `params`: its log entry, and the alerts that it causes.

        Call it when the object stands as the act left it. `file` is the file version that the entry brings, `tags` those that
        come with it, each of which leaves its own entry right after, as on the server; `gone` are the records that the act
        took away. Returns the entry's record; that of an act that leaves none is empty.
        """
        done = rules.act(subject.category, act, **params)
        record = self._log(subject, done.text, file, tags) if done.rule.logged else {}
        if self._announcing and done.rule.causes:
            entry = Entry(record.get("N"), record_time(self.created), record, done)
            self.alerts.extend(alerts_of_entry(entry, subject.view, gone))
        return record

    def _log(self, subject: Subject, comment: str, file: FileEntry | None, tags: Sequence[str]) -> Record:
        n = self.tx.next_n(subject.graceid, "log")
        record = self._log_record(subject, n, comment, file)
        record["tag_names"] = list(dict.fromkeys(tags))
        subject.put("log", n, record)
        for tag in record["tag_names"]:
            self.record(subject, "tagged", n=n, tag=tag)
        return record

    def _log_record(self, subject: Subject, n: int, comment: str, file: FileEntry | None) -> Record:
        links = subject.links
        fields = {
            "N": n, "comment": comment, "created": self.created, "issuer": self.user,
            "filename": file.name if file else "", "file_version": file.version if file else None, "tag_names": [],
        }  # fmt: skip
        where = links.file(file.full_name) if file else None
        if subject.category == "event":
            return fields | {"self": links.log(n), "tags": links.tags(n), "file": where}
        return {"self": links.log(n)} | fields | {"file": where}
