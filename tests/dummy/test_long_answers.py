"""A long answer in process costs in proportion to its length: a client reads it in small parts, and none is copied for the next."""

import time

from gracetape.dummy.client import _Body


def _cost(size: int) -> float:
    """CPU seconds (the least of three) to read an answer of one piece as `requests` does, 512 bytes at a time."""
    took = []
    for _ in range(3):
        body, part = _Body(iter([bytes(size)])), bytearray(512)
        start = time.thread_time()
        read = 0
        while count := body.readinto(part):
            read += count
        took.append(time.thread_time() - start)
        assert read == size
    return min(took)


def test_reading_an_answer_takes_time_in_proportion_to_its_length() -> None:
    # 4, and 16, each time, if what is left were copied.
    assert any(_cost(4 << 20) < 8 * _cost(1 << 20) for _ in range(5))
