"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], object], limit: float = 120.0, otherwise: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds, at most `limit` seconds; `otherwise` tells more if it does not."""
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, f"it never came to be; {otherwise()}"
        time.sleep(0.02)
