"""How long to wait before a broker that is away is tried again."""

import random
from collections.abc import Iterator

LONGEST_S = 5.0


def pauses() -> Iterator[float]:
    """Seconds, twice as long each time up to LONGEST_S, with some chance in them so that clients do not come all at once."""
    pause = 0.1
    while True:
        yield pause * random.uniform(0.7, 1.3)
        pause = min(pause * 2, LONGEST_S)
