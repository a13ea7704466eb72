"""Messages as JSON Lines, on standard output or in a file."""

import sys
from enum import Enum
from pathlib import Path

from gracetape import shown
from gracetape.appending import LineFile
from gracetape.errors import BadRequest, ReplayError, UsageError
from gracetape.message_lines import holds_messages
from gracetape.replay.message import Message


class Existing(Enum):
    """What is done with a file of messages that is there already."""

    refuse = "refuse"
    replace = "replace"
    append = "append"


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
    """One line of JSON per message and node in a file; each line is there, whole, before the next.

    What is there already is not lost: a file of something else is refused, one of messages too, unless `existing` says that it is to
    be replaced, or that lines are added to it. BadRequest then, and where it cannot be written.
    """

    def __init__(self, path: str, existing: Existing = Existing.refuse) -> None:
        if not path:
            raise BadRequest("a file target needs a path, as in file:alerts.jsonl")
        self.path = Path(path)
        _check(self.path, existing)
        try:
            self._file = LineFile(self.path, anew=existing is not Existing.append)
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


def _check(path: Path, existing: Existing) -> None:
    """BadRequest where something would be lost that nobody said may be."""
    try:
        there = holds_messages(path)
    except UsageError as error:
        raise BadRequest(str(error)) from None
    if there and existing is Existing.refuse:
        name = shown.target(str(path))
        raise BadRequest(f"{name} holds messages already: --force replaces them, --append adds to them")
