"""What readers bear of files and texts from strangers: one table, which docs/security.md shows and every reader obeys."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadingLimits:
    """Whatever goes beyond one of these is refused with a sentence that names the limit; what stays within is read in a second or two.

    Real files keep far below: a coinc.xml has some 700 elements, 6 deep, and less than 1 MiB. `file_bytes` is for a file that is
    read as a whole, as it is and unpacked; a `member` is one of the streams that a compressed file may be strung together of.
    """

    file_bytes: int = 32 << 20
    members: int = 1000
    xz_memory_bytes: int = 64 << 20
    xml_lines: int = 4_000_000
    xml_depth: int = 50
    xml_elements: int = 20_000
    xml_attributes: int = 50_000
    ligolw_columns: int = 2000
    ligolw_columns_of_a_table: int = 250
    ligolw_cells: int = 1_500_000
    json_bytes: int = 32 << 20
    json_depth: int = 200
    json_values: int = 1_500_000
    text_lines: int = 200_000


LIMITS = ReadingLimits()
#: Of what an archive keeps: records hold what was read within the limits above, and something besides.
KEPT = ReadingLimits(json_bytes=128 << 20, json_values=6_000_000, json_depth=300)


class LimitExceeded(ValueError):
    """A text or file is bigger, deeper or otherwise more than a reader bears; one sentence that names the limit."""


def check_size(contents: bytes | str, most: int, what: str = "the file") -> None:
    """LimitExceeded if contents are longer than a limit (bytes, or characters of a text)."""
    check_count(len(contents), most, what, "bytes" if isinstance(contents, bytes) else "characters")


def check_count(count: int, most: int, what: str = "the file", unit: str = "bytes") -> None:
    """LimitExceeded if there is more of something than a limit allows."""
    if count > most:
        raise LimitExceeded(f"{what} has more than {most} {unit}")


def joined(pieces: Iterable[bytes], most: int) -> bytes:
    """Pieces as a whole; LimitExceeded as soon as there are more bytes, whatever was said before of how many there would be."""
    whole = bytearray()
    for piece in pieces:
        whole += piece
        check_count(len(whole), most)
    return bytes(whole)
