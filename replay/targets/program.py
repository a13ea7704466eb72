"""Messages to a program, run once per message and node, as `lvalert_listen` did."""

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gracetape.errors import BadRequest, ReplayError
from gracetape.replay.message import Message
from gracetape.shown import target

#: Seconds that a program has, once nobody waits for it any more.
_ENDS_S = 4.0


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM while a program starts: interrupted then, it would be left running with nobody to end it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in map(int, (signal.SIGINT, signal.SIGTERM))}
    held = {number: handler for number, handler in before.items() if callable(handler)}
    for number in held:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


class ProgramTarget:
    """Runs CMD (split as a shell would, without a shell) with the payload as a line of JSON on stdin, or a VOEvent's text, or Avro's bytes, and
    GRACETAPE_NODE set.

    The next message waits until the program ends. A non-zero exit does not end the replay; it is told of at the end. Where another
    thread closes this meanwhile, the program has some seconds to end.
    """

    def __init__(self, command: str) -> None:
        try:
            self.argv = shlex.split(command)
        except ValueError as error:
            raise BadRequest(f"cannot read the command {target(f'exec:{command}')!r}: {str(error).lower()}") from None
        if not self.argv:
            raise BadRequest("exec: needs a command, as in 'exec:./listener.py --verbose'")
        self.name = target(f"exec:{shlex.quote(self.argv[0])}")[len("exec:") :]
        if "\0" in command or shutil.which(self.argv[0]) is None:
            raise BadRequest(f"there is no program {self.name!r} to run")
        self.runs = self.failures = self.last_status = 0
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

    def send(self, message: Message) -> None:
        if self._closed:
            raise ReplayError(f"{self.name!r} is not run any more")
        environment = {**os.environ, "GRACETAPE_NODE": message.node}
        try:
            content = message.content
            given = content if isinstance(content, bytes) else (content + "\n").encode()
            status = self._run(given, environment)
        except OSError as error:
            raise ReplayError(f"cannot run {self.name!r}: {error.strerror}") from None
        self.runs += 1
        if status:
            self.failures += 1
            self.last_status = status

    def _run(self, given: bytes, environment: dict[str, str]) -> int:
        """Run the program to its end and return its status; whatever interrupts this ends the program too."""
        program = None
        try:
            with _signals_held():
                program = self._running = subprocess.Popen(self.argv, stdin=subprocess.PIPE, env=environment)
            program.communicate(given)
            return program.returncode
        except BaseException:
            if program is not None:
                program.kill()
                program.wait()
            raise
        finally:
            self._running = None

    def close(self) -> str | None:
        self._closed = True
        if (running := self._running) is not None:
            try:
                running.wait(_ENDS_S)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                return f"{self.name} did not end, and was ended"
        if not self.failures:
            return None
        how = f"exit status {self.last_status}" if self.last_status > 0 else f"signal {-self.last_status}"
        return f"{self.name} failed on {self.failures} of {self.runs} messages (last: {how})"
