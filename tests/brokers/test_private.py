"""`gracetape broker start`: what cannot be started is one sentence, and nothing is left of a broker that has ended."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from gracetape.brokers.private import answers, free_port
from tests import commands
from tests.waiting import eventually

GRACETAPE = "gracetape"


@pytest.mark.parametrize(
    "words",
    [["kafka", "--group", "a b"], ["kafka", "--topic", "a b"], ["xmpp", "--user", 'a"b'], ["xmpp", "--user", "a b"]],
)
def test_names_that_no_broker_takes_are_refused_and_nothing_is_left(words: list[str], tmp_path: Path) -> None:
    port = free_port()
    done = commands.run(
        [GRACETAPE, "broker", "start", *words, "--port", str(port)], capture_output=True, timeout=60,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "is no name for" in done.stderr
    assert not answers(port)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_broker_ends_with_whoever_started_it(number: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    with commands.Popen(
        [GRACETAPE, "broker", "start", "kafka", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert "ready" in process.stderr.readline()
        assert answers(port)
        process.send_signal(number)
        assert process.wait(60) == (-number if number == signal.SIGKILL else 0)
    eventually(lambda: not answers(port), 10)
    eventually(lambda: not list(tmp_path.iterdir()), 10)
