"""Messages as JSON Lines, on standard output or in a file."""

import sys
from pathlib import Path

from gracetape import shown
from gracetape.appending import LineFile
from gracetape.errors import BadRequest, ReplayError
from gracetape.replay.message import Message


def write_out(text: str) -> None:
    """Write to standard output at once; ReplayError if that fails, but for a reader that went away: BrokenPipeError."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ReplayError(f"cannot write to standard output: {error.strerror}") from None


class StdoutTarget:
    """One line of JSON per message and node on standard output, each flushed. BrokenPipeError is left to the caller."""

    def __init__(self, rest: str = "") -> None:
        if rest:
            raise BadRequest(f"standard output is written as -, not -:{rest}")

    def send(self, message: Message) -> None:
        write_out(message.json() + "\n")

    def close(self) -> None:
        return None


class FileTarget:
    """One line of JSON per message and node in a file, written anew; each line is there, whole, before the next."""

    def __init__(self, path: str) -> None:
        if not path:
            raise BadRequest("a file target needs a path, as in file:alerts.jsonl")
        self.path = Path(path)
        try:
            self._file = LineFile(self.path, anew=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadRequest(f"cannot write {shown.target(path)!r}: {reason}") from None

    def send(self, message: Message) -> None:
        try:
            self._file.append(f"{message.json()}\n".encode())
        except OSError as error:
            raise ReplayError(f"cannot write {shown.target(str(self.path))!r}: {error.strerror}") from None

    def close(self) -> None:
        self._file.close()
