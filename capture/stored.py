"""What of an object is in the archive already: the files of earlier captures, and what interrupted runs left unfinished."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gracetape.archive import Capture, FileEntry
from gracetape.archive.blobs import Blob, is_sound
from gracetape.archive.owners import is_alive, owner_of
from gracetape.archive.view import StoredView
from gracetape.capture.hub import Hub, Steps
from gracetape.capture.place import Place
from gracetape.errors import NotFound


@dataclass(frozen=True)
class Stored:
    """One object in an archive, which `task` captures from a service."""

    hub: Hub[Any]
    task: Any
    place: Place
    service: str
    graceid: str

    def files(self) -> Steps[dict[tuple[str, int], FileEntry]]:
        """File versions that are here from earlier captures, finished or not: they never change on a server."""
        archive = self.place.archive
        entries = [
            entry
            for old in archive.captures(self.graceid, unfinished=True)
            if old.service == self.service and old.origin == "capture"
            for entry in StoredView(archive, old).files()
            if entry.sha256 is not None
        ]
        # What was lost or damaged since is fetched again.
        sound = yield from self.sound({str(entry.sha256) for entry in entries})
        return {(entry.name, entry.version): entry for entry in entries if entry.sha256 in sound}

    def sound(self, digests: Iterable[str]) -> Steps[set[str]]:
        """Those of some contents that are here, and what was kept: all of them are read."""
        archive, blobs = self.place.archive, list[Blob]()
        for sha256 in digests:
            with suppress(NotFound):
                blobs.append(archive.blob(sha256))
        if not blobs:
            return set()
        if archive.packed:  # they are in the database, which each thread would open for itself
            return {blob.sha256 for blob in blobs if is_sound(archive.blobs, blob)}
        (sound,) = yield from self.hub.ask_all(
            self.task, [lambda: {blob.sha256 for blob in blobs if is_sound(archive.blobs, blob)}]
        )
        return set(sound)

    def left(self) -> list[Capture]:
        """What interrupted runs left unfinished. What somebody is at work on is not ours to go on with, nor to drop."""
        archive = self.place.archive
        unfinished = [c for c in archive.captures(self.graceid, unfinished=True) if c.completed is None]
        left = [c for c in unfinished if c.origin == "capture"]
        return [c for c in left if not is_alive(archive, owner_of(c))]
