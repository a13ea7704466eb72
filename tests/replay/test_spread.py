"""Messages of one second keep their order, and come when they are asked to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from gracetape.replay import BadRequest
from gracetape.replay.spread import SPREADS, offsets

BORN = datetime(2022, 6, 9, 22, 18, tzinfo=UTC)


def _moments(*seconds: float) -> list[datetime]:
    return [BORN + timedelta(seconds=s) for s in seconds]


def test_messages_of_one_second_are_spread_evenly_over_it_or_come_at_once() -> None:
    moments = _moments(0, 0, 1, 1.25, 1.5, 1.5, 7)
    assert offsets(moments, "as-recorded") == (BORN, [0, 0, 1, 1.25, 1.5, 1.5, 7])
    assert offsets(moments, "burst") == (BORN, [0, 0, 1, 1, 1, 1, 7])
    assert offsets(moments, "even") == (BORN, [0, 0.5, 1, 1.25, 1.5, 1.75, 7])


@given(st.lists(st.integers(-5, 5), max_size=30), st.sampled_from(sorted(SPREADS)))
def test_no_message_ever_comes_before_the_one_that_it_follows_nor_leaves_its_second(
    seconds: list[int], spread: str
) -> None:
    _, found = offsets(_moments(*seconds), spread)
    assert found == sorted(found)
    latest = 0
    for second, offset in zip(seconds, found, strict=True):
        latest = max(latest, second - seconds[0])
        assert latest <= offset < latest + 1


def test_an_unknown_spread_is_refused() -> None:
    with pytest.raises(BadRequest, match="no spread 'random': use as-recorded, burst, even"):
        offsets([], "random")
