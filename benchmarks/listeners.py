"""Alerts through the listener's parent and a child, against a bare pipe between two processes that does no more than carry them."""

import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import Figure
from gracetape.brokers import Heard, Source
from gracetape.listen import Alert, Context, Listener, PlugIn, Queue, QueueItem, Task, read_configuration
from gracetape.listen.accepted import Message
from gracetape.listen.child import collect_seldom
from gracetape.listen.journal import Journal
from gracetape.listen.logs import open_log
from gracetape.listen.worker import Worker

_COUNT = 10_000
_RATE, _TIMED = 100.0, 500
_WAITING = (10, 1_000, 100_000)


def _payload(n: int) -> dict[str, Any]:
    """A `new` alert of about 2 kB, as an event of an online search has it."""
    trigger = {"snr": 8.1, "mass1": 1.4, "mass2": 1.3, "channel": "GDS-CALIB_STRAIN", "end_time": 1 + n}
    event = {
        "graceid": f"T{n:06d}", "group": "Test", "pipeline": "gstlal", "search": "AllSky", "far": 1e-9, "instruments": "H1,L1",
        "labels": [], "gpstime": 1e9 + n, "links": {"self": "https://localhost/api/events/" * 4},
        "extra_attributes": {"SingleInspiral": [{"ifo": ifo, **trigger} for ifo in ("H1", "L1", "V1", "K1")] * 3},
    }  # fmt: skip
    return {"uid": event["graceid"], "alert_type": "new", "data": event, "object": {}}


def _hear(alert: Alert, queue: Queue, context: Context) -> None:
    name = "tell" if "tell" in alert.payload else "nothing"
    context.add(alert.graceid, [Task(name, 0.0, {"sent": alert.payload.get("tell")})])


def _nothing(task: Task, context: Context) -> None:
    pass


def _tell(task: Task, context: Context) -> None:
    with Path(context.option("bench", "times")).open("a") as file:
        file.write(f"{time.time()} {time.time() - task.args['sent']}\n")


#: A plug-in with one task per alert: nothing, or (for messages with `tell`) to write down when it is done.
plugin = PlugIn(hear=_hear, tasks={"nothing": _nothing, "tell": _tell})


class _Given(Source):
    """Hands out texts as quickly as they are taken, then waits until it is closed."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts, self._over = iter(texts), threading.Event()

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
def _listening(texts: Iterable[str], durable: bool) -> Iterator[Path]:
    """A listener with one child that hears the texts; gives the file in which tasks write down their times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "child.ini").write_text(
            f"[general]\nprocess_type = benchmarks.listeners\nlog_directory = {folder}\n[bench]\ntimes = {folder / 'times'}\n"
        )
        checkpoint = f"checkpoint = {folder / 'child.sqlite'}\n" if durable else ""
        (folder / "main.ini").write_text(f"[child]\nnodes = test\nchildConfig = {folder / 'child.ini'}\n{checkpoint}")
        up = threading.Event()

        def when_up() -> Iterator[str]:
            up.wait()
            yield from texts

        with Listener(read_configuration(folder / "main.ini")) as listener:
            thread = threading.Thread(target=listener.run, args=(lambda after: _Given(when_up()),))
            thread.start()
            while "started" not in (folder / "child.log").read_text() if (folder / "child.log").exists() else True:
                time.sleep(0.01)
            up.set()
            yield folder / "times"
            listener.stop()
            thread.join()


def _times(file: Path, count: int) -> list[tuple[float, float]]:
    """(When done, seconds since sent) of `count` tasks, once they are there."""
    while not file.exists() or len(lines := file.read_text().splitlines()) < count:
        time.sleep(0.01)
    return [(float(done), float(took)) for done, took in map(str.split, lines)]


def _through_listener(texts: list[str], durable: bool) -> float:
    """Alerts per second, from the first one given to the last task done."""
    started = [0.0]

    def given() -> Iterator[str]:
        started[0] = time.time()
        yield from texts
        yield json.dumps({"uid": "T1", "tell": started[0]})

    with _listening(given(), durable) as times:
        ((done, _),) = _times(times, 1)
    return len(texts) / (done - started[0])


def _carry(wire: Connection, count: int) -> None:
    for _ in range(count):
        json.loads(wire.recv()[0])
    wire.send("done")


def _through_pipe(texts: list[str]) -> float:
    """Alerts per second through multiprocessing's pipe, each sent with its time and read as JSON on the other side."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_carry, args=(theirs, len(texts)))
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
    rounds = [
        (_through_pipe(texts), _through_listener(texts, False), _through_listener(texts, True)) for _ in range(3)
    ]  # in turns: a busy moment hits all
    bare, unkept, kept = map(median, zip(*rounds, strict=True))
    return [
        Figure("listener, alerts/s", f"{unkept:.0f}/s", f"{bare:.0f}/s, bare pipe", unkept / bare, ">= 0.5"),
        Figure("listener with checkpoint", f"{kept:.0f}/s", f"{unkept:.0f}/s without", kept / unkept, "told"),
        Figure("listener with checkpoint", f"{kept:.0f}/s", f"{bare:.0f}/s, bare pipe", kept / bare, "told"),
    ]


def latency_of_the_listener() -> list[Figure]:
    """From a message's arrival at the parent to the end of its task, at 100 alerts/s, with a checkpoint."""

    def paced() -> Iterator[str]:
        start = time.time()
        for n in range(_TIMED):
            time.sleep(max(0.0, start + n / _RATE - time.time()))
            yield json.dumps({**_payload(n), "tell": time.time()})

    with _listening(paced(), True) as times:
        took = sorted(seconds for _, seconds in _times(times, _TIMED))
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    return [
        Figure("listener's latency p50", f"{p50 * 1e3:.1f} ms", "100 ms, the old one's sleep", p50 / 0.1, "told"),
        Figure("listener's latency p99", f"{p99 * 1e3:.1f} ms", "20 ms", p99 / 0.02, "<= 1"),
    ]


def _seconds_per_alert(waiting: int) -> float:
    """One alert heard, its task done, all of it kept, with so many items waiting."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "child.ini").write_text(f"[general]\nprocess_type = benchmarks.listeners\nlog_directory = {folder}\n")
        (folder / "main.ini").write_text(f"[child]\nnodes = test\nchildConfig = {folder / 'child.ini'}\n")
        (child,) = read_configuration(folder / "main.ini").children
        journal = Journal(folder / "child.sqlite")
        worker = Worker(replace(child, log_level=20), plugin, journal, open_log(folder / "child.log", 20))
        for n in range(waiting):
            worker.queue.add(QueueItem("waits", [Task("nothing", 1e6 + n % 977)], f"T{n % 500}"), time.time())
        worker.commit()
        texts = [json.dumps(_payload(n)) for n in range(2000)]
        started = time.perf_counter()
        for number, text in enumerate(texts, 1):
            worker.hear(Message(number, "0", "test", time.time(), text))
            worker.perform()
            if number % 50 == 0:
                worker.commit()
        took = time.perf_counter() - started
        journal.close()
    return took / len(texts)


def cost_per_alert_stays_flat() -> list[Figure]:
    """The cost of an alert with few, many and very many items waiting."""
    collect_seldom()
    rounds = [
        [_seconds_per_alert(waiting) for waiting in _WAITING] for _ in range(4)
    ]  # in turns: a busy moment hits all
    first, *others = [min(costs) for costs in zip(*rounds, strict=True)]
    return [
        Figure(
            f"an alert while {waiting} items wait", f"{cost * 1e6:.0f} us", f"{first * 1e6:.0f} us while {_WAITING[0]} wait",
            cost / first, "<= 1.3",
        )
        for waiting, cost in zip(_WAITING[1:], others, strict=True)
    ]  # fmt: skip
