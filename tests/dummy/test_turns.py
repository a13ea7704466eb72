"""Turns of processes that write to one archive: short while another one waits, and in line. A `Turn` stands for a process here."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gracetape.dummy import turns
from gracetape.dummy.turns import Turn


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the locks; a turn is over at once for who waits, and nobody is let in without it for a long time."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name, seconds in (("_SHARE_S", 0.0), ("_GRACE_S", 60.0), ("_LONGEST_S", 60.0), ("PATIENCE_S", 60.0)):
        monkeypatch.setattr(turns, name, seconds)
    return folder


@pytest.fixture(params=["folder", "packed"])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "a.tape"
    if request.param == "folder":
        path.mkdir()
    else:
        path.touch()
    return path


class Writer:
    """A writer of a process, who holds its turn until told to end."""

    def __init__(self, turn: Turn, order: list[str], name: str) -> None:
        self._turn, self._order, self._name = turn, order, name
        self.end = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        with self._turn.held():
            self._order.append(self._name)
            assert self.end.wait(60)

    def join(self) -> None:
        self.end.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until
        time.sleep(0.002)


def taken_and_waited_for(archive: Path) -> tuple[Turn, list[str], Writer, Writer]:
    """A process's turn, which its first writer has while another process's waits, and the order in which writers come."""
    order: list[str] = []
    one, other = Turn(archive), Turn(archive)
    first = Writer(one, order, "first")
    wait_until(lambda: order == ["first"])
    waiting = Writer(other, order, "waiting")
    wait_until(one._line.is_anothers)  # its file is there a moment before it is locked
    return one, order, first, waiting


def test_who_waits_comes_before_the_next_writers_of_a_process_that_has_the_turn(archive: Path, temporary: Path) -> None:
    one, order, first, waiting = taken_and_waited_for(archive)
    later = [Writer(one, order, "later") for _ in range(3)]
    time.sleep(0.05)  # they would be in by now
    assert order == ["first"]
    first.join()
    wait_until(lambda: len(order) == 2)
    assert order == ["first", "waiting"]
    waiting.join()
    for writer in later:
        writer.join()
    assert order == ["first", "waiting", "later", "later", "later"]
    assert list(temporary.iterdir()) == []


def test_while_nobody_waits_all_writers_of_a_process_are_let_in(archive: Path, temporary: Path) -> None:
    order: list[str] = []
    turn = Turn(archive)
    writers = [Writer(turn, order, "one") for _ in range(4)]
    wait_until(lambda: len(order) == 4)
    for writer in writers:
        writer.join()
    assert list(temporary.iterdir()) == []


def test_a_write_that_takes_long_lets_no_more_writers_in_before_those_who_wait(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_GRACE_S", 0.005)
    one, order, first, waiting = taken_and_waited_for(archive)
    later = [Writer(one, order, "later") for _ in range(3)]
    time.sleep(0.1)  # twenty times as long as whoever is told of an alert is given
    assert order == ["first"]
    first.join()
    wait_until(lambda: len(order) == 2)
    assert order == ["first", "waiting"]
    for writer in (waiting, *later):
        writer.join()


def test_a_writer_is_let_in_that_whoever_is_told_of_an_alert_waits_for(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_GRACE_S", 0.005)
    one, order, first, waiting = taken_and_waited_for(archive)
    with one.telling():
        second = Writer(one, order, "second")
        wait_until(lambda: len(order) == 2)
    assert order == ["first", "second"]
    for writer in (first, second, waiting):
        writer.join()


def test_where_no_line_can_be_made_turns_come_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "is not there"))
    (tmp_path / "a.tape").mkdir()
    order: list[str] = []
    first = Writer(Turn(tmp_path / "a.tape"), order, "first")
    wait_until(lambda: order == ["first"])
    second = Writer(Turn(tmp_path / "a.tape"), order, "second")
    first.join()
    second.join()
    assert order == ["first", "second"]
