"""Brokers that stand still: their connections are there, and nothing comes of them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gracetape.brokers.private import PrivateBroker
from tests.waiting import eventually


@contextmanager
def standing_still(broker: PrivateBroker) -> Iterator[None]:
    """In which none of a broker's threads does anything. A signal reaches them one by one: on a busy machine some go on for a while."""
    assert broker.process is not None
    pid = broker.process.pid
    os.killpg(pid, signal.SIGSTOP)
    try:
        eventually(lambda: _is_stopped(pid))
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    try:
        return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)
    except OSError:  # one of them ended while it was looked at
        return False
