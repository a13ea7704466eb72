"""What commands cost on tapes of many lives: those that show something against a tape of ten, those that go over all, a life."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import requests

from benchmarks.figure import Figure
from benchmarks.runs import multiplied, simulated

_EVENT = "T1000001"
#: Commands that show a part of a tape, and those that read or write all of it.
_SHOWN = (
    ("archive ls --limit 20", ["ls", "--limit", "20"]),
    ("archive ls --limit 20 --query", ["ls", "--limit", "20", "--query", "far < 1e-7"]),
    ("archive show", ["show", _EVENT]),
    ("archive log", ["log", _EVENT]),
    ("archive files", ["files", _EVENT]),
)
_DUMMY = "dummy serve, with a query and two lists"
_WHOLE = (("archive verify", ["verify"]), ("archive gc", ["gc"]), ("archive pack", ["pack"]))


def _cpu_s(words: list[str]) -> float:
    """Seconds of CPU of a command that goes well."""
    with subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {said.decode()}")
    return used.ru_utime + used.ru_stime


def _dummy_s(tape: Path) -> float:
    """Seconds of CPU of a dummy that starts, answers a query and a list, and ends."""
    command = [sys.executable, "-m", "gracetape", "dummy", "serve", str(tape), "--read-only", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(found[1] for line in process.stdout if (found := re.search(r'GraceDb\("([^"]+)"', line)))
        for asked in ("events/?query=far+<+1e-7&count=20", "superevents/?count=20", f"events/{_EVENT}/log/"):
            requests.get(url + asked, timeout=60).raise_for_status()
        process.terminate()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime


def _archive(words: list[str], tape: Path) -> list[str]:
    command, *rest = words
    if command == "pack":
        packed = tape.with_name("packed.tape")
        packed.unlink(missing_ok=True)
        return ["gracetape", "archive", "pack", str(tape), str(packed)]
    return ["gracetape", "archive", command, *rest, "-a", str(tape)]


def _tapes(folder: Path, sizes: tuple[int, ...]) -> Iterator[tuple[int, Path]]:
    few = folder / "few.tape"
    simulated(few)
    for size in sizes:
        path = folder / f"{size}.tape"
        shutil.copytree(few, path)
        multiplied(path, size)
        yield size, path


def commands_on_many_lives(sizes: tuple[int, ...] = (100, 1_000)) -> list[Figure]:
    """Each command on tapes of many lives, CPU of its process (the best of three; of what reads all, one) beyond `--help`."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        least = min(_cpu_s(["gracetape", "archive", "--help"]) for _ in range(3))
        found: dict[str, dict[int, float]] = {}
        for size, tape in _tapes(Path(folder), (10, *sizes)):
            for name, words in (*_SHOWN, *_WHOLE):
                times = 3 if (name, words) in _SHOWN or size == 10 else 1
                found.setdefault(name, {})[size] = min(_cpu_s(_archive(words, tape)) for _ in range(times))
            found.setdefault(_DUMMY, {})[size] = min(_dummy_s(tape) for _ in range(3))
        for name in (*(name for name, _ in _SHOWN), _DUMMY):
            base = found[name][10]
            figures += [_figure(name, size, found[name][size], base, "10 lives", "≤ 1.3") for size in sizes]
        for name, _ in _WHOLE:
            each = {size: (seconds - least) / size for size, seconds in found[name].items()}
            first, *others = sizes
            figures += [_figure(f"{name}, a life", n, each[n], each[first], f"{first} lives", "≤ 1.3") for n in others]
    return figures


def _figure(name: str, size: int, seconds: float, base: float, against: str, claim: str) -> Figure:
    told = f"{base * 1e3:.1f} ms, {against}"
    return Figure(f"{name}, {size:,} lives", f"{seconds * 1e3:.1f} ms", told, seconds / base, claim)
