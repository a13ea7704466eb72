"""A process that serves lets its threads take turns more often than Python does by itself, as long as it serves."""

import sys
from pathlib import Path

from gracetape.dummy.options import DummyOptions
from gracetape.dummy.serving import served
from gracetape.switching import PLAYING_S, SERVING_S, switching

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


def test_a_dummy_that_is_served_has_its_threads_take_turns_often() -> None:
    before = sys.getswitchinterval()
    with served(DummyOptions(archive=SHORT)):
        assert sys.getswitchinterval() <= SERVING_S
    assert sys.getswitchinterval() == before


def test_who_wants_them_more_often_has_it() -> None:
    with switching(PLAYING_S):
        often = sys.getswitchinterval()
        with switching(SERVING_S):
            assert sys.getswitchinterval() == often
        assert sys.getswitchinterval() == often
