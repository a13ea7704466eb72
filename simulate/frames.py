"""Writes frame files (.gwf): one frame with one channel, in version 8 of the IGWD format (LIGO-T970130)."""

import math
import struct
from typing import TYPE_CHECKING

import numpy as np

from gracetape.pipelines.trigger import Trigger

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_RATE = 16  # Hz
#: Structures: class number, and the elements that the dictionary in the file tells of, each with its type.
_CLASSES: dict[str, tuple[int, tuple[tuple[str, str], ...]]] = {
    "FrameH": (3, (
        ("name", "STRING"), ("run", "INT_4S"), ("frame", "INT_4U"), ("dataQuality", "INT_4U"), ("GTimeS", "INT_4U"),
        ("GTimeN", "INT_4U"), ("ULeapS", "INT_2U"), ("dt", "REAL_8"), ("type", "PTR_STRUCT(FrVect *)"),
        ("user", "PTR_STRUCT(FrVect *)"), ("detectSim", "PTR_STRUCT(FrDetector *)"),
        ("detectProc", "PTR_STRUCT(FrDetector *)"), ("history", "PTR_STRUCT(FrHistory *)"),
        ("rawData", "PTR_STRUCT(FrRawData *)"), ("procData", "PTR_STRUCT(FrProcData *)"),
        ("simData", "PTR_STRUCT(FrSimData *)"), ("event", "PTR_STRUCT(FrEvent *)"),
        ("simEvent", "PTR_STRUCT(FrSimEvent *)"), ("summaryData", "PTR_STRUCT(FrSummary *)"),
        ("auxData", "PTR_STRUCT(FrVect *)"), ("auxTable", "PTR_STRUCT(FrTable *)"), ("chkSum", "INT_4U"),
    )),
    "FrProcData": (4, (
        ("name", "STRING"), ("comment", "STRING"), ("type", "INT_2U"), ("subType", "INT_2U"), ("timeOffset", "REAL_8"),
        ("tRange", "REAL_8"), ("fShift", "REAL_8"), ("phase", "REAL_4"), ("fRange", "REAL_8"), ("BW", "REAL_8"),
        ("nAuxParam", "INT_2U"), ("auxParam", "REAL_8[nAuxParam]"), ("auxParamNames", "STRING[nAuxParam]"),
        ("data", "PTR_STRUCT(FrVect *)"), ("aux", "PTR_STRUCT(FrVect *)"), ("table", "PTR_STRUCT(FrTable *)"),
        ("history", "PTR_STRUCT(FrHistory *)"), ("next", "PTR_STRUCT(FrProcData *)"), ("chkSum", "INT_4U"),
    )),
    "FrVect": (5, (
        ("name", "STRING"), ("compress", "INT_2U"), ("type", "INT_2U"), ("nData", "INT_8U"), ("nBytes", "INT_8U"),
        ("data", "CHAR[nBytes]"), ("nDim", "INT_4U"), ("nx", "INT_8U[nDim]"), ("dx", "REAL_8[nDim]"),
        ("startX", "REAL_8[nDim]"), ("unitX", "STRING[nDim]"), ("unitY", "STRING"), ("next", "PTR_STRUCT(FrVect *)"),
        ("chkSum", "INT_4U"),
    )),
    "FrEndOfFrame": (6, (
        ("run", "INT_4S"), ("frame", "INT_4U"), ("GTimeS", "INT_4U"), ("GTimeN", "INT_4U"), ("chkSum", "INT_4U"),
    )),
    "FrTOC": (7, (
        ("ULeapS", "INT_2S"), ("nFrame", "INT_4U"), ("dataQuality", "INT_4U[nFrame]"), ("GTimeS", "INT_4U[nFrame]"),
        ("GTimeN", "INT_4U[nFrame]"), ("dt", "REAL_8[nFrame]"), ("runs", "INT_4S[nFrame]"), ("frame", "INT_4U[nFrame]"),
        ("positionH", "INT_8U[nFrame]"), ("nFirstADC", "INT_8U[nFrame]"), ("nFirstSer", "INT_8U[nFrame]"),
        ("nFirstTable", "INT_8U[nFrame]"), ("nFirstMsg", "INT_8U[nFrame]"), ("nSH", "INT_4U"), ("SHid", "INT_2U[nSH]"),
        ("SHname", "STRING[nSH]"), ("nDetector", "INT_4U"), ("nameDetector", "STRING[nDetector]"),
        ("positionDetector", "INT_8U[nDetector]"), ("nStatType", "INT_4U"), ("nameStat", "STRING[nStatType]"),
        ("detector", "STRING[nStatType]"), ("nStatInstance", "INT_4U[nStatType]"), ("nTotalStat", "INT_4U"),
        ("nADC", "INT_4U"), ("nameADC", "STRING[nADC]"), ("channelID", "INT_4U[nADC]"), ("groupID", "INT_4U[nADC]"),
        ("positionADC", "INT_8U[nADC][nFrame]"), ("nProc", "INT_4U"), ("nameProc", "STRING[nProc]"),
        ("positionProc", "INT_8U[nProc][nFrame]"), ("nSim", "INT_4U"), ("nameSim", "STRING[nSim]"),
        ("positionSim", "INT_8U[nSim][nFrame]"), ("nSer", "INT_4U"), ("nameSer", "STRING[nSer]"),
        ("positionSer", "INT_8U[nSer][nFrame]"), ("nSummary", "INT_4U"), ("nameSum", "STRING[nSummary]"),
        ("positionSum", "INT_8U[nSummary][nFrame]"), ("nEventType", "INT_4U"), ("nameEvent", "STRING[nEventType]"),
        ("nEvent", "INT_4U[nEventType]"), ("nTotalEvent", "INT_4U"), ("nSimEventType", "INT_4U"),
        ("nameSimEvent", "STRING[nSimEventType]"), ("nSimEvent", "INT_4U[nSimEventType]"), ("nTotalSEvent", "INT_4U"),
        ("chkSum", "INT_4U"),
    )),
    "FrEndOfFile": (8, (
        ("nFrames", "INT_4U"), ("nBytes", "INT_8U"), ("seekTOC", "INT_8U"), ("chkSumFrHeader", "INT_4U"),
        ("chkSum", "INT_4U"), ("chkSumFile", "INT_4U"),
    )),
}  # fmt: skip
_FIRST_WORDS = 14  # bytes of a structure before its elements: length, check type, class, instance
_NOTHING = struct.pack("<HI", 0, 0)  # a pointer to no structure


def _table() -> list[int]:
    """What each byte does to the checksum of POSIX cksum."""
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        found.append(value)
    return found


_CRC = _table()


def _checksum(data: bytes) -> int:
    """The checksum that the format prescribes: that of POSIX cksum."""
    value, length = 0, len(data)
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    while length:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ length & 0xFF]
        length >>= 8
    return value ^ 0xFFFFFFFF


def _text(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return struct.pack("<H", len(raw)) + raw


def _structure(number: int, instance: int, body: bytes) -> bytes:
    """A structure with its checksum at the end."""
    whole = struct.pack("<QBBI", _FIRST_WORDS + len(body) + 4, 1, number, instance) + body
    return whole + struct.pack("<I", _checksum(whole))


def _dictionary(name: str) -> bytes:
    """What the file itself tells of a class of structures, before the first of them."""
    number, elements = _CLASSES[name]
    parts = [_structure(1, 0, _text(name) + struct.pack("<H", number) + _text(name))]
    parts += [_structure(2, i, _text(element) + _text(kind) + _text("")) for i, (element, kind) in enumerate(elements)]
    return b"".join(parts)


def _header() -> bytes:
    numbers = struct.pack("<HIQfd", 0x1234, 0x12345678, 0x123456789ABCDEF, math.pi, math.pi)
    return b"IGWD\0" + bytes([8, 0, 2, 4, 8, 4, 8]) + numbers + bytes([0, 1])


class _File:
    """A file that grows; knows where each structure begins."""

    def __init__(self) -> None:
        self.data = bytearray(_header())
        self.known: list[str] = []

    def add(self, name: str, body: bytes) -> int:
        """Append a structure, after its dictionary if it is the first of its class; its position."""
        if name not in self.known:
            self.data += _dictionary(name)
            self.known.append(name)
        position = len(self.data)
        self.data += _structure(_CLASSES[name][0], 0, body)
        return position


def write_frame(channel: str, gps: int, values: "NDArray[np.float64]", rate: float, unit: str = "") -> bytes:
    """A file of one frame that begins at `gps` and holds one channel sampled at `rate` Hz."""
    file, count = _File(), len(values)
    leap, duration = 18, count / rate
    proc, vect = (struct.pack("<HI", _CLASSES[name][0], 0) for name in ("FrProcData", "FrVect"))
    header = file.add("FrameH", b"".join((
        _text("gracetape"), struct.pack("<iIIIIHd", -1, 0, 0, gps, 0, leap, duration), 6 * _NOTHING, proc, 6 * _NOTHING,
    )))  # fmt: skip
    first = file.add("FrProcData", b"".join((
        _text(channel), _text(""), struct.pack("<HHdddfddH", 1, 0, 0.0, duration, 0.0, 0.0, rate / 2, rate / 2, 0),
        vect, 4 * _NOTHING,
    )))  # fmt: skip
    raw = values.astype("<f8").tobytes()
    file.add("FrVect", b"".join((
        _text(channel), struct.pack("<HHQQ", 0, 2, count, len(raw)), raw, struct.pack("<IQdd", 1, count, 1 / rate, 0.0),
        _text("s"), _text(unit), _NOTHING,
    )))  # fmt: skip
    file.add("FrEndOfFrame", struct.pack("<iIII", -1, 0, gps, 0))
    return _finish(file, channel, gps, duration, leap, header, first)


def _finish(file: _File, channel: str, gps: int, duration: float, leap: int, header: int, first: int) -> bytes:
    """The table of contents and the end of the file."""
    file.data += _dictionary("FrTOC") + _dictionary("FrEndOfFile")
    names = [*file.known, "FrTOC", "FrEndOfFile"]
    file.known = names
    none = struct.pack("<Q", 2**64 - 1)
    toc = file.add("FrTOC", b"".join((
        struct.pack("<hIIIIdiIQ", leap, 1, 0, gps, 0, duration, -1, 0, header), 4 * none,
        struct.pack("<I", len(names)), b"".join(struct.pack("<H", _CLASSES[name][0]) for name in names),
        b"".join(_text(name) for name in names),
        struct.pack("<IIII", 0, 0, 0, 0),  # detectors, static data (kinds, all), ADCs
        struct.pack("<I", 1), _text(channel), struct.pack("<Q", first),
        struct.pack("<IIIIIII", *7 * (0,)),  # simulated, serial, summary, events (kinds, all), simulated events (kinds, all)
    )))  # fmt: skip
    whole = _FIRST_WORDS + struct.calcsize("<IQQIII")
    size = len(file.data) + whole
    body = struct.pack("<IQQI", 1, size, size - toc, _checksum(_header()))
    start = struct.pack("<QBBI", whole, 1, 8, 0) + body
    start += struct.pack("<I", _checksum(start))
    return bytes(file.data + start + struct.pack("<I", _checksum(bytes(file.data + start))))


def frame(
    trigger: Trigger, rng: "Generator", what: str, ifo: str, classifier: str, begin: int, end: int, fap: float
) -> bytes:
    """iDQ's frame: the FAP (lowest at the event: `fap`) or the glitch rank from `begin` to `end`, 16 times a second."""
    count = (end - begin) * _RATE
    series = fap + (1.0 - fap) * np.sqrt(rng.random(count))
    series[int((trigger.gps - begin) * _RATE) % max(count, 1)] = fap
    values = series if what == "fap" else 1.0 - series
    return write_frame(f"{ifo}:IDQ-{classifier.upper()}_{what.upper()}", begin, values, _RATE)
