"""Lives that random ones seldom come to: acts after a confirmation, a label that is put on again."""

from pathlib import Path

from gracetape import replay
from gracetape.archive import Archive
from tests.roundtrip.test_round_trip import lived, messages


def test_acts_after_the_confirmation_are_announced_as_they_were(tmp_path: Path) -> None:
    steps = [("event", 0, 0, 0), ("event", 0, 0, 0), ("superevent", 0, 0, 1), ("confirm", 0, 0, 0), ("prefer", 0, 1, 0)]
    steps += [
        ("add_event", 0, 2, 0),
        ("remove_event", 0, 0, 0),
        ("unlabel", 3, 0, 0),
        ("label", 3, 4, 0),
        ("unlabel", 3, 0, 0),
    ]
    life, announced, tape = lived(tmp_path, steps)
    assert {"confirm", "prefer", "add_event"} <= set(life.done)
    with Archive.open(tape) as captured:
        rebuilt = list(replay.play(captured, clock=replay.VirtualClock()))
    assert messages(rebuilt, "modern") == messages(announced, "modern")


def test_a_label_that_is_put_on_again_later_stands_where_it_stood_before(tmp_path: Path) -> None:
    steps = [("label", 0, 2, 0), ("label", 0, 0, 0), ("unlabel", 0, 0, 0), ("label", 0, 2, 0)]
    _, announced, tape = lived(tmp_path, steps)
    with Archive.open(tape) as captured:
        rebuilt = list(replay.play(captured, clock=replay.VirtualClock()))
    assert messages(rebuilt, "modern") == messages(announced, "modern")
