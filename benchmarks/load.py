"""A night's load on a served dummy: many clients who read and write at once, against one client; one process against several."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.figure import Figure
from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive

#: Reads for each write, how many events there are, and of how many entries each has at the beginning.
_READS, _EVENTS, _ENTRIES = 10, 200, 10
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Load:
    """What clients did in a time: how long each request took (s), which log entries (event, N) they were told they had made."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    written: set[tuple[str, int]] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    def quantile(self, part: float) -> float:
        return sorted(self.took)[min(len(self.took) - 1, int(part * len(self.took)))]


class _Server:
    """`gracetape dummy serve` in processes of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url

    def memory(self) -> int:
        """Bytes that its processes hold."""
        return sum(_resident(pid) for pid in [self.process.pid, *_children(self.process.pid)])


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [child for one in found.split() for child in [int(one), *_children(int(one))]]


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


def _client(url: str, events: list[str], load: Load, seed: int, until: float, reads_only: bool) -> None:
    parts, dice = urlsplit(url), random.Random(seed)
    connection = HTTPConnection(str(parts.hostname), parts.port)
    turn = seed
    while time.monotonic() < until:
        graceid, turn = dice.choice(events), turn + 1
        begun = time.perf_counter()
        if turn % (_READS + 1) or reads_only:
            address = dice.choice(("", "log/", "files/"))
            connection.request("GET", f"{parts.path}events/{graceid}/{address}")
        else:
            connection.request("POST", f"{parts.path}events/{graceid}/log/", "comment=a+night%27s+remark", _FORM)
        answer = connection.getresponse()
        body = answer.read()
        load.took.append(time.perf_counter() - begun)
        if answer.status == 201:
            load.written.add((graceid, json.loads(body)["N"]))
        elif answer.status != 200:
            load.failed.append(f"{answer.status} {body[:80]!r}")
    connection.close()


def under_load(server: _Server, events: list[str], clients: int, seconds: float, reads_only: bool = False) -> Load:
    """Let clients ask for a time, each with a connection of its own."""
    load, begun = Load(), time.monotonic()
    threads = [
        threading.Thread(
            target=_client, args=(server.url, events, load, seed, begun + seconds, reads_only), daemon=True
        )
        for seed in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.monotonic() - begun
    return load


def a_tape(path: Path) -> list[str]:
    """A tape with events, each with some log entries; their ids."""
    with Archive.create(path) as tape, dummy.GraceDb(tape) as client:
        events = [new_event(client) for _ in range(_EVENTS)]
        for graceid in events:
            for number in range(_ENTRIES):
                client.write_log(graceid, f"entry {number}")
    return events


def _kept(tape: Path, events: list[str]) -> dict[str, set[int]]:
    with Archive.open(tape) as archive:
        return {graceid: {record["N"] for record in archive.view(graceid).records("log")} for graceid in events}


def many_clients(seconds: float = 20.0, clients: int = 64) -> list[Figure]:
    """Many clients against one, ten reads a write; what was acknowledged is kept and told once, in order; memory."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.tape"
        events = a_tape(made)
        for workers in (1, 2):
            tape, alerts = Path(folder) / f"{workers}.tape", Path(folder) / f"{workers}.jsonl"
            shutil.copytree(made, tape)
            with _served(tape, alerts, workers) as server:
                one = under_load(server, events, 1, seconds / 4)
                early = under_load(server, events, clients, seconds / 2)
                held = server.memory()
                late = under_load(server, events, clients, seconds / 2)
                growth = server.memory() / held
                reads = under_load(server, events, clients, seconds / 4, reads_only=True)
            loads = [one, early, late]
            written = {entry for load in loads for entry in load.written}
            kept = _kept(tape, events)
            lost = sum(n not in kept[graceid] for graceid, n in written)
            told = [
                (line["graceid"], line["n"], line["node"]) for line in map(json.loads, alerts.read_text().splitlines())
            ]
            once = {(graceid, n) for graceid, n, _ in told}
            figures += _figures(f"{workers} process{'es' * (workers > 1)}", one, late, reads, growth)
            strays = len(written - once) + lost + sum(len(load.failed) for load in [*loads, reads])
            strays += len(told) - len(set(told)) + _out_of_order(told)
            figures.append(
                Figure(
                    f"{workers}: lost, failed, out of order",
                    f"{strays}",
                    f"{len(written)} writes",
                    float(strays),
                    "≤ 0",
                )
            )
    return figures


def _out_of_order(told: list[tuple[str, int, str]]) -> int:
    """How many alerts come after one of their event that was written later."""
    last: dict[str, int] = {}
    found = 0
    for graceid, n, _ in told:
        found += n < last.get(graceid, 0)
        last[graceid] = n
    return found


def _figures(name: str, one: Load, many: Load, reads: Load, growth: float) -> list[Figure]:
    return [
        Figure(
            f"{name}: requests of many", f"{many.rate:.0f}/s", f"{one.rate:.0f}/s, one client", many.rate / one.rate, "told"
        ),
        Figure(f"{name}: reads of many", f"{reads.rate:.0f}/s", f"{one.rate:.0f}/s, one client", reads.rate / one.rate, "told"),
        Figure(
            f"{name}: p99", f"{many.quantile(0.99) * 1e3:.0f} ms", f"p50 {many.quantile(0.5) * 1e3:.0f} ms",
            many.quantile(0.99) / many.quantile(0.5), "told",
        ),
        Figure(f"{name}: memory, second half", f"{growth:.3f}", "the first half", growth, "≤ 1.1"),
    ]  # fmt: skip
