"""Runs a page as a reader would: in a new folder, on a terminal of 80 columns, block by block."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from demo.real_data import real_tape
from tests.pages.blocks import Block, Page
from tests.pages.script import MARK, script

_ORDERS_TO_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")


@dataclass
class Played:
    """What became of a page."""

    page: Page
    code: int
    outputs: dict[int, str] = field(default_factory=dict)  # by the line of the block

    @property
    def told(self) -> str:
        """Which block failed, and the end of what was seen, for whoever mends the page."""
        line = list(self.outputs)[-1] if self.outputs else 0
        return f"{self.page.name}:{line} ended with {self.code}:\n{self.outputs.get(line, '')[-3000:]}"

    def missing(self) -> list[str]:
        """Lines that the page shows as output and that did not come."""
        shown = [block for block in self.page.blocks if block.output and block.line in self.outputs]
        return [f"{block.place}: {line}" for block in shown for line in lacking(block, self.outputs[block.line])]


def play(page: Page, folder: Path, control: Path, limit: float = 600) -> Played:
    """Run a page in a folder. Raises NoRealData where the page begins with the real superevent and that cannot be had."""
    if page.real:
        (folder / ".cache").mkdir()
        (folder / ".cache" / "real").symlink_to(real_tape().parent)
    text = script(page, control)
    for name in ("orders", "results"):
        os.mkfifo(control / name)
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    # No terminal among the inputs: nobody presses keys. One session (in the system's sense), so that all of it can be ended.
    streams = {"stdin": subprocess.DEVNULL, "stdout": its, "stderr": its, "cwd": folder, "env": environment()}
    with _session(page, control, streams):
        shell = subprocess.Popen(["bash", "-c", text], start_new_session=True, **streams)  # type: ignore[call-overload]
        os.close(its)
        try:
            seen = _read(ours, shell, time.monotonic() + limit)
        finally:
            end_session(shell.pid)
            code = shell.wait()
            os.close(ours)
    pieces = _ORDERS_TO_TERMINAL.sub("", seen).replace("\r\n", "\n").split(MARK)[1:]
    return Played(page, code, {int(piece.partition("\n")[0]): piece.partition("\n")[2] for piece in pieces})


def environment() -> dict[str, str]:
    """A reader's: the installed commands, and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRACETAPE_", "PYTEST_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | {"PATH": path, "NO_COLOR": "1", "TERM": "xterm", "PYTHONPATH": ""}


@contextmanager
def _session(page: Page, control: Path, streams: dict[str, object]) -> Iterator[None]:
    """The Python of a page's blocks, where it has any; it starts when the first one comes."""
    if not any(block.runs and block.language == "python" for block in page.blocks):
        yield
        return
    words = [sys.executable, "-P", str(Path(__file__).with_name("session.py")), *map(str, _pipes(control))]
    with subprocess.Popen(words, **streams) as process:  # type: ignore[call-overload]
        try:
            yield
        finally:
            process.kill()


def _pipes(control: Path) -> tuple[Path, Path]:
    return control / "orders", control / "results"


def _read(terminal: int, shell: "subprocess.Popen[bytes]", end: float) -> str:
    """All that comes to a terminal until the shell has ended."""
    found = list[bytes]()
    while time.monotonic() < end:
        ended = shell.poll() is not None
        if select.select([terminal], [], [], 0 if ended else 0.2)[0]:
            with suppress(OSError):  # nobody writes to it any more
                found.append(os.read(terminal, 65536))
                continue
            shell.wait()
        if ended:
            break
    return b"".join(found).decode("utf-8", "replace")


def end_session(leader: int) -> None:
    """End what is left of the processes of a session (in the system's sense)."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                    os.kill(int(entry.name), signal.SIGKILL)


def lacking(block: Block, output: str) -> list[str]:
    """The lines that a page shows as a block's output and that are not among what came.

    `…` stands for anything. Figures of how long something took, and moments of this run, may be others.
    """
    came = [" ".join(line.split()) for line in re.split(r"[\r\n]", output)]
    shown = [" ".join(line.split()) for line in (block.output or "").splitlines()]
    return [line for line in shown if line.strip("… ") and not any(map(_pattern(line).fullmatch, came))]


#: What differs from run to run.
_MOMENTS = re.compile(r"\d\d\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?|\d+(?:\.\d+)? (?:s|ms)\b")


def _pattern(line: str) -> re.Pattern[str]:
    pieces = [
        ".*".join(map(re.escape, piece.split("…"))) if place % 2 == 0 else re.sub(r"\d+", r"\\d+", re.escape(piece))
        for place, piece in enumerate(re.split(f"({_MOMENTS.pattern})", line))
    ]
    return re.compile("".join(pieces))
