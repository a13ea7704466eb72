"""What takes long tells how far it is: a line on a terminal that goes again, plain lines elsewhere, and nothing where nobody asked."""

import os
import pty
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gracetape import progress as told
from gracetape.archive import Archive
from gracetape.archive.packing import convert
from gracetape.archive.verify import verify
from gracetape.progress import Progress, advance, each, hush, progress, shown
from gracetape.shown import Guarded

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is quiet at first."""
    for name, seconds in (("QUIET_S", 0.001), ("PATIENCE_S", 0.05), ("LOOK_S", 0.05)):
        monkeypatch.setattr(told, name, seconds)


@contextmanager
def terminal() -> Iterator[int]:
    """A terminal as standard error; the other end of it."""
    ours, theirs = pty.openpty()
    before = sys.stderr
    with os.fdopen(theirs, "w") as stream:
        sys.stderr = Guarded(stream, secrets=True)  # type: ignore[assignment]
        try:
            yield ours
        finally:
            sys.stderr = before
            os.close(ours)


@contextmanager
def elsewhere() -> Iterator[int]:
    """A pipe as standard error; the end of it that is read. (What pytest captures cannot be read while others write.)"""
    ours, theirs = os.pipe()
    before = sys.stderr
    with os.fdopen(theirs, "w", buffering=1) as stream:
        sys.stderr = stream
        try:
            yield ours
        finally:
            sys.stderr = before
            os.close(ours)


def read_until(end: int, word: bytes) -> bytes:
    text = b""
    while word not in text:
        text += os.read(end, 65536)
    return text


def test_elsewhere_a_plain_line_tells_what_and_how_much(at_once: None) -> None:
    with elsewhere() as said, shown(), progress("packing", 4_000_000, "bytes") as now:
        now.advance(1_000_000)
        text = read_until(said, b" s\n")
    assert text.startswith((b"packing: 1.0 MB of 4.0 MB, ", b"packing: 0 B of 4.0 MB, "))


def test_who_calls_a_function_sees_nothing(at_once: None, capfd: pytest.CaptureFixture[str]) -> None:
    with progress("packing"):
        time.sleep(0.05)
    with shown():
        hush()
        with progress("packing"):
            time.sleep(0.05)
    assert capfd.readouterr().err == ""


def test_what_is_soon_done_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with shown():
        assert list(each(range(5), "counting", 5)) == [0, 1, 2, 3, 4]
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_line_that_goes_before_others_and_at_the_end(at_once: None) -> None:
    with terminal() as other_end:
        with shown(), progress("verifying", 10, "checks") as now:
            now.advance(5)
            read_until(other_end, b"5 of 10 checks")
            print("a line of others", file=sys.stderr)
            assert b"\r\x1b[Ka line of others\r\n" in read_until(other_end, b"others\r\n")
        print("end", file=sys.stderr)
        assert b"checks" not in read_until(other_end, b"end\r\n").rpartition(b"\r\x1b[K")[2]
    assert Guarded.about_to_write is None


def test_no_line_stays_after_ctrl_c(at_once: None) -> None:
    with terminal() as other_end:
        with suppress(KeyboardInterrupt), shown(), progress("cleaning"):
            read_until(other_end, b"cleaning")
            raise KeyboardInterrupt
        print("$ ", file=sys.stderr)
        assert read_until(other_end, b"$ \r\n").endswith(b"\r\x1b[K$ \r\n")


def test_the_innermost_of_one_thread_is_told(at_once: None) -> None:
    with elsewhere() as said, shown(), progress("importing"), progress("unpacking", 2, "files") as inner:
        advance()
        assert inner.done == 1
        other = threading.Thread(target=lambda: advance(100))
        other.start()
        other.join()
        assert inner.done == 1
        read_until(said, b"unpacking: 1 of 2 files")


@pytest.mark.parametrize(
    ("now", "share"), [(Progress("a", 10), 0.0), (Progress("a"), None), (Progress("a", 0), None)]
)  # fmt: skip
def test_the_share_is_known_where_the_whole_is(now: Progress, share: float | None) -> None:
    assert now.share == share
    assert "\n" not in repr(now)


def test_packing_and_verifying_tell_how_far_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Progress] = []
    begin = Progress.__init__

    def note(self: Progress, *given: object, **named: object) -> None:
        begin(self, *given, **named)  # type: ignore[arg-type]
        seen.append(self)

    monkeypatch.setattr(Progress, "__init__", note)
    with Archive.open(FIXTURES / "short.tape") as tape:
        convert(tape, tmp_path / "copy.tape", packed=not tape.packed)
        assert list(verify(tape)) == []
    assert {now.what for now in seen} >= {"verifying", "verifying contents"}
    assert all(now.done == now.total for now in seen if now.total)


@pytest.mark.parametrize("total", [float("inf"), float("nan"), 10**400, -5, 0, 1e308])
def test_no_size_and_no_terminal_is_a_traceback(at_once: None, monkeypatch: pytest.MonkeyPatch, total: float) -> None:
    trouble: list[object] = []
    monkeypatch.setattr(threading, "excepthook", trouble.append)
    for stream in (sys.stderr, None):
        with monkeypatch.context() as changed:
            changed.setattr(sys, "stderr", stream)
            with shown(), progress("packing \x1b[31m", total, "bytes") as now:
                now.advance(10**12)
                time.sleep(0.1)
    assert trouble == []


def test_the_narrowest_terminal_gets_no_more_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1")
    line = told._Line()
    line._console.width = 1
    now = Progress("x" * 500, 10)
    assert "xx" not in line._text(now)
