"""What plug-ins of strangers get wrong is told of, completes its item, and hurts nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from gracetape.listen import Alert, Context, PlugIn, Queue, Task, rehearse

Hear = Callable[[Alert, Queue, Context], object]


def messages(*moments: float) -> list[dict[str, Any]]:
    return [{"offset": t, "node": "n", "payload": {"uid": f"G{t:.0f}", "alert_type": "new"}} for t in moments]


def adds(*tasks: Task) -> Hear:
    return lambda alert, queue, context: context.add(alert.graceid, [Task(**one) for one in map(_fields, tasks)])


def _fields(task: Task) -> dict[str, Any]:
    return {"name": task.name, "timeout": task.timeout, "args": task.args, "key": task.key}


@pytest.mark.parametrize("again", [object(), "soon", True, float("nan"), float("inf"), -1.0])
def test_a_task_that_returns_no_time_is_done_once_and_told_of(again: Any) -> None:
    done = []

    def act(task: Task, context: Context) -> Any:
        done.append(context.item)
        return again

    left = rehearse(PlugIn(adds(Task("act")), {"act": act}), messages(0, 10))
    assert (len(done), left.alerts, left.errors) == (2, 2, 2)
    assert any("its item is complete" in text for text in left.lines)


@pytest.mark.parametrize(
    "hear",
    [
        adds(Task("act", key=5)),  # type: ignore[arg-type]
        lambda alert, queue, context: context.add(None, [Task("act")]),  # type: ignore[arg-type]
        lambda alert, queue, context: context.memory(None),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_text_is_refused_where_it_is_given(hear: Hear) -> None:
    left = rehearse(PlugIn(hear, {"act": lambda task, context: None}), messages(0, 10))
    assert (left.alerts, left.errors, left.tasks) == (2, 2, 0)


def test_states_that_raise_are_told_of_once() -> None:
    def states(memory: Any) -> Any:
        raise KeyError("state")

    def hear(alert: Alert, queue: Queue, context: Context) -> None:
        context.memory(alert.graceid)["heard"] = 1

    left = rehearse(PlugIn(hear, states=states), messages(0, 10, 20))
    assert (left.errors, dict(left.states), len(left.memories)) == (1, {}, 3)


def test_a_task_that_repeats_itself_is_rehearsed_at_its_own_moments() -> None:
    moments = []

    def act(task: Task, context: Context) -> float:
        moments.append(context.now)
        return 60.0

    def hear(alert: Alert, queue: Queue, context: Context) -> None:
        if alert.graceid == "G1000":
            context.add("G", [Task("act", 60.0)])

    rehearse(PlugIn(hear, {"act": act}), messages(1000, 1310), until=1400)
    assert moments == [1060, 1120, 1180, 1240, 1300, 1360]
