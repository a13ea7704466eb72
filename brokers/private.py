"""Starts private brokers on loopback for development and tests, and ends them."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gracetape.brokers.urls import is_plain
from gracetape.errors import BadUrl, BrokerError

_READY_WITHIN_S = 60.0
#: Ports that are chosen for a broker begin here and end where those begin that the system gives to whoever connects or asks for any:
#: between the choice and the broker's start it would give them to others.
_FIRST_PORT, _FEW_PORTS = 10_100, 1000  # (browsers refuse 10080)
_SYSTEM_S_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: Waits until whoever started the broker has ended, however that was, and ends the broker and its helpers.
_GUARD = ("sh", "-c", 'read -r _; kill -s KILL -- "-$1"; rm -rf -- "$2"', "guard")


@dataclass
class PrivateBroker:
    """A broker that is run for us: `url` for publishers and sources, `environment` what they need to log in.

    It can be killed and started again on the same port, as a broker that crashed would be. It ends with the process that started it.
    """

    name: str
    url: str
    port: int
    folder: Path
    command: Sequence[str]
    running: Callable[["PrivateBroker"], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _guard: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the broker's process said."""
        return self.folder / f"{self.name}.out"

    def start(self, stopping: Callable[[], bool] = lambda: False) -> Self:
        """Start it and wait until it answers; BrokerError if it does not, or if all is `stopping` before it does."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                env={**os.environ, **self.settings}, start_new_session=True,
            )  # fmt: skip
        self._guard = subprocess.Popen(
            [*_GUARD, str(self.process.pid), str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        limit = time.monotonic() + _READY_WITHIN_S
        while not self.running(self):
            if stopping():
                self.kill()
                raise BrokerError(f"stopped before {self.name} was ready")
            if self.process.poll() is not None or time.monotonic() > limit:
                status = self.process.poll()
                self.kill()
                raise BrokerError(f"{self.name} did not start (status {status}): {self._last_words()}")
            time.sleep(0.05)
        return self

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return " / ".join(line.strip() for line in lines if line.strip())[-300:] or "it said nothing"

    def kill(self) -> None:
        """End it at once, as `kill -9` does: what it had on disk stays, and it can be started again."""
        if self._guard is not None:  # first, or it could end somebody else who has the number by then
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its helpers too
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """End it, and remove what it kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        if self.process is None:
            try:
                self.start()
            except BaseException:
                self.stop()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def check_plain(kind: str, names: Iterable[str]) -> None:
    """BadUrl if a broker cannot have an account, a group or a topic of such a name."""
    if wrong := [name for name in names if not is_plain(name)]:
        raise BadUrl(f"{wrong[0]!r} is no name for {kind}: use letters, digits, dots, dashes and underscores")


def free_port() -> int:
    """A port on loopback that nobody uses now, and that the system gives to nobody, as far as it tells which it gives."""
    end = _system_s_ports_begin()
    for _ in range(100 if end - _FIRST_PORT >= _FEW_PORTS else 0):
        port = random.SystemRandom().randrange(_FIRST_PORT, end)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _system_s_ports_begin() -> int:
    """The first port that the system gives to whoever asks for any; 0 if it does not tell."""
    try:
        return int(_SYSTEM_S_PORTS.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def answers(port: int) -> bool:
    """Whether somebody accepts connections on a port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def new_folder(name: str) -> Path:
    """A folder of its own for a broker."""
    return Path(tempfile.mkdtemp(prefix=f"gracetape-{name}-"))
