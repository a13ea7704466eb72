"""Listeners for the tests: configurations in a folder, lines for a followed file, and the real process."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import commands

LISTEN = ["gracetape", "listen"]
NODE = "lvalertMP-TestNode"


def configure(
    folder: Path,
    children: dict[str, dict[str, Any]],
    listener: dict[str, Any] | None = None,
    sections: str = "",
) -> Path:
    """A configuration in `folder`; each child's keys that are of its own file go there."""
    text = ["[listener]", f"log_directory = {folder / 'logs'}"]
    # A busy machine may need longer than usual until all is drained.
    text += [f"{key} = {value}" for key, value in {"stopLimit": 60, **(listener or {})}.items()]
    for name, options in children.items():
        general = {"process_type": "test", "log_directory": folder / "logs", **options.pop("general", {})}
        own = "\n".join(f"{key} = {value}" for key, value in general.items())
        (folder / f"{name}.child.ini").write_text(f"[general]\n{own}\n{sections}")
        text += [f"[{name}]", f"nodes = {options.pop('nodes', NODE)}", f"childConfig = {name}.child.ini"]
        text += [f"{key} = {value}" for key, value in options.items()]
    path = folder / "main.ini"
    path.write_text("\n".join(text) + "\n")
    return path


def append(path: Path, payload: Any, node: str = NODE) -> None:
    """Add a message to a followed file."""
    with path.open("a") as file:
        file.write(json.dumps({"node": node, "payload": payload}) + "\n")


def start(config: Path, *words: str, **options: Any) -> "subprocess.Popen[str]":
    """The real process."""
    command = [*LISTEN, "run", str(config), *words]
    return commands.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def stop(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """SIGTERM; exit code, standard output and error."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@contextmanager
def running(config: Path, *words: str, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A listener that is up, and gone afterwards."""
    process = start(config, *words, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=60)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def has_ended(pid: int) -> bool:
    """Whether a process has ended, also where nobody asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def logs(folder: Path) -> str:
    """Everything that was logged."""
    return "".join(path.read_text() for path in sorted((folder / "logs").glob("*.log*")))


def status(config: Path) -> dict[str, Any]:
    """What `listen status --json` says."""
    done = commands.run([*LISTEN, "status", str(config), "--json"], capture_output=True)
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def environment(**more: str) -> dict[str, str]:
    """The environment with additions."""
    return {**os.environ, **more}
