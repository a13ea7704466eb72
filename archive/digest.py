"""The digest of a capture: a sum of hashes over its rows, so that it costs O(1) to keep and any changed row shows."""

import hashlib

from gracetape.archive.captures import Capture
from gracetape.archive.view import FileEntry

_SPACE = 1 << 256


def _mark(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode(errors="surrogatepass")).digest())


def entry_mark(kind: str, key: str, order: int, sha256: str) -> int:
    """The part of one record row."""
    return _mark("entry", kind, key, order, sha256)


def file_mark(entry: FileEntry) -> int:
    """The part of one file row."""
    return _mark("file", entry.name, entry.version, entry.sha256, entry.size, entry.absent)


def seal_of(capture: Capture) -> str:
    """What a capture's own row is checked by: all of it but the digest of what it holds."""
    c = capture
    row = (c.object, c.version, c.category, c.service, c.origin, c.tool, c.started, c.completed, c.notes)
    return f"{_mark('capture', *row):064x}"


def combine(digest: str, come: list[int], gone: list[int]) -> str:
    """The digest after rows came and went ('' is that of no rows)."""
    return f"{(int(digest or '0', 16) + sum(come) - sum(gone)) % _SPACE:064x}"
