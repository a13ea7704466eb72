"""The queue: always by deadline, also per GraceID, and it takes back exactly what was kept."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gracetape.listen import Queue, QueueItem, Task
from gracetape.listen.journal import Changes, Journal

#: What is done to a queue: add an item with these timeouts, finish an item early, do the first task.
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.floats(0, 100), min_size=0, max_size=3), st.sampled_from("ABC")),
        st.tuples(st.just("complete"), st.integers(0, 50)),
        st.tuples(st.just("advance")),
        st.tuples(st.just("again"), st.floats(0, 100)),
    ),
    max_size=60,
)


def act(queue: Queue, added: list[QueueItem], word: str, *rest: object) -> None:
    first = queue.first
    match word, rest:
        case "add", [list() as timeouts, str() as graceid]:
            item = QueueItem("item", [Task("t", t) for t in timeouts], graceid)
            added.append(queue.add(item, 0.0))
        case "complete", [int() as which] if added:
            queue.complete(added[which % len(added)])
        case "advance", [] if first is not None:
            queue.advance(first)
        case "again", [float() as at] if first is not None:
            queue.advance(first, again_at=at)


@given(ACTS)
def test_items_are_in_order_of_their_deadlines_whatever_happens(acts: list[tuple[object, ...]]) -> None:
    queue, added = Queue(), list[QueueItem]()
    for word, *rest in acts:
        act(queue, added, str(word), *rest)
        waiting = [item for item in added if not item.complete]
        assert sorted(item.number for item in queue) == sorted(item.number for item in waiting)
        deadlines = [item.deadline for item in queue]
        assert deadlines == sorted(deadlines)
        assert sorted(queue.graceids) == sorted({item.graceid for item in waiting})
        for graceid in queue.graceids:
            assert queue.of(graceid) == [item for item in queue if item.graceid == graceid]


@given(ACTS, st.integers(1, 5))
def test_what_a_journal_kept_is_the_queue_as_it_was(acts: list[tuple[object, ...]], every: int) -> None:
    queue, added = Queue(), list[QueueItem]()
    journal = Journal(Path(":memory:"), max_complete=3)
    for count, (word, *rest) in enumerate(acts, 1):
        act(queue, added, str(word), *rest)
        if count % every and count < len(acts):
            continue
        texts = {n: None if item.complete else json.dumps(item.to_json()) for n, item in queue.changed.items()}
        journal.commit(Changes(count, texts))
        queue.committed()
    again = Queue()
    again.restore(journal.items())
    assert [item.to_json() for item in again] == [item.to_json() for item in queue]
    assert journal.heard == len(acts)
    journal.close()


def test_timeouts_count_from_the_items_start_and_shrink_with_the_speed() -> None:
    queue = Queue(speed=50.0)
    item = queue.add(QueueItem("item", [Task("late", 100.0), Task("soon", 50.0)], t0=1000.0), now=2000.0)
    assert [task.name for task in item.tasks] == ["soon", "late"]
    assert [task.deadline for task in item.tasks] == [1001.0, 1002.0]


@pytest.mark.parametrize("timeout", [math.nan, math.inf])
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="must be a number of seconds"):
        Queue().add(QueueItem("item", [Task("t", timeout)]), 0.0)


def test_a_queue_can_be_changed_while_its_items_are_completed() -> None:
    queue = Queue()
    items = [queue.add(QueueItem("item", [Task("t", float(n))], f"G{n % 3}"), 0.0) for n in range(9)]
    for item in queue.of("G1"):
        queue.complete(item)
        queue.complete(item)
    assert len(queue) == 6
    assert queue.finished == 3
    assert queue.of("G1") == []
    assert items[1].complete
