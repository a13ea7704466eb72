"""The rows of an archive's tables as pieces by digest, so that of two states of one tape only the pieces that differ need travel.

A piece is some rows of one table, a JSON array a line, packed. Where one ends depends on the rows alone: what is added or removed
changes the pieces in which it lies, and no other. What is unfinished or was removed does not travel, and what is derived is made anew.
"""

import hashlib
import io
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard

from gracetape.bounded_json import read_json
from gracetape.errors import ArchiveError
from gracetape.reading_limits import KEPT, ReadingLimits

#: A piece ends after a row of whose checksum these bits are zero (one in 512), or when it is longer than that (bytes).
_BITS, _LONG = 0x1FF, 1 << 20
#: The longest piece that is unpacked (bytes): one row can be as long as a record may be.
LARGEST_PIECE = 160 << 20
#: What a row may be: a list of values, one of which may be the text of a record.
_ROW = ReadingLimits(json_bytes=LARGEST_PIECE, json_depth=2, json_values=KEPT.json_values + 1000)


@dataclass(frozen=True)
class Rows:
    """Rows as they are shared: how an archive is asked for them, in an order that what is new disturbs little, and how one is put into another.

    They name captures by object and version, and records by digest: numbers of rows are each archive's own.
    """

    width: int
    query: str
    insert: str


_CAPTURE = "(SELECT id FROM captures WHERE object = ?1 AND version = ?2)"
_OF_WHOLE = "JOIN captures c ON c.id = {}.capture AND c.completed IS NOT NULL"
_USED = (
    "SELECT e.record AS id, min(printf('%s %09d %s %012d', c.object, c.version, e.kind, e.ord)) AS place "
    f"FROM entries e {_OF_WHOLE.format('e')} GROUP BY e.record "
    "UNION ALL SELECT r.id, min(a.object || ' ~' || a.arrived) FROM alerts a JOIN records r ON r.sha256 = substr(a.payload, 1, 64) GROUP BY r.id"
)
_COLUMNS = "object, version, category, service, origin, tool, started, completed, notes, digest, seal, writable"
#: All that is shared. What comes later may name what came before.
SHARED = {
    "captures": Rows(
        12,
        f"SELECT {_COLUMNS} FROM captures WHERE completed IS NOT NULL ORDER BY id",
        f"INSERT INTO captures ({_COLUMNS}) VALUES ({', '.join('?' * 12)})",
    ),
    "records": Rows(
        2,
        f"SELECT r.sha256, r.json FROM (SELECT id, min(place) AS place FROM ({_USED}) GROUP BY id) u JOIN records r ON r.id = u.id "
        "ORDER BY u.place, r.sha256",
        "INSERT INTO records (sha256, json) VALUES (?, ?)",
    ),
    "entries": Rows(
        6,
        f"SELECT c.object, c.version, e.kind, e.key, e.ord, r.sha256 FROM entries e {_OF_WHOLE.format('e')} "
        "JOIN records r ON r.id = e.record ORDER BY c.object, c.version, e.kind, e.ord, e.key",
        f"INSERT INTO entries VALUES ({_CAPTURE}, ?3, ?4, ?5, (SELECT id FROM records WHERE sha256 = ?6))",
    ),
    "contents": Rows(
        3,
        f"SELECT DISTINCT b.sha256, b.size, b.encoding FROM files f {_OF_WHOLE.format('f')} JOIN blobs b ON b.sha256 = f.sha256 "
        "ORDER BY b.sha256",
        "INSERT INTO blobs VALUES (?, ?, ?)",
    ),
    "files": Rows(
        7,
        f"SELECT c.object, c.version, f.name, f.version, f.sha256, f.size, f.absent FROM files f {_OF_WHOLE.format('f')} "
        "ORDER BY c.object, c.version, f.name, f.version",
        f"INSERT INTO files VALUES ({_CAPTURE}, ?3, ?4, ?5, ?6, ?7)",
    ),
    "alerts": Rows(
        4,
        "SELECT object, arrived, node, payload FROM alerts ORDER BY object, arrived, id",
        "INSERT INTO alerts (object, arrived, node, payload) VALUES (?, ?, ?, ?)",
    ),
    "catalogues": Rows(
        4,
        "SELECT number, version, json, seal FROM catalogues ORDER BY id",
        "INSERT INTO catalogues (number, version, json, seal) VALUES (?, ?, ?, ?)",
    ),
    "counters": Rows(2, "SELECT name, last FROM counters ORDER BY name", "INSERT INTO counters VALUES (?, ?)"),
}


def pieces_of(connection: sqlite3.Connection, name: str) -> Iterator[bytes]:
    """The pieces of some rows, each as plain bytes. Raises ArchiveError for a row that no archive of ours has."""
    lines: list[bytes] = []
    size = 0
    for row in connection.execute(SHARED[name].query):
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
            f"one of the {name} is damaged, so nothing was sent: `gracetape archive verify` tells which"
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
    for line in io.BytesIO(piece):  # one after the other: a stranger's may be many and short
        try:
            row = read_json(line, _ROW)
        except ValueError:
            row = None
        if not isinstance(row, list) or len(row) != columns or not all(map(_is_value, row)):
            raise ArchiveError("the shared tape is damaged: it holds a row that is none")
        yield row


def _is_value(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 1 << 63
    if isinstance(value, str):
        return value.isascii() or _is_text(value)
    return value is None or isinstance(value, float)


def _is_text(value: str) -> bool:
    """Whether it is no half of a letter, which no table takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
