"""Runs in a client's own environment, which has no gracetape: does the steps of one file, and writes down what each reached.

`python drive.py FILE REPORT`, in a folder for scratch, under `gracetape dummy run`: whatever address a client asks for, the dummy answers.
A file has `STEPS`, functions that take a `Scene`; what such a function is about stands in its docstring, and what it returns is what was reached.
"""

import importlib.util
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class NotReached(Exception):
    """A step did not come to its end; `str()` is why, in a few words."""


@dataclass
class Scene:
    """What the steps of one client share."""

    #: Where the dummy answers; a client that takes no address is led there all the same.
    url: str
    #: A folder of its own, which is also the working folder.
    folder: Path
    #: The programs of the client's environment.
    programs: Path
    #: host:port of a private Kafka broker, and the igwn-alert group on which the dummy's alerts come; empty without one.
    kafka: str
    group: str
    #: A port that nobody had, where something of the dummy's may listen.
    port: str
    #: What earlier steps made, for later ones.
    made: dict[str, Any] = field(default_factory=dict)
    #: What ends everything that steps started; called in the reverse order.
    endings: list[Callable[[], object]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            raise NotReached(f"needs {name}, which an earlier step did not make")
        return self.made[name]

    def run(self, line: str, *, given: str | None = None, seconds: float = 300, status: int = 0) -> str:
        """What a program of the environment prints (and its complaints, where `status` says that it has some).

        NotReached with its last words if it ends otherwise than with `status`.
        """
        program, *words = shlex.split(line)
        found = self.programs / program
        command = [str(found) if found.exists() else program, *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=seconds, check=False)
        (self.folder / "programs.log").open("a").write(f"$ {line}\n{done.stdout}{done.stderr}\n")
        if done.returncode != status:
            words = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
            raise NotReached(f"{program} ended with {done.returncode}: {words[-1].strip()}")
        return done.stdout + (done.stderr if status else "")

    def beside(self, name: str) -> Any:
        """What several files of steps share: a file of this folder, as a module."""
        return _module(Path(__file__).with_name(f"{name}.py"))

    def start(self, line: str) -> subprocess.Popen[str]:
        """A program of the environment, which runs until the steps are done; what it prints is in `programs.log`."""
        program, *words = shlex.split(line)
        with (self.folder / "programs.log").open("a") as log:
            started = subprocess.Popen([str(self.programs / program), *words], stdout=log, stderr=log, text=True)

        def end() -> None:
            started.terminate()
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()

        self.endings.append(end)
        return started

    def wait_for(self, what: str, found: Callable[[], Any], seconds: float) -> Any:
        """What `found` gives as soon as it is true; NotReached after so many seconds."""
        limit = time.monotonic() + seconds
        while True:
            value = found()
            if value:
                return value
            if time.monotonic() > limit:
                raise NotReached(f"no {what} within {seconds:.0f} s")
            time.sleep(1)


def steps_of(path: Path) -> list[Callable[[Scene], str | None]]:
    """The steps of a client's file."""
    return list(_module(path).STEPS)


def _module(path: Path) -> Any:
    """A file of steps, loaded under a name that shadows no package."""
    spec = importlib.util.spec_from_file_location(f"steps_of_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def about(step: Callable[[Scene], str | None]) -> str:
    """What a step is about: its docstring's first line, without the full stop."""
    return (step.__doc__ or step.__name__).strip().splitlines()[0].rstrip(".")


def one_line(error: BaseException) -> str:
    """Why a step was not reached."""
    answer = getattr(error, "response", None)
    told = " ".join(str(error if answer is None else f"{answer.status_code} {answer.text}").split())[:300]
    return told if isinstance(error, NotReached) else f"{type(error).__name__}: {told}"


def main() -> None:
    """Do the steps in order; each that ends has its line in the report, as JSON."""
    path, report = Path(sys.argv[1]), Path(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what steps started ends with us
    sys.path.pop(0)  # this folder: its files have the names of the clients that they drive
    scene = Scene(
        url=os.environ["GRACEDB_SERVICE_URL"], folder=Path.cwd(), programs=Path(sys.executable).parent,
        kafka=os.environ.get("CLIENT_KAFKA", ""), group=os.environ.get("CLIENT_GROUP", ""),
        port=os.environ.get("CLIENT_PORT", ""),
    )  # fmt: skip
    try:
        for step in steps_of(path):
            try:
                line = {"step": about(step), "reached": True, "told": step(scene) or ""}
            except Exception as error:
                if not isinstance(error, NotReached):
                    traceback.print_exc()
                line = {"step": about(step), "reached": False, "told": one_line(error)}
            print(
                ("reached      " if line["reached"] else "NOT reached  ") + f"{line['step']}: {line['told']}",
                flush=True,
            )
            with report.open("a") as lines:
                lines.write(json.dumps(line) + "\n")
    finally:
        for end in reversed(scene.endings):
            end()


if __name__ == "__main__":
    main()
