"""`archive push`: what a place lacks of a tape goes there, and then, in one go, the head that names it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from gracetape.archive.blobs import Blob, unpacked
from gracetape.archive.held_folders import COPIED, HeldFolder
from gracetape.archive.packing import users_of
from gracetape.archive.schema import SCHEMA_VERSION
from gracetape.archive.sharing.head import NAME, Head, blob_name, piece_name, read_head
from gracetape.archive.sharing.merge import plan
from gracetape.archive.sharing.places import Changed, Place
from gracetape.archive.sharing.received import received
from gracetape.archive.sharing.rows import digest_of, pack, pieces_of, shared_columns
from gracetape.archive.store import Archive
from gracetape.archive.verify import row_faults
from gracetape.archive.writing import tool_name
from gracetape.errors import ArchiveError, GracetapeError
from gracetape.progress import progress

#: How many files go at once.
AT_ONCE = 8
_Thing = TypeVar("_Thing")


@dataclass
class Sent:
    """What travelled: how many pieces of tables and contents of files, and their bytes; whether anything had changed."""

    pieces: int = 0
    contents: int = 0
    bytes: int = 0
    changed: bool = False


def push(archive: Archive, place: Place, *, force: bool = False) -> Sent:
    """Share a tape at a place. ArchiveError if what is there holds what the tape lacks (not with `force`), or was changed meanwhile."""
    with archive.reading(contents=True), HeldFolder(None, COPIED) as folder:
        if fault := next(row_faults(archive), None):
            raise ArchiveError(f"{archive.path} is not pushed, since it is damaged: {fault}")
        there, tag = read_head(place) or (None, None)
        head, pieces = _cut(archive, folder.path)
        sent = Sent()
        if there is not None and there.tables == head.tables and there.schema == head.schema:
            return sent
        known = _known(archive, place, there, {**pieces}, force)
        _send_contents(archive, place, known, folder.path, sent)
        _send_pieces(place, pieces, there.pieces() if there else set(), sent)
        try:
            place.replace(NAME, head.text(), tag)
        except Changed:
            raise ArchiveError(
                f"somebody else pushed to {place.shown} meanwhile, and what they pushed is there: pull it, then push again"
            ) from None
        sent.changed = True
    if there is not None and place.guarded:
        for digest in there.pieces() - head.pieces():
            place.remove(piece_name(digest))
    return sent


def _cut(archive: Archive, folder: Path) -> tuple[Head, dict[str, Path]]:
    """The head of a tape as it is now, and its pieces, packed, in a folder."""
    tables, files = {}, {}
    for name, columns in shared_columns(SCHEMA_VERSION).items():
        digests = []
        for piece in pieces_of(archive.connection, name, columns):
            digest = digest_of(piece)
            digests.append(digest)
            if digest not in files:
                files[digest] = folder / digest
                files[digest].write_bytes(pack(piece))
        tables[name] = tuple(digests)
    return Head(SCHEMA_VERSION, tool_name(), tables), files


def _known(archive: Archive, place: Place, there: Head | None, pieces: dict[str, Path], force: bool) -> set[str]:
    """The names of contents that are at a place for sure. ArchiveError if the tape there holds what this one lacks."""
    if there is None:
        return set()
    with received(place, there, pieces) as theirs:
        missing = plan(theirs, archive)
        if missing and not force:
            if missing.differ:
                what = f"{', '.join(missing.differ[:5])} differ there and in {archive.path}: push to another URL"
            else:
                what = f"{place.shown} holds what {archive.path} does not ({missing}): pull it first"
            raise ArchiveError(f"{what}, or replace what is there with --force; nothing was pushed")
        return {blob_name(Blob(*row)) for row in theirs.connection.execute("SELECT * FROM blobs")}


def _send_contents(archive: Archive, place: Place, known: set[str], folder: Path, sent: Sent) -> None:
    query = "SELECT DISTINCT b.* FROM blobs b JOIN files f ON f.sha256 = b.sha256 JOIN captures c ON c.id = f.capture WHERE c.completed IS NOT NULL"
    blobs = [blob for row in archive.connection.execute(query) if blob_name(blob := Blob(*row)) not in known]
    with progress("pushing files", sum(blob.size for blob in blobs), "bytes") as done:

        def send(blob: Blob) -> None:
            name = blob_name(blob)
            if place.stamp(name) is None:
                spool = folder / f"{blob.sha256}.blob"
                try:
                    _spool(archive, blob, spool)
                    sent.bytes += spool.stat().st_size
                    place.put(name, spool)
                finally:
                    spool.unlink(missing_ok=True)
                sent.contents += 1
            done.advance(blob.size)

        at_once(send, blobs)


def _spool(archive: Archive, blob: Blob, spool: Path) -> None:
    """Write the stored bytes of contents into a file, and check them on the way."""
    try:
        with spool.open("wb") as stream:

            def stored() -> Iterable[bytes]:
                for piece in archive.blobs.stored(blob.sha256):
                    stream.write(piece)
                    yield piece

            for _ in unpacked(iter(stored()), blob):
                pass
    except (GracetapeError, OSError) as error:
        raise ArchiveError(f"{', '.join(users_of(archive, blob.sha256)[:3])}: {error}; nothing was pushed") from None


def _send_pieces(place: Place, pieces: dict[str, Path], known: set[str], sent: Sent) -> None:
    new = [digest for digest in pieces if digest not in known]
    with progress("pushing records", len(new), "pieces") as done:

        def send(digest: str) -> None:
            if place.stamp(piece_name(digest)) is None:
                place.put(piece_name(digest), pieces[digest])
                sent.pieces += 1
                sent.bytes += pieces[digest].stat().st_size
            done.advance()

        at_once(send, new)


def at_once(act: Callable[[_Thing], None], things: Iterable[_Thing]) -> None:
    """Do something with each of many, some at once; what goes wrong first ends it."""
    waiting = iter(things)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        stack.callback(lambda: pool.shutdown(cancel_futures=True))
        while batch := [pool.submit(act, thing) for thing in islice(waiting, AT_ONCE * 4)]:
            for future in batch:
                future.result()
