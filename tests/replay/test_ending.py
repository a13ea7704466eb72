"""A replay that is cut short stops at once, and says what it did."""

import os
import pty
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests import commands


def _start(*args: str) -> "subprocess.Popen[str]":
    return commands.Popen(["replay", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    ("number", "status", "why"), [(signal.SIGINT, 130, "stopped: "), (signal.SIGTERM, 143, "terminated: ")]
)
def test_a_signal_ends_the_wait_at_once_with_a_summary(event_tape: Path, number: int, status: int, why: str) -> None:
    with _start(str(event_tape), "--speed", "0.001") as replay:
        assert replay.stdout is not None
        for _ in range(4):
            assert replay.stdout.readline()
        time.sleep(0.2)  # into the wait for the next message, 1000 s long
        replay.send_signal(number)
        _, errors = replay.communicate(timeout=300)  # the wait would be longer
    assert replay.returncode == status
    assert errors.startswith(f"{why}sent 4 of 8 messages (2 alerts) in ")
    assert errors.count("\n") == 1


def test_a_signal_ends_a_program_that_hangs(event_tape: Path) -> None:
    with _start(str(event_tape), "--max", "--to", "exec:sh -c 'echo here; exec sleep 1000'") as replay:
        assert replay.stdout is not None
        assert replay.stdout.readline() == "here\n"
        replay.send_signal(signal.SIGTERM)
        _, errors = replay.communicate(timeout=60)
    assert replay.returncode == 143
    assert errors.startswith("terminated: ")


@pytest.mark.parametrize("options", [["--max"], ["--dry-run"], ["--dry-run", "--json"], ["--speed", "1000"]])
def test_a_reader_that_goes_away_is_no_traceback(tape: Path, options: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # before it begins, so that there is no moment in which it could be done already
    with commands.Popen(["replay", tape, *options], stdout=writer, stderr=subprocess.PIPE) as replay:
        os.close(writer)
        assert replay.stderr is not None
        errors = replay.stderr.read()
        assert replay.wait(60) == 0
    assert "Traceback" not in errors
    assert "went away" in errors
    assert errors.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_is_one_sentence(tape: Path) -> None:
    with Path("/dev/full").open("w") as full:
        for options in (["--max"], ["--dry-run"], ["--dry-run", "--json"]):
            done = commands.run(["replay", tape, *options], stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 1
            assert "No space left on device" in done.stderr
            assert done.stderr.count("\n") == 1


def test_a_terminal_shows_the_position_the_next_message_and_the_number_sent(event_tape: Path) -> None:
    terminal, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with commands.Popen(
        ["replay", event_tape, "--speed", "0.001"], env=environment, stdout=subprocess.PIPE, stderr=inside
    ) as replay:
        os.close(inside)
        shown = b""
        deadline = time.monotonic() + 120
        while not all(words in shown for words in (b"next in", b"log 1", b"sent 2 of 4")):
            assert time.monotonic() < deadline, shown
            if select.select([terminal], [], [], 0.5)[0]:
                shown += os.read(terminal, 4096)
        replay.send_signal(signal.SIGINT)
        while True:
            try:
                shown += (piece := os.read(terminal, 4096))
            except OSError:
                break
            if not piece:
                break
        assert replay.stdout is not None
        assert len(replay.stdout.read().splitlines()) == 4
    os.close(terminal)
    assert b"sent 2 of 4" in shown
    assert b"stopped: sent 4 of 8 messages" in shown


@pytest.mark.parametrize("loops", [1, 30])  # all of it waits to be taken, or some waits to be sent
def test_a_web_server_that_never_answers_is_left(event_tape: Path, loops: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with _start(str(event_tape), "--max", "--loop", str(loops), "--gap", "0", "--to", address) as replay:
            connection, _ = silent.accept()  # the first message is on its way
            with connection:
                time.sleep(0.5)
                replay.send_signal(signal.SIGTERM)
                _, errors = replay.communicate(timeout=50)
    assert replay.returncode == 143
    assert " sent, 0 acknowledged" in errors
    assert "all was stopped before it was acknowledged" in errors
