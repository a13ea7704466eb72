"""A command that is asked to stop stops, whatever its main thread hangs in, and whoever takes what it sends."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from subprocess import PIPE

import pytest
from ligo.gracedb.rest import GraceDb

from gracetape.dummy import cli
from gracetape.dummy.alert_targets import Counted
from gracetape.dummy.options import DummyOptions
from gracetape.dummy.serving import served
from gracetape.errors import ArchiveError
from gracetape.leaving import bounded
from gracetape.replay.targets import webhook
from tests.test_words import run as run_here
from tests.waiting import eventually

SHORT = Path(__file__).parent / "fixtures" / "short.tape"


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As they were, afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


WAITING_FOR_A_LOCK = """
import sqlite3, sys
from gracetape import leaving, terminal

leaving.ENDS_S = 0.2
app = terminal.commands("Nothing.", bare=True)

@app.command()
@terminal.sentences
def nothing():
    connection = sqlite3.connect(sys.argv[1], timeout=600, isolation_level=None)
    print("waits", flush=True)
    connection.execute("BEGIN IMMEDIATE")

terminal.run(app, "nothing", [])
"""


def test_ctrl_c_ends_a_command_that_waits_for_a_lock_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    words = [sys.executable, "-c", WAITING_FOR_A_LOCK, str(path)]
    with subprocess.Popen(words, stdout=PIPE, stderr=PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waits\n"
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=120)
    holder.close()
    assert (run.returncode, errors) == (130, "gracetape: stopped\n")


LEAVING = """
import os, sys
from gracetape.leaving import leave

os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"x" * 512)
except BlockingIOError:
    os.set_blocking(2, True)
leave(3, "nobody reads this")
"""


def test_who_leaves_does_not_wait_for_a_reader_of_the_last_words() -> None:
    unread, full = os.pipe()
    assert subprocess.run([sys.executable, "-c", LEAVING], stderr=full, timeout=120).returncode == 3
    os.close(unread)
    os.close(full)


def test_a_limit_is_for_signals_that_are_meant_and_for_as_long_as_the_block_lasts() -> None:
    cut: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    before = signal.set_wakeup_fd(-1)
    with bounded(0.01, cut.append, of=lambda number: number == signal.SIGTERM):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        eventually(lambda: cut)
    with bounded(0.01, cut.append):
        pass
    signal.raise_signal(signal.SIGTERM)
    assert cut == [signal.SIGTERM]
    assert signal.set_wakeup_fd(before) == -1


def test_a_fork_s_signals_are_not_those_of_its_parent() -> None:
    with bounded(60, lambda number: None):
        child = os.fork()
        if not child:
            os._exit(signal.set_wakeup_fd(-1) != -1)
        assert os.waitpid(child, 0)[1] == 0


def test_a_dummy_that_is_stopped_leaves_whoever_takes_no_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "LEAVES_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = DummyOptions(archive=SHORT, alerts=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        dummy = served(options, stopped=lambda: True)
        _, server = dummy.__enter__()
        GraceDb(server.url, force_noauth=True).write_log("TS101020a", "said")
        with pytest.raises(ArchiveError, match="1 of 1 messages .*all was stopped before it was acknowledged"):
            dummy.__exit__(None, None, None)


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


@pytest.mark.parametrize("times", [1, 2])
def test_a_program_that_does_not_heed_sigterm_is_ended_by_time_or_by_another(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run by a dummy; one that is told again need not be waited for."""

    class Started(subprocess.Popen[bytes]):
        def __init__(self, words: list[str], **options: object) -> None:
            super().__init__(words, stdout=PIPE, **options)  # type: ignore[call-overload]
            assert self.stdout is not None
            assert self.stdout.readline() == b"deaf\n"
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(cli, "_PROGRAM_ENDS_S", 0.05 if times == 1 else 600)
    monkeypatch.setattr(subprocess, "Popen", Started)
    done = run_here(["gracetape", "dummy", "run", str(SHORT), "--", sys.executable, "-c", DEAF])
    assert (done.returncode, done.stderr) == (128 + signal.SIGKILL, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_alerts_of_a_program_that_has_ended(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Its file of alerts lies beside it, and is not removed by what does not end.
    tape = copyfile(SHORT, tmp_path / SHORT.name)

    def close(_: Counted) -> None:
        os.kill(os.getpid(), number)
        threading.Event().wait(120)
        pytest.fail("it was told to stop")

    monkeypatch.setattr(Counted, "close", close)
    assert run_here(["gracetape", "dummy", "run", str(tape), "--", "true"]).returncode == 128 + number
