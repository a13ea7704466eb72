"""`archive push`: what a place lacks of a tape goes there, and then, in one go, the head that names it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gracetape.archive.blobs import Blob, full_disk, unpacked
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.packing import users_of
from gracetape.archive.sharing.at_once import at_once
from gracetape.archive.sharing.cutting import cut
from gracetape.archive.sharing.head import NAME, Head, blob_name, piece_name, read_head
from gracetape.archive.sharing.merge import plan
from gracetape.archive.sharing.places import Changed, Place, is_there
from gracetape.archive.sharing.received import received
from gracetape.archive.sharing.rows import SHARED
from gracetape.archive.store import Archive
from gracetape.archive.verify import row_faults
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.progress import progress


@dataclass
class Sent:
    """What travelled: how many pieces of tables and contents of files, and their bytes; whether anything had changed."""

    pieces: int = 0
    contents: int = 0
    bytes: int = 0
    changed: bool = False


def push(archive: Archive, place: Place, *, force: bool = False) -> Sent:
    """Share a tape at a place. ArchiveError if what is there holds what the tape lacks, or was changed meanwhile.

    With `force`, everything is sent, whatever is there, so that what was damaged there is whole again.
    """
    with archive.reading(contents=True), HeldFolder(None, COPIED) as folder:
        if fault := next(row_faults(archive), None):
            raise ArchiveError(f"{archive.path} is not pushed, since it is damaged: {fault}")
        there, tag = _there(place, force)
        head, pieces = cut(archive, folder.path)
        sent = Sent()
        if there is not None and there.rows == head.rows and not force:
            return sent
        known = None if force else _known(archive, place, there, pieces)
        _send_contents(archive, place, known, folder.path, sent)
        lying = _send_pieces(place, pieces, None if force else there.pieces() if there else set(), sent)
        try:
            place.replace(NAME, head.text(), tag)
        except Changed:
            now = read_head(place)
            if now is not None and now[0].rows == head.rows:  # it was the same
                return sent
            raise ArchiveError(
                f"somebody else pushed to {place.shown} meanwhile, and what they pushed is there: pull it, then push again"
            ) from None
        sent.changed = True
        _send_pieces(
            place, {digest: pieces[digest] for digest in lying}, set(), sent
        )  # who pushed before removes what they left
    if there is not None and place.guarded and (now := read_head(place)) is not None:
        for _ in at_once(
            place.remove, [piece_name(digest) for digest in there.pieces() - head.pieces() - now[0].pieces()]
        ):
            pass
    return sent


def _there(place: Place, force: bool) -> tuple[Head | None, str | None]:
    """The head that is at a place, and its tag. With `force`, one that cannot be read is as none."""
    try:
        return read_head(place) or (None, None)
    except ArchiveError:
        stamp = place.stamp(NAME)
        if not force or stamp is None:
            raise
        return None, stamp.tag


def _known(archive: Archive, place: Place, there: Head | None, pieces: dict[str, Path]) -> set[str]:
    """The names of contents that are at a place for sure. ArchiveError if the tape there holds what this one lacks."""
    if there is None:
        return set()
    with received(place, there, pieces) as theirs:
        missing = plan(theirs, archive)
        if missing:
            if missing.differ:
                what = f"{', '.join(missing.differ[:5])} differ there and in {archive.path}: push to another URL"
            else:
                what = f"{place.shown} holds what {archive.path} does not ({missing}): pull it first"
            raise ArchiveError(f"{what}, or replace what is there with --force; nothing was pushed")
        return {blob_name(Blob(*row)) for row in theirs.connection.execute("SELECT * FROM blobs")}


def _send_contents(archive: Archive, place: Place, known: set[str] | None, folder: Path, sent: Sent) -> None:
    """Send what is not known to be there; all of it, if nothing may be taken for granted (None)."""
    blobs = [
        blob
        for row in archive.connection.execute(SHARED["contents"].query)
        if blob_name(blob := Blob(*row)) not in (known or ())
    ]
    with progress("pushing files", sum(blob.size for blob in blobs), "bytes") as done:

        def send(blob: Blob) -> None:
            name, spool = blob_name(blob), folder / f"{blob.sha256}.blob"
            try:
                _spool(archive, blob, spool)
                size = spool.stat().st_size
                if known is None or not is_there(place, name, size):
                    place.put(name, spool)
                    sent.contents += 1
                    sent.bytes += size
            finally:
                spool.unlink(missing_ok=True)
            done.advance(blob.size)

        for _ in at_once(send, blobs):
            pass


def _spool(archive: Archive, blob: Blob, spool: Path) -> None:
    """Write the stored bytes of contents into a file, and check them on the way."""
    try:
        with full_disk(spool.parent), spool.open("wb") as stream:

            def stored() -> Iterable[bytes]:
                for piece in archive.blobs.stored(blob.sha256):
                    stream.write(piece)
                    yield piece

            for _ in unpacked(iter(stored()), blob):
                pass
    except (GracetapeError, OSError) as error:
        raise ArchiveError(f"{', '.join(users_of(archive, blob.sha256)[:3])}: {error}; nothing was pushed") from None


def _send_pieces(place: Place, pieces: dict[str, Path], known: set[str] | None, sent: Sent) -> list[str]:
    """Send the pieces that are not known to be there; those that no head names, and that lay there all the same."""
    lying = list[str]()
    new = [digest for digest in pieces if digest not in (known or ())]
    with progress("pushing records", len(new), "pieces") as done:

        def send(digest: str) -> None:
            name, size = piece_name(digest), pieces[digest].stat().st_size
            if known is None or not is_there(place, name, size):
                place.put(name, pieces[digest])
                sent.pieces += 1
                sent.bytes += size
            else:
                lying.append(digest)
            done.advance()

        for _ in at_once(send, new):
            pass
    return lying
