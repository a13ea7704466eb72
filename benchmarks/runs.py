"""Observing runs: tapes of many simulated lives, made quickly of few, and what replaying them costs against a tape of ten."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.measured import most_bytes
from gracetape.archive import Archive, Capture, digest, index
from gracetape.archive.store import PassingArchive
from gracetape.archive.view import FileEntry
from gracetape.clocks import VirtualClock
from gracetape.dummy import GraceDb
from gracetape.schedule import run
from gracetape.simulate import Stream, read_configuration
from gracetape.times import utc_of

#: How many lives are really simulated, and seconds from one set of them to the next.
_SIMULATED, _PERIOD_S = 10, 1000
_GPS = 1422144018
_SLOTS = re.compile(
    r"(?<![A-Za-z0-9])(?P<id>T\d{7}|TS\d{6}[a-z]+)(?![A-Za-z0-9])"
    r"|(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"
    r"|(?<![\w./-])(?P<gps>14\d{8})(?=[\s,.:;}\])\"]|$)"
)


def simulated(path: Path, lives: int = _SIMULATED) -> None:
    """A tape of some lives that a dummy lived through."""
    import numpy as np

    stream = Stream([read_configuration("gstlal")], ("H1", "L1", "V1"), _GPS, rate=lives / _PERIOD_S, count=lives)
    clock = VirtualClock()
    with PassingArchive.at(path) as archive:
        with GraceDb(archive, now=lambda: utc_of(_GPS) + timedelta(seconds=clock.now())) as client:
            run(stream.gen_schedule(np.random.default_rng(3)), client, clock)


@dataclass
class _Text:
    """A record's JSON in pieces: every second one is an id or a time, which each set of lives has of its own."""

    pieces: list[str]
    slots: list[tuple[str, str]]

    @classmethod
    def of(cls, text: str) -> "_Text":
        pieces, slots, last = [], [], 0
        for found in _SLOTS.finditer(text):
            pieces.append(text[last : found.start()])
            slots.append((str(found.lastgroup), found[0]))
            last = found.end()
        return cls([*pieces, text[last:]], slots)

    def moved(self, words: dict[tuple[str, str], str]) -> str:
        if not self.slots:
            return self.pieces[0]
        parts = [part for piece, slot in zip(self.pieces, self.slots, strict=False) for part in (piece, words[slot])]
        return "".join(parts) + self.pieces[-1]


def _word(slot: tuple[str, str], copy: int) -> str:
    kind, text = slot
    if kind == "id":
        return _id(text, copy)
    if kind == "gps":
        return str(int(text) + copy * _PERIOD_S)
    return (datetime.fromisoformat(text) + timedelta(seconds=copy * _PERIOD_S)).isoformat(text[10])


def _id(graceid: str, copy: int) -> str:
    if graceid.startswith("TS"):
        letters = ""
        while copy:
            copy, place = divmod(copy, 26)
            letters = chr(ord("a") + place) + letters
        return f"{graceid[:8]}{letters and 'z' + letters}{graceid[8:]}"
    return f"T{int(graceid[1:]) + copy * _SIMULATED}"


class _Multiplied:
    """An archive of simulated lives, in which copies of all its rows are put, under other ids and at other times."""

    def __init__(self, archive: Archive) -> None:
        self._run = archive.connection.execute
        self._many = archive.connection.executemany
        self._captures = archive.captures()
        self._texts = {number: _Text.of(text) for number, text in self._run("SELECT id, json FROM records")}
        self._shared = dict(self._run("SELECT id, sha256 FROM records").fetchall())
        query = "SELECT kind, key, ord, record FROM entries WHERE capture = ?"
        self._entries = {c.id: self._run(query, (c.id,)).fetchall() for c in self._captures}
        query = "SELECT name, version, sha256, size, absent FROM files WHERE capture = ?"
        self._files = {c.id: self._run(query, (c.id,)).fetchall() for c in self._captures}
        self._slots = {slot for text in self._texts.values() for slot in text.slots}
        self._spans = self._run("SELECT object, begins, ends FROM spans").fetchall()
        self._names = self._run("SELECT name, object FROM names").fetchall()
        self._places = self._run("SELECT object, category, gps FROM places").fetchall()
        self._last_record = max(self._shared)
        self._next = max(capture.id for capture in self._captures) + 1

    def add(self, copy: int) -> None:
        words = {slot: _word(slot, copy) for slot in self._slots}
        numbers: dict[int, tuple[int, str]] = {}
        new = []
        for old, template in self._texts.items():
            if not template.slots:  # the same in all lives
                numbers[old] = old, self._shared[old]
                continue
            text = template.moved(words)
            numbers[old] = self._last_record + len(new) + 1, hashlib.sha256(text.encode()).hexdigest()
            new.append((*numbers[old], text))
        self._last_record += len(new)
        self._many("INSERT INTO records VALUES (?, ?, ?)", new)
        for capture in self._captures:
            self._capture(capture, copy, numbers)
        shift = timedelta(seconds=copy * _PERIOD_S) // timedelta(microseconds=1)
        self._many(
            "INSERT INTO spans VALUES (?, ?, ?)", ((_id(g, copy), b + shift, e + shift) for g, b, e in self._spans)
        )
        self._many("INSERT INTO names VALUES (?, ?)", ((_id(n, copy), _id(g, copy)) for n, g in self._names))
        moved = ((_id(g, copy), category, gps + copy * _PERIOD_S) for g, category, gps in self._places)
        self._many("INSERT INTO places VALUES (?, ?, ?)", moved)

    def _capture(self, old: Capture, copy: int, numbers: dict[int, tuple[int, str]]) -> None:
        entries, files = self._entries[old.id], self._files[old.id]
        marks = [digest.entry_mark(kind, key, order, numbers[record][1]) for kind, key, order, record in entries]
        marks += [digest.file_mark(FileEntry(*file)) for file in files]
        capture = replace(old, id=self._next, object=_id(old.object, copy), digest=digest.combine("", marks, []))
        capture = replace(capture, seal=digest.seal_of(capture))
        self._next += 1
        columns = tuple(vars(capture).values())
        self._run(f"INSERT INTO captures VALUES ({', '.join('?' * len(columns))})", columns)
        rows = ((capture.id, kind, key, order, numbers[record][0]) for kind, key, order, record in entries)
        self._many("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
        self._many("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", ((capture.id, *file) for file in files))


def multiplied(path: Path, lives: int) -> None:
    """Let a tape of simulated lives be one of so many."""
    with PassingArchive.open(path, read_only=False) as archive:
        run = archive.connection.execute
        run("PRAGMA synchronous = OFF")
        run("PRAGMA cache_size = -1000000")  # rows are found by digests, which come in no order
        run("BEGIN IMMEDIATE")
        tape = _Multiplied(archive)
        for copy in range(1, lives // _SIMULATED):
            tape.add(copy)
        index.rebuild(archive.connection)
        run("COMMIT")


@dataclass
class Replayed:
    """What a replay cost: seconds to its first message, seconds of CPU for each later one, and the most memory it took (bytes)."""

    first_s: float
    each_s: float
    most_bytes: int


def replayed(path: Path, messages: int) -> Replayed:
    """The beginning of a replay as fast as possible, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.runs", str(path), str(messages)]
    return Replayed(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def _replay(path: str, messages: int) -> None:
    start = time.perf_counter()
    from gracetape import replay

    player = replay.play(path, clock=replay.MaxClock())
    lines = (message.json() for alert in player for message in player.messages(alert))
    next(lines)
    first, begun = time.perf_counter() - start, time.process_time()
    count = sum(1 for _ in islice(lines, messages))
    each = (time.process_time() - begun) / count
    print(json.dumps(vars(Replayed(first, each, most_bytes()))))


def runs_against_ten_lives(sizes: tuple[int, ...] = (100, 1_000, 10_000), messages: int = 5_000) -> list[Figure]:
    """Replays of tapes of many lives against that of ten: the first message, what each costs, memory."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.tape"
        simulated(few)
        base = replayed(few, messages)
        for size in sizes:
            path = Path(folder) / f"{size}.tape"
            shutil.copytree(few, path)
            multiplied(path, size)
            found = replayed(path, messages)
            shutil.rmtree(path)
            each, few_each = found.each_s * 1e6, base.each_s * 1e6
            name = f"{size:,} lives"
            figures += [
                Figure(f"{name}: first message", f"{found.first_s:.2f} s", "1 s", found.first_s, "≤ 1"),
                Figure(
                    f"{name}: a message", f"{each:.0f} us CPU", f"{few_each:.0f} us, 10 lives", each / few_each, "≤ 1.3"
                ),
                Figure(
                    f"{name}: memory", f"{found.most_bytes / 1e6:.0f} MB", "250 MB", found.most_bytes / 250e6, "≤ 1"
                ),
            ]
    return figures


if __name__ == "__main__":
    _replay(sys.argv[1], int(sys.argv[2]))
