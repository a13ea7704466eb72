"""`archive pull`: what a tape lacks of a shared one comes, files first, and then, in one transaction, the captures that have them."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gracetape.archive.blobs import Blob, is_sound, together
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.sharing.at_once import WORKERS, at_once
from gracetape.archive.sharing.cutting import cut
from gracetape.archive.sharing.fetched import fetch_into
from gracetape.archive.sharing.head import NAME, blob_name, read_head
from gracetape.archive.sharing.merge import Plan, bring, contents_of, plan
from gracetape.archive.sharing.places import NoRanges, Place, Refused
from gracetape.archive.sharing.received import received
from gracetape.archive.store import Archive, is_archive
from gracetape.archive.urls import url_of
from gracetape.archive.verify import row_faults
from gracetape.errors import ArchiveError, NotFound
from gracetape.progress import progress

#: How often a pull begins again where somebody pushes meanwhile, or `gc` takes what it fetched.
MOST_BEGINNINGS = 5

#: How many files are brought to the disk in one go where they are small, on average (bytes): of large ones fewer come again after a kill.
_MANY, _SMALL = 32, 1 << 20

#: Gives the stored bytes of contents, in pieces.
Stored = Callable[[Blob], Iterator[bytes]]


@dataclass
class Came:
    """What came: captures by name, messages that were heard, contents of files and their bytes; versions that were left out."""

    captures: list[str] = field(default_factory=list)
    alerts: int = 0
    contents: int = 0
    bytes: int = 0
    left: list[str] = field(default_factory=list)


def pull(place: Place, target: Path) -> Came:
    """Bring a shared tape into the archive at a path, which is made if it is not there. ArchiveError if the two cannot be brought together.

    Killed on the way, the archive is as it was; the next pull goes on with the files that came.
    """
    for _ in range(MOST_BEGINNINGS):
        try:
            found = read_head(place)
        except Refused as error:  # so some answer for what they do not have, or may not list
            try:
                return _take_archive(place, target)
            except (NotFound, Refused):
                raise error from None
        if found is None:
            return _take_archive(place, target)
        try:
            with _pieces_of(target) as here, received(place, found[0], here) as theirs:
                return _take(theirs, lambda blob: place.read(blob_name(blob)), place, target)
        except NotFound:
            if found == read_head(place):
                raise
    raise ArchiveError(f"{place.shown} changes again and again while it is pulled: try again later")


@contextmanager
def _pieces_of(target: Path) -> Iterator[dict[str, Path]]:
    """The pieces that need not travel, since the archive here has the same rows."""
    if not is_archive(target):
        yield {}
        return
    with Archive.open(target) as ours, HeldFolder(None, COPIED) as folder:
        with ours.reading():
            _, pieces = cut(ours, folder.path)
        yield pieces


def _take_archive(place: Place, target: Path) -> Came:
    """What is no shared tape may be an archive as it is: a packed one of any place, or one of this machine."""
    nothing = f"no tape is shared at {place.shown}: there is neither {NAME} in it nor an archive"
    if url_of(place.url) is None and not is_archive(Path(place.url)):
        raise ArchiveError(nothing)
    try:
        theirs = Archive.open(place.url)
    except NoRanges:
        raise ArchiveError(
            f"{place.shown} gives no ranges of files: fetch the packed archive as a whole (curl -O …), then pull from that file"
        ) from None
    except NotFound:
        raise ArchiveError(nothing) from None
    with theirs, theirs.reading(contents=True):
        return _take(theirs, lambda blob: theirs.blobs.stored(blob.sha256), place, target)


def _take(theirs: Archive, stored: Stored, place: Place, target: Path) -> Came:
    if fault := next(row_faults(theirs), None):
        raise ArchiveError(f"{place.shown} is damaged, and nothing was taken from it: {fault}")
    came = Came()
    with Archive.at(target) as ours:
        for _ in range(MOST_BEGINNINGS):
            made = _agreed(plan(theirs, ours), place, target)
            _fetch(contents_of(made, theirs), stored, place, ours, came)
            with ours.transaction() as tx:
                made = _agreed(plan(theirs, ours), place, target)  # others may have written meanwhile
                kept = {row[0] for row in ours.connection.execute("SELECT sha256 FROM blobs")}
                if all(row[0] in kept for row in contents_of(made, theirs)):
                    bring(made, theirs, tx)
                    came.captures = [c.ref for c in (*made.new, *(theirs for theirs, _ in made.grown))]
                    came.alerts, came.left = len(made.alerts), made.left
                    return came
    raise ArchiveError(f"{target} is cleaned again and again while files come: try again later")


def _agreed(made: Plan, place: Place, target: Path) -> Plan:
    if made.differ:
        raise ArchiveError(
            f"{', '.join(made.differ[:5])} differ in {target} and at {place.shown}, and both are worth keeping: nothing was taken; "
            f"pull into a tape of its own (gracetape archive pull URL OTHER.tape)"
        )
    return made


def _fetch(rows: Iterator[tuple[str, int, str]], stored: Stored, place: Place, ours: Archive, came: Came) -> None:
    """Bring contents that are not here, or not sound, each checked by its digest."""
    known = {row[0]: Blob(*row) for row in ours.connection.execute("SELECT * FROM blobs")}
    wanted = [
        blob
        for blob in (Blob(*row) for row in rows)
        if not (blob.sha256 in known and is_sound(ours.blobs, known[blob.sha256]))
    ]
    size = sum(blob.size for blob in wanted)
    with progress("pulling files", size, "bytes") as done:

        def fetch(blob: Blob) -> tuple[Path, Blob]:
            return fetched(stored, place.shown, blob, ours.blobs.spool_folder()), blob

        for batch in at_once(fetch, wanted, _MANY if size < _SMALL * len(wanted) else WORKERS):
            came.contents += len(batch)
            came.bytes += sum(spool.stat().st_size for spool, _ in batch)
            with ours.transaction() as tx, together(ours.blobs):
                for spool, blob in batch:
                    tx.keep_blob(spool, blob)
            done.advance(sum(blob.size for _, blob in batch))


def fetched(stored: Stored, where: str, blob: Blob, folder: Path) -> Path:
    """A new file in a folder with the stored bytes of contents, which are what the digest says."""
    handle, name = tempfile.mkstemp(prefix="blob-", dir=folder)
    os.close(handle)
    try:
        fetch_into(Path(name), lambda: stored(blob), blob, where)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
