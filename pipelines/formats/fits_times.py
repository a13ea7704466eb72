"""Times in the headers of FITS files, as those of sky maps: DATE, DATE-OBS, MJD-OBS and the like, moved card by card.

All else stays as it is, byte by byte: pixels lie where they lay on the sky.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from gracetape.times import gps_of, utc_of

#: How a FITS file begins; the bytes of a card (a line), and of the blocks in which headers and data are counted.
_BEGINS, _CARD, _BLOCK = b"SIMPLE  =", 80, 2880
#: Headers that are looked at, and blocks of each.
_MOST_UNITS, _MOST_BLOCKS = 50, 1000
_UTC = re.compile(
    rb"((?:DATE|DATE-OBS|DATE-BEG|DATE-END|DATE-AVG) *)= '(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z?)( *)'"
)
_MJD = re.compile(rb"((?:MJD-OBS|MJD-BEG|MJD-END|MJD-AVG) *)= ( *)(\d+\.\d+)")
_COUNTED = re.compile(rb"(BITPIX|NAXIS\d*|PCOUNT|GCOUNT) *= *(-?\d{1,18})\b")
_DAY_S, _UNIX_BEGINS = 86400.0, 40587.0  # seconds; 1970-01-01 as a modified Julian date


def moved_fits(contents: bytes, shift_s: float) -> bytes | None:
    """A FITS file with the times in its headers `shift_s` GPS seconds later; None for what is none.

    A header with a checksum of itself stays as it is.
    """
    if not contents.startswith(_BEGINS):
        return None
    found = bytearray(contents)
    for begin, end in _headers(contents):
        cards = [contents[at : at + _CARD] for at in range(begin, end, _CARD)]
        if not any(card.startswith(b"CHECKSUM=") for card in cards):
            found[begin:end] = b"".join(_moved(card, shift_s) for card in cards)
    return bytes(found)


def _headers(contents: bytes) -> Iterator[tuple[int, int]]:
    """Where each header begins, and where its last card ends."""
    begin = 0
    for _ in range(_MOST_UNITS):
        counted: dict[bytes, int] = {}
        for at in range(begin, min(begin + _MOST_BLOCKS * _BLOCK, len(contents) - _CARD + 1), _CARD):
            card = contents[at : at + _CARD]
            if card.rstrip() == b"END":
                break
            if match := _COUNTED.match(card):
                counted[match[1]] = int(match[2])
        else:
            return
        yield begin, at
        begin += _blocks(at + _CARD - begin) + _blocks(_size(counted))
        if begin >= len(contents):
            return


def _size(counted: dict[bytes, int]) -> int:
    """Bytes of the data that follow a header."""
    axes = [counted.get(b"NAXIS%d" % i, 0) for i in range(1, min(counted.get(b"NAXIS", 0), 999) + 1)]
    pixels = math.prod(axes) if axes else 0
    return max(
        0, abs(counted.get(b"BITPIX", 8)) // 8 * counted.get(b"GCOUNT", 1) * (counted.get(b"PCOUNT", 0) + pixels)
    )


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _moved(card: bytes, shift_s: float) -> bytes:
    """A card with its time moved, as long as before; the card itself where it holds none, or one that cannot be written as long."""
    try:
        if match := _UTC.match(card):
            text = b"%s= '%s%s%s'" % (match[1], _later(match[2], match[3] or b"", shift_s), match[4], match[5])
        elif match := _MJD.match(card):
            decimals = len(match[3].partition(b".")[2])
            day = utc_of(_gps_of_mjd(float(match[3])) + shift_s)
            moved = f"{_mjd_of(day):.{decimals}f}".encode()
            text = b"%s= %s" % (match[1], moved.rjust(len(match[2]) + len(match[3])))
        else:
            return card
    except (ValueError, OverflowError):  # a time beyond all calendars
        return card
    return text + card[match.end() :] if len(text) == match.end() else card


def _later(text: bytes, fraction: bytes, shift_s: float) -> bytes:
    """A UTC time with as many decimals as before."""
    then = datetime.fromisoformat(text.decode()).replace(tzinfo=UTC)
    whole, parts = divmod(float(fraction or b"0") + shift_s, 1)
    decimals = max(0, len(fraction) - 1)
    parts = round(parts, decimals) if decimals else 0.0
    moved = utc_of(gps_of(then) + whole + parts // 1).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moved}{f'{parts % 1:.{decimals}f}'[1:] if decimals else ''}".encode()


def _gps_of_mjd(mjd: float) -> float:
    return gps_of(datetime.fromtimestamp((mjd - _UNIX_BEGINS) * _DAY_S, UTC))


def _mjd_of(moment: datetime) -> float:
    return _UNIX_BEGINS + moment.timestamp() / _DAY_S
