"""Moves the contents of a tape's files into a store, and back into its folder."""

import os
from pathlib import Path

from gracetape.archive import modes
from gracetape.archive.blob_places import STORE_NAMED, FolderBlobs
from gracetape.archive.blobs import Blob, together
from gracetape.archive.held_folders import COPIED, HeldFolder, sync_folder
from gracetape.archive.inside import check
from gracetape.archive.packing import users_of
from gracetape.archive.sharing.at_once import at_once
from gracetape.archive.sharing.fetched import Lost, fetch_into
from gracetape.archive.sharing.head import blob_name
from gracetape.archive.sharing.places import Place, is_there, place_at
from gracetape.archive.sharing.stores import checked_store, store_of, trust
from gracetape.archive.store import Archive
from gracetape.errors import ArchiveError, UsageError
from gracetape.progress import progress
from gracetape.shown import target


def use_store(path: Path, url: str) -> int:
    """Let a tape's contents lie in a store, and those that are here go there; how many went. A tape that is not there is made.

    Everything is there before the tape says so, and only then goes from here. UsageError for what is no store, or a packed tape.
    """
    url = checked_store(url)
    trust(url)
    with Archive.at(path) as archive:
        if archive.packed:
            raise UsageError(
                f"{path} is packed, and holds its contents itself: `gracetape archive unpack` makes a folder of it"
            )
        if store_of(path) == url:
            return 0
        there, sent = _send(archive, url)
        _say(path, url)
        local = FolderBlobs(path / "blobs")
        with archive.blobs.alone(), archive.transaction():
            for sha256 in local.names() & there:
                local.remove(sha256)
    return sent


def _send(archive: Archive, url: str) -> tuple[set[str], int]:
    """Send what a store lacks; the digests of what is there then, and how many went."""
    place = place_at(url)
    blobs = [Blob(*row) for row in archive.connection.execute("SELECT * FROM blobs ORDER BY sha256")]
    with (
        archive.blobs.held(),
        HeldFolder(None, COPIED) as folder,
        progress("moving files", sum(blob.size for blob in blobs), "bytes") as done,
    ):

        def send(blob: Blob) -> tuple[str, bool]:
            spool = folder.path / blob.sha256
            try:
                new = _send_one(archive, place, blob, spool)
            except ArchiveError as error:
                users = ", ".join(users_of(archive, blob.sha256)[:3]) or "no file"
                raise ArchiveError(f"{error}, of {users}: nothing was moved to {place.shown}") from None
            finally:
                spool.unlink(missing_ok=True)
            done.advance(blob.size)
            return blob.sha256, new

        went = [one for batch in at_once(send, blobs) for one in batch]
    return {sha256 for sha256, _ in went}, sum(new for _, new in went)


def _send_one(archive: Archive, place: Place, blob: Blob, spool: Path) -> bool:
    """Let a store have contents as a whole, which may go from here then; whether they had to be sent."""
    name = blob_name(blob)
    try:
        fetch_into(spool, lambda: archive.blobs.stored(blob.sha256), blob, str(archive.path))
    except ArchiveError:
        if place.stamp(name) is None:
            raise
        fetch_into(spool, lambda: place.read(name), blob, place.shown)  # only the store has them, and they are sound
        return False
    size = spool.stat().st_size
    if is_there(place, name, size):
        return False
    place.put(name, spool)
    if not place.guarded and not is_there(place, name, size):
        raise ArchiveError(f"{place.shown} takes files, and does not have them then")
    return True


def _say(path: Path, url: str) -> None:
    """Let a tape say where its contents are, from one moment to the next."""
    making = path / f"{STORE_NAMED}.making"
    check(making)
    making.write_text(url + "\n", encoding="utf-8")
    making.chmod(modes.mode_of(path) & 0o666)
    sync_folder(making)
    os.replace(making, path / STORE_NAMED)
    sync_folder(path)


def bring_back(path: Path) -> int:
    """Let a tape have its contents in its own folder again; how many came. What is in the store stays there.

    ArchiveError if the store has lost some: all others are here then, and the tape still names the store for those.
    """
    with Archive.open(path, read_only=False) as archive:
        url = store_of(path) if not archive.packed else None
        if url is None:
            return 0
        local = FolderBlobs(path / "blobs")
        here = local.names()
        blobs = [
            blob for row in archive.connection.execute("SELECT * FROM blobs") if (blob := Blob(*row)).sha256 not in here
        ]
        with progress("fetching files", sum(blob.size for blob in blobs), "bytes") as done:

            def fetch(blob: Blob) -> tuple[Path, Blob] | Lost:
                spool = local.spool_folder() / blob.sha256
                try:
                    fetch_into(spool, lambda: archive.blobs.stored(blob.sha256), blob, target(url))
                except Lost as error:
                    users = ", ".join(users_of(archive, blob.sha256)[:3]) or "no file"
                    return Lost(f"{error}, of {users}")
                return spool, blob

            lost = list[Lost]()
            for batch in at_once(fetch, blobs):
                with archive.transaction(), together(local):
                    for came in batch:
                        if isinstance(came, Lost):
                            lost.append(came)
                            continue
                        spool, blob = came
                        local.put(spool, blob.sha256)
                        done.advance(blob.size)
        if lost:
            more = f" (and {len(lost) - 1} more, which `gracetape archive verify` tells)" if len(lost) > 1 else ""
            raise ArchiveError(f"{lost[0]}{more}: all others are here now")
        (path / STORE_NAMED).unlink()
        local.close()
        return len(blobs)
