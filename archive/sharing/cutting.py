"""An archive's rows as they are now, cut into pieces: what is compared with what lies elsewhere."""

from pathlib import Path

from gracetape.archive.sharing.head import Head
from gracetape.archive.sharing.rows import SHARED, digest_of, pack, pieces_of
from gracetape.archive.store import Archive
from gracetape.archive.writing import tool_name


def cut(archive: Archive, folder: Path) -> tuple[Head, dict[str, Path]]:
    """The head of a tape as it is now, and its pieces, packed, in a folder."""
    rows, files = {}, dict[str, Path]()
    for name in SHARED:
        digests = []
        for piece in pieces_of(archive.connection, name):
            digest = digest_of(piece)
            digests.append(digest)
            if digest not in files:
                files[digest] = folder / digest
                files[digest].write_bytes(pack(piece))
        rows[name] = tuple(digests)
    return Head(tool_name(), rows), files
