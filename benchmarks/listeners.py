"""Alerts through the listener's parent and a child, against a bare pipe between two processes that does no more than carry them."""

import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from brokers import Heard, Source
from listen import Alert, Context, Listener, PlugIn, Queue, Task, read_configuration

_COUNT = 10_000
_RATE, _TIMED = 100.0, 500
_WAITING = (10, 1_000, 100_000)


def _payload(n: int) -> dict[str, Any]:
    """A `new` alert of about 2 kB, as an event of an online search has it."""
    triggers = [
        {"ifo": ifo, "snr": 8.1, "mass1": 1.4, "mass2": 1.3, "channel": "GDS-CALIB_STRAIN", "end_time": 1 + n}
        for ifo in ("H1", "L1")
    ]
    event = {
        "graceid": f"T{n:06d}", "group": "Test", "pipeline": "gstlal", "search": "AllSky", "far": 1e-9, "instruments": "H1,L1",
        "labels": [], "gpstime": 1e9 + n, "extra_attributes": {"SingleInspiral": triggers * 4}, "links": {"self": "https://localhost/" * 4},
    }  # fmt: skip
    return {"uid": event["graceid"], "alert_type": "new", "data": event, "object": {}}


def _hear(alert: Alert, queue: Queue, context: Context) -> None:
    context.add(alert.graceid, [Task("nothing", 0.0, {"sent": alert.payload.get("sent")})])


def _nothing(task: Task, context: Context) -> None:
    if (path := context.option("general_test", "times")) and task.args["sent"]:
        with Path(path).open("a") as file:
            file.write(f"{time.time() - task.args['sent']}\n")


#: A plug-in with one task per alert that does nothing.
plugin = PlugIn(hear=_hear, tasks={"nothing": _nothing})


class _Given(Source):
    """Hands out texts as quickly as they are taken (or at a rate), then waits."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts, self._over = texts, threading.Event()

    def poll(self, timeout_s: float | None = None) -> Heard | None:
        for text in self._texts:
            return Heard("test", text, datetime.now(UTC))
        self._over.wait()
        return None

    @property
    def closed(self) -> bool:
        return self._over.is_set()

    def close(self) -> None:
        self._over.set()


@contextmanager
def _listening(folder: Path, source: Source, durable: bool, level: str = "info") -> Iterator[Listener]:
    (folder / "child.ini").write_text(
        f"[general]\nprocess_type = benchmarks.listeners\nlog_directory = {folder}\nlog_level = {level}\n"
        f"[general_test]\ntimes = {folder / 'times'}\n"
    )
    checkpoint = f"checkpoint = {folder / 'child.sqlite'}\n" if durable else ""
    (folder / "main.ini").write_text(f"[child]\nnodes = test\nchildConfig = {folder / 'child.ini'}\n{checkpoint}")
    with Listener(read_configuration(folder / "main.ini")) as listener:
        thread = threading.Thread(target=listener.run, args=(lambda after: source,))
        thread.start()
        yield listener
        listener.stop()
        thread.join()


def _through_listener(texts: list[str], durable: bool) -> float:
    """Alerts per second, from the first one taken to the last task done."""
    with tempfile.TemporaryDirectory() as name:
        gate = threading.Event()

        def gated() -> Iterator[str]:
            gate.wait()
            yield from texts

        with _listening(Path(name), _Given(gated()), durable) as listener:
            while not (Path(name) / "child.log").exists() or "started" not in (Path(name) / "child.log").read_text():
                time.sleep(0.01)
            started = time.perf_counter()
            gate.set()
            while listener.handles[0].report.tasks < len(texts):
                time.sleep(0.01)
            return len(texts) / (time.perf_counter() - started)


def _echo(wire: Connection, count: int) -> None:
    for _ in range(count):
        json.loads(wire.recv()[0])
    wire.send("done")


def _through_pipe(texts: list[str]) -> float:
    """Alerts per second through multiprocessing's pipe, each sent with its time and read as JSON on the other side."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_echo, args=(theirs, len(texts)))
    process.start()
    started = time.perf_counter()
    for text in texts:
        ours.send((text, time.time()))
    ours.recv()
    rate = len(texts) / (time.perf_counter() - started)
    process.join()
    return rate


def alerts_through_the_listener() -> list[Figure]:
    """Alerts per second to a task that does nothing, with and without a checkpoint."""
    texts = [json.dumps(_payload(n)) for n in range(_COUNT)]
    bare = _through_pipe(texts)
    kept, unkept = _through_listener(texts, True), _through_listener(texts, False)
    return [
        Figure("listener, alerts/s", f"{unkept:.0f}/s", f"{bare:.0f}/s, bare pipe", unkept / bare, ">= 0.5"),
        Figure("listener with checkpoint, alerts/s", f"{kept:.0f}/s", f"{unkept:.0f}/s without", kept / unkept, "told"),
    ]
