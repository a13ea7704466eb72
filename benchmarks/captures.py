"""Captures from a served dummy: many files over slow connections, what a second capture costs, and one large file against curl."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.figure import Figure
from benchmarks.measured import Cost, cost
from benchmarks.runs import multiplied, simulated
from benchmarks.stored_answers import answering, answers_of
from demo.lives import new_event
from gracetape import capture, dummy
from gracetape.archive import Archive
from gracetape.archive.kinds import listed_for
from gracetape.capture.pull import CONNECTIONS

_FILES, _LATENCY = 200, 0.1
_ROUNDS = 3


@contextmanager
def served(tape: Path, *words: str) -> Iterator[str]:
    """A dummy in a process of its own."""
    command = [sys.executable, "-m", "gracetape", "dummy", "serve", str(tape), "--read-only", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/api/", line)))
            yield url
        finally:
            process.terminate()


def _event(folder: Path, fill: Callable[[Any, Archive, str], None]) -> tuple[Path, str]:
    with Archive.create(folder / "written.tape") as written, dummy.GraceDb(written) as client:
        graceid = new_event(client)
        fill(client, written, graceid)
    return folder / "written.tape", graceid


def _many_files(client: Any, archive: Archive, graceid: str) -> None:
    for i in range(_FILES - len(client.files(graceid).json()) // 2):  # each is listed by its name, and with its version
        client.write_log(graceid, "a file", f"file{i}.txt", f"contents {i}".encode() * 50)


def capture_against_its_connections() -> list[Figure]:
    """Seconds for the whole capture against files * latency / connections: of a server that answers stored bytes, and of a dummy.

    Beside it a client (requests) that asks for the same files over as many connections, and keeps nothing.
    """
    late = f"*/files/?*:latency={_LATENCY}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape, graceid = _event(folder, _many_files)
        with served(tape) as url, capture.connect(url) as client, Archive.create(folder / "seen.tape") as seen:
            asked: list[str] = []
            client.hooks["response"].insert(0, lambda response, *_, **__: asked.append(response.url))
            capture.capture([graceid], seen, client)
            answers = answers_of(dict.fromkeys(asked))
        files = [path for path in answers if re.search("/files/.", path)]
        assert len(files) == _FILES
        with answering(answers, folder, "/files/.", _LATENCY) as url:
            root = url.removesuffix("/api/")
            ours, bare = [], []
            for i in range(_ROUNDS):
                ours.append(_captured(graceid, url, folder / f"stored{i}.tape"))
                bare.append(_asked([root + path for path in files]))
        with served(tape, "--fault", late) as url:
            dummys = [_captured(graceid, url, folder / f"dummy{i}.tape") for i in range(_ROUNDS)]
    ideal = _FILES * _LATENCY / CONNECTIONS
    against = f"{ideal:.2f} s, {CONNECTIONS} connections"
    return [
        Figure(what, f"{spent:.2f} s", against, spent / ideal, wanted)
        for what, spent, wanted in (
            (f"capture of {_FILES} files", sorted(ours)[_ROUNDS // 2], "≤ 1.15"),
            ("the same files, requests alone", sorted(bare)[_ROUNDS // 2], "told"),
            (f"capture of {_FILES} files of a dummy", sorted(dummys)[_ROUNDS // 2], "told"),
        )
    ]


def _captured(graceid: str, url: str, tape: Path) -> float:
    with Archive.create(tape) as captured, capture.connect(url) as client:
        start = time.perf_counter()
        capture.capture([graceid], captured, client)
        return time.perf_counter() - start


def _asked(addresses: list[str]) -> float:
    own = threading.local()

    def ask(address: str) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        own.session.get(address).raise_for_status()

    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, addresses))
    return time.perf_counter() - start


def a_second_capture() -> list[Figure]:
    """What an unchanged event costs the second time, in requests and bytes of bodies."""
    with tempfile.TemporaryDirectory() as folder:
        tape, graceid = _event(Path(folder), _many_files)
        requests, size = 0, 0

        def count(response: Any, *_: Any, **__: Any) -> None:
            nonlocal requests, size
            requests, size = requests + 1, size + int(response.headers.get("Content-Length", 0))

        with served(tape) as url, Archive.create(Path(folder) / "captured.tape") as captured:
            for _ in range(2):
                with capture.connect(url) as client:
                    requests, size = 0, 0
                    client.hooks["response"].insert(0, count)
                    capture.capture([graceid], captured, client)
    most = 3 + len(list(listed_for("event")))
    return [
        Figure("second capture, requests", str(requests), f"{most}: 3 and one for each list", requests / most, "≤ 1"),
        Figure("second capture, bytes of bodies", str(size), "4,000", size / 4000, "≤ 1"),
    ]


def many_objects(sizes: tuple[int, ...] = (100, 1_000)) -> list[Figure]:
    """What an event without its files costs a capture of many, the first time and again, and the most memory that takes, against fewer."""
    found: dict[str, dict[int, Cost]] = {"capture": {}, "second capture": {}}
    with tempfile.TemporaryDirectory() as name:
        folder, ids = Path(name), Path(name) / "ids.txt"
        simulated(folder / "run.tape")
        multiplied(folder / "run.tape", max(sizes))
        with Archive.open(folder / "run.tape") as tape:
            events = [graceid for graceid in tape.objects() if not graceid.startswith("TS")]
        with served(folder / "run.tape") as url:
            for size in sizes:
                ids.write_text("\n".join(events[:size]))
                for what in found:
                    words = ("--from-file", str(ids), "--service-url", url, "-a", str(folder / f"{size}.tape"))
                    found[what][size] = cost("capture", "-q", "--no-files", *words)
    figures = []
    few, *others = sizes
    for what, costs in found.items():
        for size in others:
            each, few_each = costs[size].cpu_s / size * 1e3, costs[few].cpu_s / few * 1e3
            most, few_most = costs[size].most_bytes / 1e6, costs[few].most_bytes / 1e6
            figures += [
                Figure(f"{what} of {size:,}, CPU of one", f"{each:.1f} ms", f"{few_each:.1f} ms, of {few}", each / few_each, "≤ 1.3"),
                Figure(f"{what} of {size:,}, memory", f"{most:.0f} MB", f"{few_most:.0f} MB, of {few}", most / few_most, "≤ 1.1"),
            ]  # fmt: skip
    return figures


def a_large_file_against_curl(mebibytes: int = 1024) -> list[Figure]:
    """One file of noise, until it is on the tape and on disk, against curl into a file, by turns."""
    if shutil.which("curl") is None:
        return []

    def fill(client: Any, archive: Archive, graceid: str) -> None:
        with archive.transaction() as tx:
            tx.add_file(graceid, "large.bin", tx.store_blob(os.urandom(1 << 20) for _ in range(mebibytes)))

    times: dict[str, list[float]] = {"curl": [], "capture": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape, graceid = _event(folder, fill)
        with served(tape) as url:
            out, captured = folder / "out.bin", folder / "captured.tape"
            commands = {
                "curl": ["curl", "-s", "-o", str(out), f"{url}events/{graceid}/files/large.bin,0"],
                "capture": [
                    sys.executable, "-m", "gracetape", "capture", graceid, "--service-url", url, "-q", "-a", str(captured),
                ],
            }  # fmt: skip
            for _ in range(_ROUNDS):
                for what, words in commands.items():
                    os.sync()  # what the one before left to the disk is not the next one's
                    start = time.perf_counter()
                    subprocess.run(words, check=True)
                    times[what].append(time.perf_counter() - start)
                    shutil.rmtree(captured, ignore_errors=True)
                    with contextlib.suppress(FileNotFoundError):
                        out.unlink()
    bare, ours = (sorted(times[what])[_ROUNDS // 2] for what in ("curl", "capture"))
    return [
        Figure(f"capture of {mebibytes} MiB", f"{ours:.1f} s", f"{bare:.1f} s, curl", bare / ours, "≥ 0.7"),
    ]
