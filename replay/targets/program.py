"""Messages to a program, run once per message and node, as `lvalert_listen` did."""

import os
import shlex
import shutil
import subprocess

from replay.errors import BadRequest, ReplayError
from replay.message import Message


class ProgramTarget:
    """Runs CMD (split as a shell would, without a shell) with the payload as a line of JSON on stdin and GRACETAPE_NODE set.

    The next message waits until the program ends. A non-zero exit does not end the replay; it is told of at the end.
    """

    def __init__(self, command: str) -> None:
        try:
            self.argv = shlex.split(command)
        except ValueError as error:
            raise BadRequest(f"cannot read the command {command!r}: {str(error).lower()}") from None
        if not self.argv:
            raise BadRequest("exec: needs a command, as in 'exec:./listener.py --verbose'")
        if "\0" in command or shutil.which(self.argv[0]) is None:
            raise BadRequest(f"there is no program {self.argv[0]!r} to run")
        self.runs = self.failures = self.last_status = 0

    def send(self, message: Message) -> None:
        environment = {**os.environ, "GRACETAPE_NODE": message.node}
        try:
            done = subprocess.run(
                self.argv, input=(message.payload_json() + "\n").encode(), env=environment, check=False
            )
        except OSError as error:
            raise ReplayError(f"cannot run {self.argv[0]!r}: {error.strerror}") from None
        self.runs += 1
        if done.returncode:
            self.failures += 1
            self.last_status = done.returncode

    def close(self) -> str | None:
        if not self.failures:
            return None
        how = f"exit status {self.last_status}" if self.last_status > 0 else f"signal {-self.last_status}"
        return f"{self.argv[0]} failed on {self.failures} of {self.runs} messages (last: {how})"
