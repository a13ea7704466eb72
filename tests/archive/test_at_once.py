"""Many files at once: while some are kept the next are on their way, and what goes wrong ends all of it at once."""

import threading

import pytest

from gracetape.archive.sharing.at_once import at_once, go_on, pause
from gracetape.errors import ArchiveError


def test_the_next_are_on_their_way_while_some_are_kept() -> None:
    begun = [threading.Event() for _ in range(100)]

    def act(number: int) -> int:
        begun[number].set()
        return number

    batches = at_once(act, range(100), 10)
    assert next(batches) == list(range(10))
    assert begun[49].wait(30)
    assert not begun[50].is_set(), "and no more than a few"
    assert [number for batch in batches for number in batch] == list(range(10, 100))
    assert list(at_once(act, [])) == []


def test_what_goes_wrong_ends_the_others() -> None:
    """A Ctrl-C, too: nobody waits until seven large files have come."""
    waiting = threading.Barrier(8)

    def act(number: int) -> None:
        waiting.wait(30)
        if number == 0:
            raise ArchiveError("that one")
        while True:
            pause(0.01)
            go_on()

    with pytest.raises(ArchiveError, match="that one"):
        list(at_once(act, range(8)))


def test_who_is_no_part_of_it_goes_on() -> None:
    go_on()
    pause(0.001)
