"""Starts the project's commands as processes of their own, without the second that each would spend on imports.

A test that starts `gracetape`, `capture` or `replay` is about what they do: nine tenths of its CPU time went into importing the same
modules again. So one process per test worker (`python -m tests.commands SOCKET`) imports them once, and forks for each command: a process
with its own pid, signals, exit code, environment, folder and standard streams, as `subprocess` makes them. Tests that are about starting
itself (the installed scripts, the hook of `dummy run`) start the real thing.
"""

import array
import atexit
import contextlib
import ctypes
import faulthandler
import gc
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

#: What is imported before the first fork.
ROOMS = (
    "gracetape.archive.cli",
    "gracetape.brokers.cli",
    "gracetape.capture.cli",
    "gracetape.capture.listen_cli",
    "gracetape.dummy.cli",
    "gracetape.listen.cli",
    "gracetape.replay.cli",
    "gracetape.replay.targets.broker",
    "gracetape.simulate.cli",
    "gracetape.view.cli",
    "sqlite_utils.migrations",
)
#: At this signal a command says on its standard error where each of its threads is.
_WHERE = signal.SIGUSR2
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: orphans of our processes become our children


class Popen(subprocess.Popen[str]):
    """`subprocess.Popen` for `[command, *words]`: an installed script, or `python`; in text mode, with its `cwd`, `env` and streams."""

    def __init__(self, words: Sequence[object], **options: Any) -> None:
        super().__init__([str(word) for word in words], **{"text": True, **options})

    def _execute_child(
        self, args: list[str], _1: Any, _2: Any, _3: Any, _4: Any, cwd: Any, env: Any, *rest: Any
    ) -> None:
        ends = rest[3:9]  # (for the child, for us) of standard input, then the other way round for the two outputs
        streams = [ends[0] if ends[0] != -1 else 0, ends[3] if ends[3] != -1 else 1, ends[5] if ends[5] != -1 else 2]
        asked = {"words": args, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
        self.pid = _forker().fork(asked, streams)
        self._child_created = True
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[Any, Any]:
        """As that of `subprocess`; a command that does not end in time says where it is."""
        try:
            return super().communicate(input, timeout)
        except subprocess.TimeoutExpired as error:
            self.send_signal(_WHERE)
            with contextlib.suppress(subprocess.TimeoutExpired):
                super().communicate(timeout=2)
            self._tell(error)
            raise

    def _tell(self, error: subprocess.TimeoutExpired) -> None:
        """Add to an error what the command has said on its standard error so far."""
        for stream, parts in (getattr(self, "_fileobj2output", None) or {}).items():
            if stream is self.stderr:
                error.add_note(b"".join(parts).decode(errors="replace"))


def run(
    words: Sequence[object],
    *,
    capture_output: bool = False,
    timeout: float | None = 600,
    check: bool = False,
    **options: Any,
) -> "subprocess.CompletedProcess[str]":
    """As `subprocess.run`, for `[command, *words]`."""
    given = options.pop("input", None)
    options |= {"stdin": subprocess.PIPE} if given is not None else {}
    options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} if capture_output else {}
    with Popen(words, **options) as process:
        try:
            out, err = process.communicate(given, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess([str(word) for word in words], process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


# -- here, the side of the tests


class _Forker:
    """The process that has imported everything, and the socket on which it is asked to fork."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.commands", str(other.fileno())], pass_fds=[other.fileno()],
                cwd=Path(__file__).parents[1],
            )  # fmt: skip

    def fork(self, asked: dict[str, Any], streams: list[int]) -> int:
        """The pid of a process that does what is asked; it is a child of ours."""
        prctl = ctypes.CDLL(None).prctl
        with self._lock:
            prctl(_SUBREAPER, 1, 0, 0, 0)  # for that moment only: other orphans are nobody's business here
            try:
                text = json.dumps(asked).encode()
                head = len(text).to_bytes(8, "big")
                self._socket.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))])
                self._socket.sendall(text)
                return int.from_bytes(_exactly(self._socket, 8), "big")
            finally:
                prctl(_SUBREAPER, 0, 0, 0, 0)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


_known: list[_Forker] = []


def _forker() -> _Forker:
    if not _known or _known[0].pid != os.getpid():
        _known[:] = [_Forker()]
        atexit.register(_known[0].close)
    return _known[0]


def _exactly(end: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = end.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found


# -- there, the process that forks


def _serve(end: socket.socket) -> None:
    for name in ROOMS:
        import_module(name)
    gc.freeze()
    while True:
        try:
            head, ancillary, _, _ = end.recvmsg(8, socket.CMSG_SPACE(3 * array.array("i").itemsize))
            if not head:
                return
            asked = json.loads(_exactly(end, int.from_bytes(head, "big")))
        except (EOFError, KeyboardInterrupt):
            return
        streams = list(array.array("i", ancillary[0][2]))
        readable, writable = os.pipe()
        between = os.fork()
        if not between:  # this one ends at once, so that its child becomes one of the test's
            pid = os.fork()
            if not pid:
                end.close()
                os.close(readable)
                os.close(writable)
                _become(asked, streams)
            os.write(writable, pid.to_bytes(8, "big"))
            os._exit(0)
        os.close(writable)
        pid_bytes = os.read(readable, 8)
        os.close(readable)
        os.waitpid(between, 0)
        for stream in streams:
            os.close(stream)
        end.sendall(pid_bytes)


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """Be the command that was asked for, to the end of this process."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding, errors or "strict")
    out = io.BufferedWriter(io.FileIO(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(out, encoding, errors or "strict", line_buffering=os.isatty(1))
    error = io.FileIO(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(error, encoding, "backslashreplace", write_through=True)  # type: ignore[type-var]
    faulthandler.register(_WHERE, file=2)
    sys.argv = asked["words"]
    os._exit(_end(_status(asked["words"][0])))


def _status(command: str) -> int:
    try:
        _main(command)()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _main(command: str) -> Callable[[], object]:
    """What an installed script of that name runs, or `python` itself."""
    if command == "python":
        return main
    (script,) = entry_points(group="console_scripts", name=command)
    found: Callable[[], object] = script.load()
    return found


def _end(status: int) -> int:
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        return 120
    return status


def main() -> None:
    """What `python -c CODE ...` and `python -m MODULE ...` do."""
    _, kind, what, *words = sys.argv
    sys.path.insert(0, "")
    if kind == "-m":
        sys.argv = ["-m", *words]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *words]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        ours.set_inheritable(False)
        _serve(ours)
