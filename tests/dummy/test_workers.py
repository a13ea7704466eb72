"""Several processes that answer for one dummy are one GraceDB: what one writes the others show, and alerts come once, in order."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from gracetape.archive import Alert, Archive, UsageError
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.serving import served
from gracetape.dummy.workers import Job, Workers, _Worker

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
CLIENTS, WRITES = 6, 4


def _asked(call: Callable[[], requests.Response]) -> requests.Response:
    answer = call()
    assert answer.ok, answer.text
    return answer


def _write(address: str, count: int) -> list[int]:
    """The N of what one client writes, a connection for each, so that any of the processes may be asked; it is there for all at once."""
    found: list[int] = []
    for number in range(count):
        found.append(_asked(lambda: requests.post(address, data={"comment": f"{number}"})).json()["N"])  # noqa: B023
        log = _asked(lambda: requests.get(address)).json()["log"]
        assert log[found[-1] - 1]["N"] == found[-1]
    return found


def test_what_many_write_is_kept_and_told_once_in_order_and_outlasts_a_process_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_TOO_SOON_S", 0.0), ("_START_S", 600.0), ("_STOP_S", 600.0)):
        monkeypatch.setattr(f"gracetape.dummy.workers.{name}", seconds)
    heard = tmp_path / "heard.jsonl"
    with Archive.open(SHORT) as tape:
        graceid = next(name for name in tape.objects() if name.startswith("TS"))
    with served(DummyOptions(archive=SHORT, alerts=str(heard)), workers=2) as (tape, server):
        address = f"{server.url}superevents/{graceid}/logs/"
        before = _asked(lambda: requests.get(address)).json()["numRows"]
        with ThreadPoolExecutor(CLIENTS) as pool:
            numbers = [n for found in pool.map(lambda _: _write(address, WRITES), range(CLIENTS)) for n in found]
        file = {"upload": ("made.txt", b"contents of a scratch that both read")}
        _asked(lambda: requests.post(address, data={"comment": "a file"}, files=file))
        for _ in range(6):
            listed = _asked(lambda: requests.get(f"{server.url}superevents/{graceid}/files/made.txt"))
            assert listed.content == file["upload"][1]
        first, second = server.pids  # type: ignore[union-attr]
        os.kill(first, signal.SIGKILL)
        while first in server.pids or len(server.pids) < 2:  # type: ignore[union-attr]
            time.sleep(0.01)
        assert second in server.pids  # type: ignore[union-attr]
        assert _asked(lambda: requests.get(address)).json()["numRows"] == before + CLIENTS * WRITES + 1
    last = before + CLIENTS * WRITES + 1
    assert sorted(numbers) == [*range(before + 1, last)]
    assert [json.loads(line)["n"] for line in heard.read_text().splitlines()] == [*range(before + 1, last + 1)]


class _Dead(_Worker):
    """A worker that ended just after it had come up."""

    lived_s = 0.0
    end = "ended by itself (code -9)"
    started = False

    def start(self, job: Job, listening: socket.socket) -> None:
        self.started = True


def test_a_process_that_ends_soon_after_its_start_is_started_again_a_little_later(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gracetape.dummy.workers._TOO_SOON_S", 0.01)
    with Archive.open(SHORT) as tape:
        workers = Workers(Job.over(tape, DummyOptions(archive=SHORT), "127.0.0.1", (), print), 0, 0)
    dead = _Dead(0, workers)
    workers.gone(dead)
    assert dead.started
    assert "a process of the dummy ended by itself (code -9)" in capsys.readouterr().err
    with workers:
        pass
    dead.started = False
    workers.gone(dead)
    assert not dead.started


def test_a_stop_does_not_wait_for_whoever_takes_no_alerts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gracetape.dummy.workers.LEAVES_S", 0.05)
    monkeypatch.setattr("gracetape.dummy.workers._WAITING", 2)
    taken, over = threading.Event(), threading.Event()

    def take(_: Alert) -> None:
        taken.set()
        over.wait(120)

    alert: Any = object()
    with Archive.open(SHORT) as tape:
        workers = Workers(Job.over(tape, DummyOptions(archive=SHORT), "127.0.0.1", (), print), 0, 0, take)
    with workers:
        workers.take(alert)
        assert taken.wait(60)
        for _ in range(2):
            workers.take(alert)
    assert not over.is_set()
    assert "2 alerts are not sent" in caplog.text
    over.set()


def test_what_one_process_counts_is_refused() -> None:
    with pytest.raises(UsageError, match="throttle"), served(DummyOptions(archive=SHORT, throttle=True), workers=2):
        pass
