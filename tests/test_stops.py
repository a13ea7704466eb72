"""One signal ends a command though nobody reads what it writes, or what it waits for does not come; what is lost thereby is said."""

import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from gracetape import brokers
from gracetape.brokers import Heard, Undelivered, publishing
from gracetape.brokers.publishing import STOPPED
from gracetape.brokers.sources import now
from gracetape.errors import ArchiveError, ListenError
from gracetape.leaving import terminable
from gracetape.listen import once, sending
from gracetape.replay.command import ReplayRun
from gracetape.replay.message import Message
from gracetape.replay.options import Options
from gracetape.replay.targets import Target, webhook
from gracetape.replay.targets.broker import Losses
from gracetape.signals import Flag, Terminated, status_of
from gracetape.simulate.places import _closed_after
from tests import commands
from tests.waiting import eventually

#: Far more than a pipe holds.
MANY = "".join(f'{{"uid": "S{number}", "text": "{"x" * 500}"}}\n' for number in range(1000))


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)  # of who never comes
        yield server


# -- nobody reads


def unread(words: list[object], folder: Path) -> tuple[int, str]:
    """A command whose output fills a pipe that nobody reads, and that gets SIGTERM then: exit code, errors."""
    (folder / "many.jsonl").write_text(MANY)
    readable, writable = os.pipe()
    try:
        with commands.Popen(words, cwd=folder, stdout=writable, stderr=subprocess.PIPE) as process:
            eventually(lambda: _is_full(writable), otherwise=lambda: str(process.poll()))
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
    finally:
        os.close(readable)
        os.close(writable)
    assert "Traceback" not in said
    return process.returncode, said


def _is_full(pipe: int) -> bool:
    end = select.poll()
    end.register(pipe, select.POLLOUT)
    return not end.poll(0)


def test_a_listener_that_nobody_watches_ends_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "main.ini").write_text(
        "[listener]\nstopLimit = 300\n[one]\nnodes = n\nchildConfig = one.ini\ncheckpoint = one.sqlite\n"
    )
    (tmp_path / "one.ini").write_text("[general]\nprocess_type = test\n")
    code, said = unread(["gracetape", "listen", "run", "main.ini", "--from", "many.jsonl", "--show", "json"], tmp_path)
    assert (code, said) == (0, "gracetape: nobody reads what is shown: the rest of it is dropped\n")


def test_what_cannot_be_printed_counts_as_not_heard(tmp_path: Path) -> None:
    code, said = unread(["gracetape", "listen", "confirm", "--from", "many.jsonl", "-n", "n"], tmp_path)
    assert (code, "the last message counts as not heard" in said) == (1, True)


def test_a_recorder_that_nobody_reads_ends(tmp_path: Path) -> None:
    code, said = unread(["capture", "listen", "many.jsonl", "-n", "n"], tmp_path)
    assert (code, "what was not written counts as not heard" in said) == (143, True)


def test_a_recorder_that_keeps_what_nobody_watches_keeps_it_to_the_end(tmp_path: Path) -> None:
    words = ["capture", "listen", "many.jsonl", "-n", "n", "--to", "kept.jsonl", "--show", "line"]
    code, said = unread(words, tmp_path)
    assert code == 0, said
    assert f"{len((tmp_path / 'kept.jsonl').read_text().splitlines())} kept" in said


# -- what is waited for does not come


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recorder_ends_before_its_source_is_reached(
    silent: socket.socket, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login alice password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    url = f"xmpp://alice@localhost:{silent.getsockname()[1]}/?tls=off"
    with commands.Popen(
        ["capture", "listen", url, "-n", "n", "--to", tmp_path / "kept.jsonl"],
        env={**os.environ, "NETRC": str(tmp_path / "netrc")}, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        silent.accept()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (
        128 + number,
        "gracetape: stopped before the source was reached: nothing was heard\n",
    )


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "LEAVES_S", 0.1)
    stopping, heard = Flag(), Heard("n", "{}", now())
    assert once.run(["false"], heard, stopping) == 1
    stopping.set()
    with pytest.raises(ListenError, match=r"sleep did not end within 0\.1 s of the stop: it is ended"):
        once.run(["sleep", "300"], heard, stopping)


def test_a_web_server_that_does_not_answer_is_left(silent: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "LEAVES_S", 0.1)
    target = webhook.http(f"//127.0.0.1:{silent.getsockname()[1]}/")
    message = type("Said", (), {"node": "n", "content": "{}"})()
    for _ in range(3):
        target.send(message)
    said = target.stop()
    assert said is not None
    assert said.startswith("3 of 3 messages")
    assert "all was stopped before it was acknowledged" in said
    assert str(target.counts) == "3 sent, 0 acknowledged, 3 failed"


# -- what is lost is said


class Slow(Target):
    """Is interrupted while it waits for what is under way."""

    def __init__(self, interrupt: Callable[[], object] = lambda: None) -> None:
        self.interrupt, self.ended = interrupt, list[str]()

    def send(self, message: Message) -> None:
        raise NotImplementedError

    def close(self) -> str | None:
        self.ended.append("close")
        self.interrupt()
        return "never said"

    def stop(self) -> str | None:
        self.ended.append("stop")
        return "two were lost"


def _terminated() -> None:
    raise Terminated


def test_a_signal_that_comes_while_a_replay_ends_lets_it_end_soon(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = Slow(_terminated), Slow()
    with pytest.raises(Terminated):
        ReplayRun(Options())._leave([first, second])
    assert (first.ended, second.ended) == (["close", "stop"], ["stop"])
    assert capsys.readouterr().err.splitlines() == ["gracetape: two were lost"] * 2


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Terminated(), typer.Exit(130)])
def test_a_simulation_that_is_stopped_says_what_did_not_get_out(
    stop: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    sink = Slow()
    with pytest.raises(type(stop)), _closed_after(sink):  # type: ignore[arg-type]
        raise stop
    assert (sink.ended, capsys.readouterr().err) == (["stop"], "gracetape: two were lost\n")
    with pytest.raises(ArchiveError, match="never said"), _closed_after(sink):  # type: ignore[arg-type]
        pass


def test_sigterm_ends_a_block_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt) as stop, terminable():
        signal.raise_signal(signal.SIGTERM)
    assert (status_of(stop.value), status_of(KeyboardInterrupt()), signal.getsignal(signal.SIGTERM)) == (
        143,
        130,
        before,
    )


class Losing(publishing.Publisher):
    """Loses everything, and says so from a thread of its own."""

    def __init__(self, url: str, *, on_undelivered: publishing.OnUndelivered) -> None:
        self._lost = on_undelivered

    def publish(self, node: str, payload: str | bytes) -> None:
        telling = threading.Thread(target=self._lost, args=[Undelivered(node, payload, "it has gone")])
        telling.start()
        telling.join()

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def test_what_a_ping_loses_is_a_sentence_whichever_thread_tells_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(brokers, "open_publisher", Losing)
    with pytest.raises(ListenError, match="a message to n was not delivered: it has gone"):
        sending.send("xmpp://localhost/", "n", "{}")
    sender = sending.open_sender("xmpp://localhost/")
    sender.publish("n", "{}")
    sender.__exit__(KeyboardInterrupt)
    assert capsys.readouterr().err == "gracetape: a message to n was not delivered: it has gone\n"


def test_of_many_that_a_stop_gives_up_the_first_are_named(caplog: pytest.LogCaptureFixture) -> None:
    losses, counts = Losses("kafka://localhost/g"), publishing.Counts(sent=9, failed=9)
    for number in range(8):
        losses(Undelivered("n", f'{{"uid": "G{number}", "alert_type": "new"}}', f"kafka://localhost/g: {STOPPED}"))
    losses(Undelivered("n", '{"uid": "T1", "alert_type": "new"}', "it was refused"))
    said = [record.getMessage().removeprefix("not delivered: ") for record in caplog.records]
    assert [sentence[:10] for sentence in said[:5]] == [f"G{number} new for" for number in range(5)]
    assert said[5:] == ["others, too, which are counted at the end", "T1 new for n: it was refused"]
    assert (
        losses.sentence(counts) == "9 of 9 messages for kafka://localhost/g were not delivered (last: it was refused)"
    )
