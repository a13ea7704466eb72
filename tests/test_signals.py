"""A flag that signals raise: nobody waits for ever for it, however the signal meets the wait."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from gracetape import terminal
from gracetape.signals import Flag, raised_by_signals
from tests.test_words import run as run_here

SHORT = Path(__file__).parent / "fixtures" / "short.tape"


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As they were, afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_at_any_moment_of_a_wait_ends_it() -> None:
    flags: list[Flag] = [Flag()]
    signal.signal(signal.SIGALRM, lambda *_: flags[-1].set())
    for moment in range(300):  # microseconds: around the beginning of the wait
        flags.append(Flag())
        signal.setitimer(signal.ITIMER_REAL, (moment + 1) / 1e6)
        assert flags[-1].wait(60)
    assert not Flag().wait(0.01)


def test_another_thread_may_raise_it() -> None:
    flag = Flag()
    threading.Timer(0.05, flag.set).start()
    begun = time.monotonic()
    assert flag.wait(60)
    assert time.monotonic() - begun < 50
    assert repr(flag) == "<Flag, raised>"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_raise_it(number: signal.Signals) -> None:
    flag = raised_by_signals(signal.SIGHUP)
    assert not flag.is_set()
    signal.raise_signal(number)
    assert flag.is_set()


TIDYING_UP = """
import threading, time, typer
from gracetape import terminal

app = terminal.commands("Nothing.", bare=True)

def last():
    while threading.main_thread().is_alive():
        time.sleep(0.01)
    print("all is done", flush=True)
    time.sleep(60)

@app.command()
def nothing():
    threading.Thread(target=last).start()

terminal.run(app, "nothing", [])
"""


def test_ctrl_c_at_a_command_that_only_tidies_up_prints_no_traceback() -> None:
    with subprocess.Popen([sys.executable, "-c", TIDYING_UP], stdout=PIPE, stderr=PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "all is done\n"
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (-signal.SIGINT, "")


LOADING = """
import sys
from gracetape import __main__ as commands

name = sys.argv[1]
commands.ROOMS = {name: ("slow", "")}
sys.argv = ["gracetape", name]
getattr(commands, name, commands.main)()
"""


@pytest.mark.parametrize("command", ["view", "capture", "replay"])
def test_ctrl_c_at_a_command_that_only_loads_prints_no_traceback(command: str, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(60)")
    words = [sys.executable, "-c", LOADING, command]
    with subprocess.Popen(words, stdout=PIPE, stderr=PIPE, text=True, cwd=tmp_path) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "loading\n"
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (-signal.SIGINT, "")


@pytest.mark.parametrize("line", ["gracetape view {} --no-open", "gracetape dummy serve {}"])
def test_a_server_can_be_ended_as_soon_as_it_says_where_it_is(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = terminal.say

    def too_early(*_: object) -> None:
        raise AssertionError("it was told to end, and is killed")

    def say(*words: object, **options: Any) -> None:
        ordinary(*words, **options)
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, too_early)
    monkeypatch.setattr(terminal, "say", say)
    done = run_here(line.format(SHORT).split())
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "stopped", "")


def test_ctrl_c_as_a_command_ends_prints_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    app, ordinary, calls = terminal.commands("Nothing.", bare=True), terminal._at_ctrl_c, []
    app.command()(lambda: None)

    def at_ctrl_c(act: Any, instead_of: Any) -> None:
        calls.append(act)
        if len(calls) == 2:
            raise KeyboardInterrupt
        ordinary(act, instead_of)

    monkeypatch.setattr(terminal, "_at_ctrl_c", at_ctrl_c)
    with pytest.raises(SystemExit) as ended:
        terminal.run(app, "nothing", [])
    assert ended.value.code == 130


def test_a_program_that_is_run_is_told_to_end_also_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Started(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            signal.raise_signal(signal.SIGTERM)

    def too_early(*_: object) -> None:
        raise AssertionError("it was told to end, and its program goes on")

    signal.signal(signal.SIGTERM, too_early)
    monkeypatch.setattr(subprocess, "Popen", Started)
    done = run_here(["gracetape", "dummy", "run", str(SHORT), "--", "sleep", "60"])
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
