"""What the version before has of an object, and the server no longer gives: told, and kept as far as it cannot have changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from gracetape.archive import Archive, Capture, FileEntry
from gracetape.archive.kinds import KINDS, LISTED
from gracetape.archive.owners import notes_of
from gracetape.archive.public_view import NOTE as AS_PUBLIC
from gracetape.archive.view import StoredView
from gracetape.capture.listing import Wanted
from gracetape.capture.records import what_of
from gracetape.capture.seen import FILES, Seen

#: The note of what a server did not give, and why.
NOT_GIVEN = "not given"
_NAMED = 3


@dataclass(frozen=True)
class Earlier:
    """The version before, if it was made of answers of the same service."""

    archive: Archive
    capture: Capture

    @property
    def view(self) -> StoredView:
        return StoredView(self.archive, self.capture)

    def files(self) -> list[Wanted]:
        """Its files, at no address: versions of files never change, and none ever goes."""
        return [Wanted(entry.name, entry.version, "") for entry in self.view.files()]

    def told(self, seen: Seen, *, as_public: bool, kept: int) -> Iterator[str]:
        """A sentence for each thing that it has and the server gives no longer; so many files are `kept` that were refused."""
        notes, ref = notes_of(self.capture), self.capture.ref
        if as_public:
            if AS_PUBLIC not in notes:
                yield f"the server shows us what the public sees, and no more: {ref} has the rest"
            return
        before = notes.get(NOT_GIVEN)
        known = before if isinstance(before, dict) else {}
        for what, why in seen.missing.items():
            count = len(self.view.files()) if what == FILES else self._count(what)
            if what not in known and count:
                yield f"no longer given: {why}; {ref} has {count}{', which are kept' if what == FILES else ''}"
        yield from self._gone("log entries", self._logs(), {str(log["N"]) for log in seen.lists["log"]}, "N")
        if FILES not in seen.missing and seen.files is not None:
            listed = {_named(file) for file in seen.files}
            yield from self._gone("files", (_named(entry) for entry in self.view.files()), listed, "")
        if kept:
            yield f"{kept} files are refused now, and kept as {ref} has them"

    def _count(self, what: str) -> int:
        return sum(len(self.view.records(kind.name)) for kind in LISTED if what_of(kind) == what)

    def _logs(self) -> Iterator[str]:
        return (KINDS["log"].key(record, place) for place, record in enumerate(self.view.records("log"), start=1))

    def _gone(self, what: str, before: Iterator[str], now: set[str], each: str) -> Iterator[str]:
        if gone := [name for name in before if name not in now]:
            names = ", ".join(f"{each} {name}".strip() for name in gone[:_NAMED])
            more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
            yield f"no longer shown: {what} {names}{more}; {self.capture.ref} has them"


def _named(file: Wanted | FileEntry) -> str:
    return f"{file.name},{file.version}"


def earlier(archive: Archive | None, graceid: str, service: str) -> Earlier | None:
    """The newest capture of an object from a service; None if there is none."""
    if archive is None or (owner := archive.owner(graceid)) is None:
        return None
    ours = [c for c in archive.captures(owner) if not c.writable and c.service == service and c.origin == "capture"]
    return Earlier(archive, ours[-1]) if ours else None
