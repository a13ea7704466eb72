"""Contents of files as they come from elsewhere: into a file, and checked on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path

from gracetape.archive.blobs import Blob, Damaged, full_disk, unpacked
from gracetape.archive.sharing.at_once import go_on
from gracetape.errors import ArchiveError, NotFound, OutOfReach


class Lost(ArchiveError):
    """Contents are not where they should be, or are others there; what else lies there may be sound."""


def fetch_into(file: Path, stored: Callable[[], Iterator[bytes]], blob: Blob, where: str) -> None:
    """Write stored bytes into a file; ArchiveError if they are not what the digest says, or more than they can be."""
    with full_disk(file.parent), file.open("wb") as stream:

        def pieces() -> Iterator[bytes]:
            size = 0
            for piece in stored():
                go_on()
                size += len(piece)
                if size > blob.size + blob.size // 128 + 1024:  # packed, they are shorter
                    break
                stream.write(piece)
                yield piece

        try:
            for _ in unpacked(pieces(), blob):
                pass
        except OutOfReach:
            raise
        except NotFound:
            raise Lost(f"the contents {blob.sha256[:12]}… are missing at {where}") from None
        except Lost:  # a store says where itself
            raise
        except Damaged as error:
            raise Lost(f"{error} (at {where})") from None
        except ArchiveError as error:
            raise ArchiveError(f"{error} (at {where})") from None
