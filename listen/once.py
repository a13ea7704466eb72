"""Runs a program for each message, with the message on its standard input: what the old lvalert_listen did."""

import shlex
import signal
import subprocess
from collections.abc import Sequence

from gracetape.brokers import Heard
from gracetape.errors import BadConfiguration, ListenError
from gracetape.leaving import LEAVES_S
from gracetape.shown import target
from gracetape.signals import Flag

#: How a program ends, or a shell says that it did, whose output nobody reads any more.
READER_GONE = (-signal.SIGPIPE, 128 + signal.SIGPIPE)
#: Seconds between two looks whether all is to stop.
_LOOK_S = 0.2


def program(text: str) -> list[str]:
    """The words of a command line; BadConfiguration if it has none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadConfiguration(f"cannot read --exec {target(f'exec:{text}')!r}: {error}") from None
    if not words:
        raise BadConfiguration("--exec names no program")
    return words


def run(words: Sequence[str], heard: Heard, stopping: Flag) -> int:
    """Run it, wait for its end, and give its exit code; ListenError if there is no such program, or if it does not end when all is
    `stopping`: it is ended then.
    """
    name = target(f"exec:{words[0]}")[5:]
    given = heard.payload.encode("utf-8", "replace") + b"\n"
    try:
        program = subprocess.Popen(words, stdin=subprocess.PIPE)
    except OSError as error:
        raise ListenError(f"cannot run {name}: {error.strerror}") from error
    with program:
        try:
            if _has_ended(program, _LOOK_S, given):
                return program.returncode
            while not _has_ended(program, _LOOK_S):
                if stopping.is_set() and not _has_ended(program, LEAVES_S):
                    program.terminate()
                    _has_ended(program, _LOOK_S * 5)
                    raise ListenError(
                        f"{name} did not end within {LEAVES_S:g} s of the stop: it is ended, and its message counts as not heard"
                    )
        except BaseException:
            program.kill()
            raise
    return program.returncode


def _has_ended(program: "subprocess.Popen[bytes]", seconds: float, given: bytes | None = None) -> bool:
    """Whether a program ends within some seconds, in which it may read what it was given at first."""
    try:
        program.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
