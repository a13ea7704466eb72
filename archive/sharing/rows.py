"""The rows of an archive's tables as pieces by digest, so that of two states of one tape only the pieces that differ need travel.

A piece is some rows of one table, a JSON array a line, packed. Where one ends depends on the rows alone: what is added or removed
changes the pieces in which it lies, and no other. What is unfinished or was removed does not travel, and what is derived is made anew.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from functools import cache

import zstandard

from gracetape.archive import schema
from gracetape.errors import ArchiveError

#: A piece ends after a row of whose checksum these bits are zero (one in 512), or when it is longer than that (bytes).
_BITS, _LONG = 0x1FF, 1 << 20
#: The longest piece that is unpacked (bytes): one row can be as long as a record may be.
LARGEST_PIECE = 160 << 20
_WHOLE = "SELECT id FROM captures WHERE completed IS NOT NULL"
#: The tables that are shared: which rows, and in what order, so that what is new comes last where that is possible.
_SHARED = {
    "captures": "completed IS NOT NULL ORDER BY id",
    "records": f"id IN (SELECT record FROM entries WHERE capture IN ({_WHOLE})) "
    "OR sha256 IN (SELECT substr(payload, 1, 64) FROM alerts) ORDER BY id",
    "entries": f"capture IN ({_WHOLE}) ORDER BY capture, kind, key",
    "files": f"capture IN ({_WHOLE}) ORDER BY capture, name, version",
    "blobs": f"sha256 IN (SELECT sha256 FROM files WHERE capture IN ({_WHOLE})) ORDER BY sha256",
    "alerts": "1 ORDER BY id",
    "catalogues": "1 ORDER BY id",
    "counters": "1 ORDER BY name",
}


@cache
def shared_columns(version: int) -> dict[str, tuple[str, ...]]:
    """The tables of a schema version that are shared, with their columns."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.make_like(connection, version)
        columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in _SHARED}
        return {name: tuple(str(row[1]) for row in rows) for name, rows in columns.items() if rows}
    finally:
        connection.close()


def pieces_of(connection: sqlite3.Connection, name: str, columns: Iterable[str]) -> Iterator[bytes]:
    """The pieces of a table, each as plain bytes. Raises ArchiveError for a row that no archive of ours has."""
    lines: list[bytes] = []
    size = 0
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM {name} WHERE {_SHARED[name]}"):
        line = _line(name, row)
        lines.append(line)
        size += len(line)
        if size >= _LONG or not zlib.crc32(line) & _BITS:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _line(name: str, row: tuple[object, ...]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError):
        raise ArchiveError(
            f"a row of the table {name} is damaged, so nothing was sent: `gracetape archive verify` tells which"
        ) from None


def digest_of(piece: bytes) -> str:
    return hashlib.sha256(piece).hexdigest()


def pack(piece: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(piece)


def unpack(packed: bytes, digest: str) -> bytes:
    """A piece as it was; ArchiveError if it is another, or longer than any is."""
    piece = b""
    try:
        if 0 <= zstandard.frame_content_size(packed) <= LARGEST_PIECE:  # all of ours say how long they are
            piece = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError:
        pass
    if digest_of(piece) != digest:
        raise ArchiveError(f"the piece {digest[:12]}… is damaged: what came is not what was shared")
    return piece


def rows_of(piece: bytes, columns: int) -> Iterator[list[object]]:
    """The rows of a piece; ArchiveError if one is none of a table with so many columns."""
    for line in piece.removesuffix(b"\n").split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, list) or len(row) != columns or not all(map(_is_value, row)):
            raise ArchiveError("the shared tape is damaged: it holds a row that is none")
        yield row


def _is_value(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 1 << 63
    return value is None or isinstance(value, str | float)
