"""The tour: a broker, a listener with two children of different kind, a confirmation, and a made-up process on a test node."""

import json
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gracetape.brokers.private import PrivateBroker
from tests import commands
from tests.listen.listeners import LISTEN, NODE, configure, logs, running, stop
from tests.waiting import eventually


@pytest.fixture(params=["xmpp", "kafka"])
def broker(request: pytest.FixtureRequest) -> PrivateBroker:
    if request.param == "xmpp" and not (shutil.which("ejabberdctl") and shutil.which("erl")):
        pytest.skip("ejabberd is not installed: the tour over LVAlert cannot be shown")
    found: PrivateBroker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.mark.slow
def test_the_tour(tmp_path: Path, broker: PrivateBroker) -> None:
    node = f"{NODE}-tour"
    checkpoints = {name: {"nodes": node, "checkpoint": tmp_path / f"{name}.sqlite"} for name in ("printer", "checker")}
    checkpoints["checker"]["general"] = {"process_type": "checks"}  # type: ignore[assignment]
    config = configure(tmp_path, dict(checkpoints), {"source": broker.url})
    (tmp_path / "checker.child.ini").write_text(
        f"[general]\nprocess_type = checks\nlog_directory = {tmp_path / 'logs'}\n[psd]\n"
    )
    confirmation = [*LISTEN, "confirm", "--from", broker.url, "--node", node, "--count", "4"]
    with running(config) as process:
        with (tmp_path / "confirmed").open("w") as out:
            confirm = commands.Popen(confirmation, stdout=out, stderr=subprocess.PIPE)
        try:
            eventually(lambda: logs(tmp_path).count(" started: ") == 2 and "listening for" in logs(tmp_path))
            ping = [*LISTEN, "ping", "--to", broker.url, "--node", node, "--graceid", "F000001"]
            while confirm.poll() is None and not both_heard(tmp_path):
                commands.run([*ping, "start"], check=True, timeout=60, capture_output=True)
            simulate = [
                *ping,
                "simulate",
                "--trials",
                "2",
                "--wait",
                "0.1",
                "--jitter",
                "0.1",
                "--error-probability",
                "0.5",
                "--seed",
                "1",
            ]
            commands.run(simulate, check=True, timeout=60, capture_output=True)
            _, err = confirm.communicate(timeout=60)
        finally:
            confirm.kill()
        assert confirm.returncode == 0, err
        eventually(lambda: logs(tmp_path).count(" received ") == 2 * logs(tmp_path).count(" arrived "))
        eventually(lambda: logs(tmp_path).count(" done printAlert") == 2 * logs(tmp_path).count(" arrived "))
        stop(process)
    confirmed = [line.split(" ", 2) for line in (tmp_path / "confirmed").read_text().splitlines()]
    assert len(confirmed) == 4
    for moment, on, text in confirmed:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
        assert on == node
        assert json.loads(text)["uid"] == "F000001"
    trace(tmp_path)


def both_heard(folder: Path) -> bool:
    """Whether the listener and the confirmation have heard one: neither misses any from then on."""
    return " arrived " in logs(folder) and (folder / "confirmed").stat().st_size > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("words", [["confirm"], ["once", "--exec", "cat"]], ids=["confirm", "once"])
def test_one_signal_ends_who_hears_nothing(broker: PrivateBroker, words: list[str], number: int) -> None:
    command, *options = words
    node = f"{NODE}-{command}"
    ping = [*LISTEN, "ping", "--to", broker.url, "--node", node, "--graceid", "F000001", "start"]
    with commands.Popen(
        [*LISTEN, command, "--from", broker.url, "--node", node, *options], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            while not select.select([process.stdout], [], [], 0.5)[0]:  # it has begun when it hears the first
                commands.run(ping, check=True, timeout=60, capture_output=True)
            time.sleep(0.5)  # until it waits for the next one
            process.send_signal(number)
            assert process.wait(60) == 0
        finally:
            process.kill()


def trace(folder: Path) -> None:
    """Each alert's id leads from its arrival through both children to the last task."""
    listener, printer, checker = (
        (folder / "logs" / f"{name}.log").read_text() for name in ("listener", "printer", "checker")
    )
    ids = re.findall(r"Z ([0-9a-f]{16}) INFO arrived", listener)
    assert len(ids) >= 4
    for id in ids:
        words = [line.split(" ", 3)[3].split()[0] for line in printer.splitlines() if f" {id} " in line]
        assert words == ["received", "F000001", "done", "F000001", "done"]
        assert f" {id} INFO received" in checker


def test_once_runs_a_program_for_each_message(tmp_path: Path) -> None:
    heard, kept = tmp_path / "alerts.jsonl", tmp_path / "kept"
    program = tmp_path / "confirmation.sh"
    program.write_text(f"#!/bin/sh\nread a\necho ${{a}} >> {kept}\n")
    program.chmod(0o755)
    for word in ("start", "finish", "error"):
        command = [*LISTEN, "ping", word, "--to", str(heard), "--graceid", "F1"]
        commands.run(command, check=True, timeout=60, capture_output=True)
    command = [*LISTEN, "once", "--from", str(heard), "--node", NODE, "--exec", str(program), "--count", "3"]
    commands.run(command, check=True, timeout=60)
    comments = [json.loads(line)["log"]["comment"] for line in kept.read_text().splitlines()]
    assert comments == ["madeUpProcess started", "madeUpProcess finished", "madeUpProcess failed"]


def test_a_command_is_sent_heard_and_obeyed(tmp_path: Path) -> None:
    heard = tmp_path / "alerts.jsonl"
    heard.touch()
    config = configure(tmp_path, {"c": {}}, {"source": heard, "commands": "true"})
    with running(config) as process:
        command = [*LISTEN, "command", "printMessage", "message=hello there", "--to", str(heard)]
        commands.run(command, check=True, timeout=60, capture_output=True)
        eventually(lambda: "INFO hello there" in logs(tmp_path))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
