"""Runs a program for each message, with the message on its standard input: what the old lvalert_listen did."""

import shlex
import signal
import subprocess
from collections.abc import Sequence

from gracetape.brokers import Heard
from gracetape.errors import BadConfiguration, ListenError
from gracetape.shown import target

#: How a program ends, or a shell says that it did, whose output nobody reads any more.
READER_GONE = (-signal.SIGPIPE, 128 + signal.SIGPIPE)


def program(text: str) -> list[str]:
    """The words of a command line; BadConfiguration if it has none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadConfiguration(f"cannot read --exec {target(f'exec:{text}')!r}: {error}") from None
    if not words:
        raise BadConfiguration("--exec names no program")
    return words


def run(words: Sequence[str], heard: Heard) -> int:
    """Run it, wait for its end, and give its exit code; ListenError if there is no such program."""
    try:
        return subprocess.run(words, input=heard.payload.encode("utf-8", "replace") + b"\n", check=False).returncode
    except OSError as error:
        raise ListenError(f"cannot run {target(f'exec:{words[0]}')[5:]}: {error.strerror}") from error
