"""Keys on a terminal move a replay; the terminal is left as it was found."""

import os
import pty
import select
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gracetape.archive import Alert
from gracetape.replay import Player, ScaledClock, VirtualClock, keys, status
from gracetape.replay.keys import press
from gracetape.replay.moves import changed_speed
from tests import commands
from tests.replay.conftest import make_alerts_at
from tests.waiting import eventually

#: A replay in a session of its own; a session's first terminal becomes its own.
PROGRAM = """
import os
os.setsid()
os.close(os.open(os.ttyname(0), os.O_RDWR))
from gracetape.replay.cli import main
main()
"""


class Terminal:
    """A replay in a terminal of its own."""

    def __init__(self, master: int, process: "subprocess.Popen[str]") -> None:
        self.master, self.process, self.shown = master, process, b""

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def wait_for(self, text: bytes) -> None:
        """Read until a text is shown after all that was waited for before."""
        deadline = time.monotonic() + 120
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.master], [], [], 0.5)[0]:
                self.shown += os.read(self.master, 4096)
        self.shown = self.shown.split(text, 1)[1]


@contextmanager
def replay_in_terminal(*args: str) -> Iterator[Terminal]:
    master, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with commands.Popen(
        ["python", "-c", PROGRAM, *args], env=environment, stdin=inside, stdout=subprocess.DEVNULL, stderr=inside
    ) as process:
        try:
            yield Terminal(master, process)
        finally:
            if process.poll() is None:
                process.kill()
    os.close(inside)
    os.close(master)


def test_space_arrow_plus_minus_and_q_do_what_they_say(event_tape: Path) -> None:
    with replay_in_terminal(str(event_tape), "--speed", "0.001") as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.wait_for(b"sent 2 of 4")
        terminal.wait_for(b"space pause")
        assert not termios.tcgetattr(terminal.master)[3] & (termios.ECHO | termios.ICANON)
        terminal.type(b"+")
        terminal.wait_for(b"speed 0.002")
        terminal.type(b"--")
        terminal.wait_for(b"speed 0.0005")
        terminal.type(b" ")
        terminal.wait_for(b"paused")
        terminal.type(b"\x1b[C")
        terminal.wait_for(b"(log 2)")
        terminal.wait_for(b"sent 3 of 4")
        terminal.type(b"q")
        terminal.wait_for(b"stopped: sent 6 of 8 messages (3 alerts)")
        assert terminal.process.wait(60) == 0
        assert termios.tcgetattr(terminal.master)[3] == before[3] | termios.ECHO | termios.ICANON


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_terminal_as_it_was(event_tape: Path, number: int) -> None:
    with replay_in_terminal(str(event_tape), "--speed", "0.001") as terminal:
        terminal.wait_for(b"space pause")
        terminal.process.send_signal(number)
        assert terminal.process.wait(60) == 128 + number
        assert termios.tcgetattr(terminal.master)[3] & (termios.ECHO | termios.ICANON)


def test_ctrl_c_still_stops(event_tape: Path) -> None:
    with replay_in_terminal(str(event_tape), "--speed", "0.001") as terminal:
        terminal.wait_for(b"space pause")
        terminal.type(b"\x03")
        terminal.wait_for(b"stopped: sent")
        assert terminal.process.wait(60) == 130


def test_keys_that_come_together_are_told_apart_and_unknown_ones_passed_over() -> None:
    player = Player(make_alerts_at(0, 1, 2), ScaledClock(1))
    press(player, b"x \x1b[A")
    assert player.paused
    press(player, b"y++ z")
    assert not player.paused
    assert player.speed == 5
    press(player, b"-q")
    assert player.speed == 2
    assert player.stopped


def test_a_key_that_comes_in_pieces_is_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_REST_S", 60.0)  # however slow the line is
    player = Player(make_alerts_at(0, 10), VirtualClock())
    (typed, typing), (ended, end) = os.pipe(), os.pipe()
    reader = threading.Thread(target=keys._read, args=(typed, ended, player), daemon=True)
    reader.start()
    for piece in (b"n\x1b", b"[", b"C "):
        os.write(typing, piece)
        eventually(lambda: not select.select([typed], [], [], 0)[0])  # it is read
    os.close(typing)
    reader.join(120)
    for pipe in (typed, ended, end):
        os.close(pipe)
    assert (player._steps, player.paused) == (1, True)


def test_back_sends_the_message_before_once_more_and_n_goes_past_the_logs(
    make_alerts: Callable[..., list[Alert]],
) -> None:
    from dataclasses import replace

    alerts = make_alerts(0, 10, 20, 30)
    alerts[3] = replace(alerts[3], alert_type="label_added")
    clock = VirtualClock()
    player = Player(alerts, clock)
    clock.call_later(11, lambda: press(player, b"\x1b[D"))
    clock.call_later(12, lambda: press(player, b"n"))
    assert [(alert.n, clock.now()) for alert in player] == [(1, 0), (2, 10), (2, 11), (4, 12)]
    press(player, b"n\x1b[C+-")


def test_speeds_go_up_and_down_a_ladder() -> None:
    up = [1.0]
    for _ in range(5):
        up.append(changed_speed(up[-1], up=True))
    assert up == [1, 2, 5, 10, 20, 50]
    assert changed_speed(7, up=False) == 5
    assert changed_speed(0.2, up=False) == 0.1
    assert changed_speed(5e6, up=True) == 5e6


def test_the_status_gives_way_to_what_a_reader_of_the_output_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `replay TAPE --show line | head` in a shell: both write to one terminal."""
    monkeypatch.setattr(status, "_WAY_S", 1e6)  # however long that takes
    master, inside = pty.openpty()
    read, write = os.pipe()
    shown: list[bytes] = []

    class Reader:
        def send(self, message: object) -> None:
            text = b""  # a terminal hands on what was written bit by bit
            while b"before the first message" not in text or not text.endswith(b"\x1b[2K"):
                if not select.select([master], [], [], 30)[0]:
                    break
                text += os.read(master, 65536)
            shown.append(text)

        def close(self) -> None: ...

    with os.fdopen(inside, "w") as terminal, os.fdopen(write, "w") as out:
        monkeypatch.setattr("sys.stderr", terminal)
        monkeypatch.setattr("sys.stdout", out)
        monkeypatch.setenv("TERM", "xterm")
        output = status.Output(Reader())
        player = Player(make_alerts_at(0), VirtualClock())
        with status.status_line(player, quiet=False, outputs=[output]):
            player.play([output])
    os.close(read)
    os.close(master)
    assert b"before the first message" in shown[0]
    assert b"sent" not in shown[0].rpartition(b"\x1b[2K")[2]  # it was wiped off before the message went out
