"""How soon a thread that computes lets the others of its process go on: Python's own 5 ms are too long for some of what runs here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: For a server of many at once: a write lets go of Python's lock at each of some forty statements of SQLite, and has it again when a
#: thread that answers another has had its time. At 5 ms each, 64 clients were answered 450 times a second, of which 1,100 came at 1 ms.
SERVING_S = 1e-3
#: For a player whose messages are due to the millisecond, beside threads that answer.
PLAYING_S = 1e-4


@contextmanager
def switching(every_s: float) -> Iterator[None]:
    """A block in which threads take turns so often, or more often where somebody asked for that before."""
    before = sys.getswitchinterval()
    if before <= every_s:
        yield
        return
    sys.setswitchinterval(every_s)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
