"""One signal ends a capture or a recording, whatever a server does; what one object's answers spoil is that object alone."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.recorded import recorded_of
from gracetape.brokers.gracedb.errors import Stopped
from gracetape.brokers.gracedb.watch import Exchange, Watch
from tests import commands
from tests.capture.unfriendly import EVENT, Unfriendly, raw, redirect, silent, unfriendly, value

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
#: Far from what a stop takes, and far below the time-outs.
SOON_S = 45


@pytest.fixture
def server() -> Iterator[Unfriendly]:
    with unfriendly() as found:
        yield found


def start(*words: object, **environment: str) -> "subprocess.Popen[str]":
    return commands.Popen(
        ["capture", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


def until(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    limit = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < limit
        time.sleep(0.05)


@SIGNALS
@pytest.mark.parametrize("where", ["/api/$", "log/", "files/a.txt,0"])
def test_a_capture_ends_at_one_signal(server: Unfriendly, tmp_path: Path, where: str, number: signal.Signals) -> None:
    server.answers = {where: silent}
    process = start("T1", "--service-url", server.root, "-a", tmp_path / "a.tape")
    waited_for = where.rstrip("$").encode()
    until(lambda: any(waited_for in request for request in server.asked), process)
    process.send_signal(number)
    _, said = process.communicate(timeout=SOON_S)
    assert process.returncode == 128 + number
    assert said.count("gracetape: stopped; ") == 1
    assert "Traceback" not in said
    if "files" in where:
        server.answers = {}
        again = start("T1", "--service-url", server.root, "-a", tmp_path / "a.tape")
        again.communicate(timeout=60)
        assert again.returncode == 0
    else:
        assert not (tmp_path / "a.tape").exists()


@SIGNALS
def test_a_pause_is_no_reason_to_stay(server: Unfriendly, tmp_path: Path, number: signal.Signals) -> None:
    server.answers = {"events/T1$": raw(b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")}
    process = start("T1", "--service-url", server.root, "-a", tmp_path / "a.tape")
    until(lambda: any(b"events/T1" in request for request in server.asked), process)
    process.send_signal(number)
    process.communicate(timeout=25)
    assert process.returncode == 128 + number


@SIGNALS
def test_a_lock_of_another_process_is_no_reason_to_stay(
    server: Unfriendly, tmp_path: Path, number: signal.Signals
) -> None:
    """SQLite waits for it a minute long, and Python's handlers of signals wait for SQLite."""
    Archive.create(tmp_path / "a.tape", packed=True).close()
    with closing(sqlite3.connect(tmp_path / "a.tape", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        process = start("T1", "--service-url", server.root, "-a", tmp_path / "a.tape")
        until(lambda: server.asked, process)
        time.sleep(2)  # into the wait for the lock
        process.send_signal(number)
        _, said = process.communicate(timeout=SOON_S)
    assert process.returncode == 128 + number
    assert said.count("gracetape: stopped; ") == 1


def test_what_is_about_to_be_asked_when_all_is_stopped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, check = Watch(), Exchange.check

    def checked(exchange: Exchange) -> None:
        check(exchange)
        watch.stop()  # as a signal does, just then

    monkeypatch.setattr(Exchange, "check", checked)
    with pytest.raises(Stopped):
        watch.begin(600, 600)
    assert not watch._open


# -- recordings that capture


def line(graceid: str) -> str:
    return json.dumps({"node": "n", "payload": {"uid": graceid, "alert_type": "new", "data": {}, "object": {}}}) + "\n"


def listening(server: Unfriendly, path: Path) -> "subprocess.Popen[str]":
    process = start("listen", "-", "-n", "n", "-a", path, "--service-url", server.root)
    assert process.stderr is not None
    assert "listening" in process.stderr.readline()
    return process


def test_each_object_is_on_its_own(server: Unfriendly, tmp_path: Path) -> None:
    """Of four objects, three are answered badly, each in another way."""
    server.answers = {
        "events/T7": value(EVENT | {"graceid": "T7"}), "events/T8$": value([]), "events/T9$": redirect("http://localhost:9/"),
    }  # fmt: skip
    process = listening(server, tmp_path / "a.tape")
    _, said = process.communicate("".join(map(line, ["T7", "T8", "T9", "T1"])), timeout=60)
    assert process.returncode == 1, said
    assert said.count("not captured: ") == 3 + 1
    assert "gracetape: not captured: T7, T8, T9" in said
    assert "Traceback" not in said
    with Archive.open(tmp_path / "a.tape") as archive:
        assert archive.objects() == ["T1"]
        assert [len(recorded_of(archive, graceid)) for graceid in ("T1", "T7", "T8", "T9")] == [1] * 4


def test_what_is_captured_at_its_next_alert_is_not_missing(server: Unfriendly, tmp_path: Path) -> None:
    server.answers = {"events/T1$": value([])}
    process = listening(server, tmp_path / "a.tape")
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(line("T1"))
    process.stdin.flush()
    assert "not captured: T1" in process.stderr.readline()
    server.answers = {}
    _, said = process.communicate(line("T1").replace("new", "update"), timeout=60)
    assert process.returncode == 0, said


@SIGNALS
def test_a_recording_ends_at_one_signal(server: Unfriendly, tmp_path: Path, number: signal.Signals) -> None:
    server.answers = {"events/T1$": silent}
    process = listening(server, tmp_path / "a.tape")
    assert process.stdin is not None
    process.stdin.write(line("T1") + line("T2"))
    process.stdin.flush()
    until(lambda: any(b"events/T1" in request for request in server.asked), process)
    process.send_signal(number)
    _, said = process.communicate(timeout=SOON_S)
    assert process.returncode == 1, said
    assert "gracetape: not captured: T1, T2" in said
    assert "2 messages heard, 2 kept" in said
    with Archive.open(tmp_path / "a.tape") as archive:
        assert len(recorded_of(archive, "T1")) == 1


@SIGNALS
def test_a_recording_whose_source_has_ended_ends_at_one_signal(
    server: Unfriendly, tmp_path: Path, number: signal.Signals
) -> None:
    server.answers = {"events/T1$": silent}
    process = listening(server, tmp_path / "a.tape")
    assert process.stdin is not None
    process.stdin.write(line("T1"))
    process.stdin.close()
    process.stdin = None
    until(lambda: any(b"events/T1" in request for request in server.asked), process)
    process.send_signal(number)
    _, said = process.communicate(timeout=SOON_S)
    assert process.returncode == 1, said
    assert "not captured: T1" in said
