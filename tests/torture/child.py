"""Commands as forked processes: everything is imported already, so what is killed is the command's work, not its imports."""

import contextlib
import faulthandler
import gc
import importlib
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from tests.commands import ROOMS
from tests.torture.points import Points

#: Seconds of wall clock after which a command hangs, and of CPU time after which it is stopped by the system.
HANGS_S, CPU_S = 120.0, 100


def warm() -> None:
    """Import what commands need, before anything is forked."""
    for name in (*ROOMS, "gracetape.pipelines.uploads"):
        importlib.import_module(name)
    gc.freeze()


@dataclass
class Disturbance:
    """What happens to a command: `after_s` it is killed, or at a point; a file can't grow beyond `largest` bytes."""

    points: Points = field(default_factory=Points)
    after_s: float | None = None
    largest: int | None = None
    kind: str = ""

    def __str__(self) -> str:
        if self.kind:
            return self.kind
        if self.after_s is not None:
            return f"killed after {self.after_s:.4f} s"
        if self.largest is not None:
            return f"no file beyond {self.largest} bytes"
        return "undisturbed" if self.points.what == "count" else f"{self.points.what} at point {self.points.at}"


@dataclass
class Child:
    """A forked process: its pid, and where it writes what it says."""

    pid: int
    out: Path
    started: float
    code: int | None = None

    def poll(self) -> bool:
        """Whether it has ended."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self, within_s: float = HANGS_S) -> int:
        """Its exit code (-9: killed); a process that hangs is killed and is a TimeoutError."""
        end, pause = time.monotonic() + within_s, 0.0005
        while not self.poll():
            if time.monotonic() > end:
                self.kill()
                raise TimeoutError(f"still at it after {within_s:.0f} s")
            time.sleep(pause)
            pause = min(0.01, pause * 1.5)
        assert self.code is not None
        return self.code

    def send(self, number: int) -> None:
        if not self.poll():
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.wait()

    @property
    def said(self) -> str:
        return self.out.read_text(errors="replace") if self.out.exists() else ""


def fork(
    work: Callable[[], int | None],
    out: Path,
    disturbance: Disturbance | None = None,
    temporary: Path | None = None,
    cpu_s: int = CPU_S,
) -> Child:
    """Do some work in a forked process, whose standard output and error go to the file `out`."""
    disturbance = disturbance or Disturbance()
    out.parent.mkdir(parents=True, exist_ok=True)
    pid = os.fork()
    if pid:
        return Child(pid, out, time.monotonic())
    code = 70
    try:
        _prepare(out, disturbance, temporary, cpu_s)
        code = work() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _prepare(out: Path, disturbance: Disturbance, temporary: Path | None, cpu_s: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    faulthandler.enable(sys.stderr)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, resource.RLIM_INFINITY))
    if temporary is not None:
        temporary.mkdir(exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)
        tempfile.tempdir = str(temporary)  # found without the file with which Python tries whether it can write there
    if disturbance.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (disturbance.largest, disturbance.largest))
    if disturbance.points.what != "count":
        disturbance.points.arm()


def command(words: list[str]) -> Callable[[], None]:
    """What `gracetape WORDS` does."""

    def work() -> None:
        sys.argv = ["gracetape", *words]
        (script,) = entry_points(group="console_scripts", name="gracetape")
        script.load()()

    return work


def run(
    words: list[str], out: Path, disturbance: Disturbance | None = None, temporary: Path | None = None
) -> tuple[int, str]:
    """Run `gracetape WORDS`, disturbed: its exit code (-9: killed) and what it said."""
    disturbance = disturbance or Disturbance()
    child = fork(command(words), out, disturbance, temporary)
    if disturbance.after_s is not None:
        end = child.started + disturbance.after_s
        while not child.poll() and time.monotonic() < end:
            time.sleep(max(0.0, min(0.001, end - time.monotonic())))
        child.send(signal.SIGKILL)
    return child.wait(), child.said


def count(words: list[str], out: Path, temporary: Path | None = None) -> tuple[int, float, int, str]:
    """Run `gracetape WORDS` undisturbed: its exit code, the seconds it took, how many points it passed, and what it said."""
    points, told = Points(), out.with_suffix(".points")

    def work() -> None:
        points.arm()
        try:
            command(words)()
        finally:
            with told.open("w") as file:
                file.write(str(points.passed))

    child = fork(work, out, temporary=temporary)
    code = child.wait()
    return code, time.monotonic() - child.started, int(told.read_text() or 0), child.said
