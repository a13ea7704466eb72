"""`gracetape broker start`: what cannot be started is one sentence, and nothing is left of a broker that has ended."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from gracetape.brokers.private import PrivateBroker, answers, free_port
from gracetape.errors import BrokerError
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
    eventually(lambda: not answers(port))
    eventually(lambda: not list(tmp_path.iterdir()))


def test_a_port_for_a_broker_is_none_that_the_system_gives_to_others_before_the_broker_has_it() -> None:
    """Whoever connects to anything is given one of the system's own."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first, last = map(int, told.read_text().split()) if told.exists() else (0, 0)
    if first < 12_000:
        pytest.skip("the system does not tell which ports it gives, or gives all")
    assert not any(first <= free_port() <= last for _ in range(20))


def test_a_broker_that_never_comes_up_is_not_waited_for_once_all_is_stopped(tmp_path: Path) -> None:
    asked = iter([False, True])
    broker = PrivateBroker("sleeper", "kafka://localhost/", 1, tmp_path, ["sleep", "300"], running=lambda _: False)
    with pytest.raises(BrokerError, match="stopped before sleeper was ready"):
        broker.start(lambda: next(asked))
    assert broker.process is None
