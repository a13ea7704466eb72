"""Unpacks gzip, bzip2 and xz from strangers, in time and memory that the limits bound."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from gracetape.reading_limits import LIMITS, LimitExceeded, ReadingLimits, check_size

_CHUNK = 1 << 16
#: How packed contents begin -> what they are called, and what unpacks one member of them.
_FORMS: dict[bytes, tuple[str, Callable[[ReadingLimits], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda limits: zlib.decompressobj(wbits=31)),
    b"BZh": ("bzip2", lambda limits: bz2.BZ2Decompressor()),
    b"\xfd7zXZ\0": ("xz", lambda limits: lzma.LZMADecompressor(lzma.FORMAT_XZ, limits.xz_memory_bytes)),
}


def unpacked(contents: bytes, limits: ReadingLimits = LIMITS) -> bytes:
    """Contents unpacked, once; the same if they are not packed. ValueError if they are damaged, LimitExceeded beyond the limits."""
    check_size(contents, limits.file_bytes)
    for start, (form, make) in _FORMS.items():
        if contents.startswith(start):
            try:
                return _members(contents, lambda make=make: make(limits), form, limits)  # type: ignore[misc]
            except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
                raise ValueError(f"not {form}, although it begins like it: {error}") from None
    return contents


def _members(contents: bytes, make: Callable[[], Any], form: str, limits: ReadingLimits) -> bytes:
    whole, at, members = bytearray(), 0, 0
    while at < len(contents):
        members += 1
        if members > limits.members:
            raise LimitExceeded(f"the {form} has more than {limits.members} members")
        member = make()
        while not member.eof:
            if not (piece := contents[at : at + _CHUNK]):
                raise ValueError(f"the {form} is cut short")
            at += len(piece)
            whole += member.decompress(piece, limits.file_bytes - len(whole) + 1)
            if len(whole) > limits.file_bytes:
                raise LimitExceeded(f"the {form} holds more than {limits.file_bytes} bytes")
        at -= len(member.unused_data)
        at += _zeros(contents, at)
    return bytes(whole)


def _zeros(contents: bytes, at: int) -> int:
    """How many zeros stand at a place: what some programs pad files with."""
    if contents[at : at + 1] != b"\0":
        return 0
    return len(contents) - at - len(contents[at:].lstrip(b"\0"))
