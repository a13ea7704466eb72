"""A night's load on a served dummy: many clients who read and write at once, against one client; one process against several."""

import json
import os
import random
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.figure import Figure
from benchmarks.runs import multiplied, simulated
from gracetape.archive import Archive

#: Reads for each write, and how many lives there are: a night's, whose logs grow little by what is written.
_READS, _LIVES = 10, 500
_FORM, _WORDS = "Content-Type: application/x-www-form-urlencoded", "comment=a+night%27s+remark"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
#: When memory is looked at, as parts of the whole: of ten minutes after 1, 2, 5 and all.
_MARKS = (0.1, 0.2, 0.5, 1.0)
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Load:
    """What clients did in a time: how long each read and write took (s), the log entries (event, N) that they were told they had made."""

    seconds: float = 0.0
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    written: list[tuple[str, int]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def took(self) -> list[float]:
        return self.reads + self.writes

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds


def _quantile(took: list[float], part: float) -> float:
    return sorted(took)[min(len(took) - 1, int(part * len(took)))] if took else 0.0


class _Server:
    """`gracetape dummy serve` in processes of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url

    def memory(self) -> int:
        """Bytes that its processes hold."""
        return sum(_resident(pid) for pid in [self.process.pid, *_children(self.process.pid)])


def _children(pid: int) -> list[int]:
    try:
        found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [child for ones in found for one in ones for child in [int(one), *_children(int(one))]]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


@contextmanager
def _served(tape: Path, alerts: Path, workers: int) -> Iterator[_Server]:
    command = [sys.executable, "-m", "gracetape", "dummy", "serve", str(tape), "--keep", "--alerts", str(alerts)]
    with subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        url = next(found[1] for line in lines if (found := re.search(r'GraceDb\("([^"]+)"', line)))
        try:
            yield _Server(process, url)
        finally:
            process.terminate()


class _Client:
    """One connection that asks, and as soon as it is answered asks again. It does as little as it can: the server is what is measured."""

    def __init__(self, url: str, events: list[str], load: Load, seed: int, reads_only: bool) -> None:
        parts = urlsplit(url)
        self._where, self._root = (str(parts.hostname), parts.port or 80), parts.path
        self._events, self._load, self._dice = events, load, random.Random(seed)
        self._turn, self._reads_only = seed, reads_only
        self.socket = socket.create_connection(self._where)

    def ask(self) -> None:
        self._graceid, self._turn = self._dice.choice(self._events), self._turn + 1
        at, host = f"{self._root}events/{self._graceid}", f"Host: {self._where[0]}:{self._where[1]}"
        self._writes = not self._reads_only and self._turn % (_READS + 1) == 0
        if self._writes:
            request = f"POST {at}/log/ HTTP/1.1\r\n{host}\r\n{_FORM}\r\nContent-Length: {len(_WORDS)}\r\n\r\n{_WORDS}"
        else:
            request = f"GET {at}/{self._dice.choice(('', 'log/', 'files/'))} HTTP/1.1\r\n{host}\r\n\r\n"
        self._heard = bytearray()
        self._begun = time.perf_counter()
        self.socket.sendall(request.encode())

    def hear(self) -> bool:
        """Take what came; whether the answer is there as a whole. ConnectionError if it ended before."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("closed before the answer was there")
        self._heard += piece
        end = self._heard.find(b"\r\n\r\n") + 4
        length = _LENGTH.search(self._heard, 0, end) if end > 3 else None
        if length is None or len(self._heard) < end + int(length[1]):
            return False
        (self._load.writes if self._writes else self._load.reads).append(time.perf_counter() - self._begun)
        status = bytes(self._heard[9:12])
        if status == b"201":
            self._load.written.append((self._graceid, json.loads(self._heard[end:])["N"]))
        elif status != b"200":
            self._load.failed.append(bytes(self._heard[:200]).decode(errors="replace"))
        return True


def under_load(
    server: _Server, events: list[str], clients: int, seconds: float, reads_only: bool = False, marks: tuple[float, ...] = ()
) -> tuple[Load, list[int]]:  # fmt: skip
    """Let clients ask for a time, each with a connection of its own; what they did, and the server's memory at some seconds of it."""
    load, held, left = Load(), list[int](), list(marks)
    with selectors.DefaultSelector() as waiting:
        begun = time.monotonic()
        for seed in range(clients):
            client = _Client(server.url, events, load, seed, reads_only)
            waiting.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        while waiting.get_map():
            over = time.monotonic() - begun
            while left and over >= left[0]:
                held.append(server.memory())
                left.pop(0)
            for key, _ in waiting.select(0.5):
                try:
                    if not key.data.hear():
                        continue
                    if over < seconds:
                        key.data.ask()
                        continue
                except OSError as error:
                    load.failed.append(str(error))
                waiting.unregister(key.fileobj)
                key.data.socket.close()
        load.seconds = time.monotonic() - begun
    return load, held + [server.memory() for _ in left]


def a_tape(path: Path) -> list[str]:
    """A tape of simulated lives; the ids of their events."""
    simulated(path)
    multiplied(path, _LIVES)
    with Archive.open(path) as archive:
        return [graceid for graceid in archive.objects() if not graceid.startswith("TS")]


def _kept(tape: Path, events: list[str]) -> dict[str, set[int]]:
    with Archive.open(tape) as archive:
        return {graceid: {record["N"] for record in archive.view(graceid).records("log")} for graceid in events}


def many_clients(minutes: float = 1 / 3, clients: int = 64) -> list[Figure]:
    """Many clients against one, ten reads a write; what was acknowledged is kept and told once, in order; memory on the way."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.tape"
        events = a_tape(made)
        for workers in (1, 2):
            tape, alerts = Path(folder) / f"{workers}.tape", Path(folder) / f"{workers}.jsonl"
            shutil.copytree(made, tape)
            seconds, short = 60 * minutes, min(30.0, 15 * minutes)
            with _served(tape, alerts, workers) as server:
                one, _ = under_load(server, events, 1, short)
                reads, _ = under_load(server, events, clients, short, reads_only=True)
                many, held = under_load(
                    server, events, clients, seconds, marks=tuple(part * seconds for part in _MARKS)
                )
            name = f"{workers} process{'es' * (workers > 1)}"
            figures += [*_speed(name, one, many, reads), *_memory(name, minutes, held)]
            strays = sum(len(load.failed) for load in (one, reads, many))
            strays += _strays(one.written + many.written, _kept(made, events), _kept(tape, events), alerts)
            writes = f"{len(one.written) + len(many.written)} writes"
            figures.append(
                Figure(f"{name}: lost, failed, doubled, out of order", f"{strays}", writes, float(strays), "≤ 0")
            )
    return figures


def _strays(
    written: list[tuple[str, int]], before: dict[str, set[int]], after: dict[str, set[int]], alerts: Path
) -> int:
    """How many entries were acknowledged twice or lost, or came from nowhere; how many alerts were lost, doubled or out of order."""
    once = set(written)
    told = [(line["graceid"], line["n"], line["node"]) for line in map(json.loads, alerts.read_text().splitlines())]
    new = {(graceid, n) for graceid, kept in after.items() for n in kept - before[graceid]}
    return (
        len(written) - len(once) + len(once ^ new)
        + len(once - {(graceid, n) for graceid, n, _ in told}) + len(told) - len(set(told)) + _out_of_order(told)
    )  # fmt: skip


def _out_of_order(told: list[tuple[str, int, str]]) -> int:
    """How many alerts come after one of their event that was written later."""
    last: dict[str, int] = {}
    found = 0
    for graceid, n, _ in told:
        found += n < last.get(graceid, 0)
        last[graceid] = n
    return found


def _speed(name: str, one: Load, many: Load, reads: Load) -> list[Figure]:
    alone = f"{one.rate:.0f}/s, one client"
    figures = [
        Figure(f"{name}: requests of many", f"{many.rate:.0f}/s", alone, many.rate / one.rate, "told"),
        Figure(f"{name}: reads of many", f"{reads.rate:.0f}/s", alone, reads.rate / one.rate, "told"),
    ]
    for what, took in (("all", many.took), ("reads", many.reads), ("writes", many.writes)):
        p50, p99 = _quantile(took, 0.5), _quantile(took, 0.99)
        figures.append(
            Figure(f"{name}: p99 of {what}", f"{p99 * 1e3:.0f} ms", f"p50 {p50 * 1e3:.0f} ms", p99 / p50, "told")
        )
    return figures


def _memory(name: str, minutes: float, held: list[int]) -> list[Figure]:
    """What was held at the marks, each against the first; at the end, against half-way."""
    half, end = held[-2:]
    return [
        Figure(f"{name}: memory at {_MARKS[0] * minutes:.3g} min", _mb(held[0]), "", 1.0, "told"),
        *(
            Figure(f"{name}: memory at {part * minutes:.3g} min", _mb(now), _mb(held[0]), now / held[0], "told")
            for part, now in zip(_MARKS[1:], held[1:], strict=True)
        ),
        Figure(f"{name}: memory, second half", _mb(end), f"{_mb(half)}, half-way", end / half, "≤ 1.1"),
    ]


def _mb(held: int) -> str:
    return f"{held / 1e6:.0f} MB"
