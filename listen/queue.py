"""A child's queue: items that hold tasks with deadlines, in order of the earliest deadline, and per GraceID."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sortedcontainers import SortedList


@dataclass
class Task:
    """Something to be done `timeout` seconds after its item's start: `name` names a function of the plug-in.

    `args` is handed to it and must be JSON. `key` makes it idempotent: of all tasks with one key only one is done, ever.
    `deadline` (unix seconds) is set when the item enters a queue.
    """

    name: str
    timeout: float = 0.0
    args: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    deadline: float | None = None


@dataclass
class QueueItem:
    """Tasks that belong together, such as those of one follow-up process.

    `t0` (unix seconds) is what the timeouts count from: the arrival of the alert, unless told. `alert_id` is the id that
    every log line about the item carries.
    """

    name: str
    tasks: list[Task]
    graceid: str = ""
    t0: float | None = None
    alert_id: str = "-"
    number: int = 0
    complete: bool = False

    @property
    def deadline(self) -> float:
        """When the next task is due, unix seconds; minus infinity if none is left."""
        return self.tasks[0].deadline or -math.inf if self.tasks else -math.inf

    def to_json(self) -> dict[str, Any]:
        """The item as JSON; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The item that `to_json` wrote; TypeError or ValueError if the record is something else."""
        tasks = [Task(**task) for task in record["tasks"]]
        item = cls(**{**record, "tasks": tasks})
        if not item.tasks or any(not isinstance(task.deadline, int | float) for task in tasks):
            raise ValueError("an item without tasks, or a task without a deadline")
        return item


class Queue:
    """Items by deadline (equal ones in order of arrival). Adding, finishing and taking one cost O(log n).

    `speed` divides all timeouts: with a replay at speed 50, a timeout of 60 s of the event's time lasts 1.2 s.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.changed: dict[int, QueueItem] = {}  # what a journal has to write, by number
        self.finished = 0  # items completed since the queue was made
        self._order: SortedList = SortedList()  # (deadline, number) of what waits
        self._items: dict[int, QueueItem] = {}
        self._by_graceid: dict[str, dict[int, QueueItem]] = defaultdict(dict)
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[QueueItem]:
        return (self._items[number] for _, number in self._order)

    @property
    def first(self) -> QueueItem | None:
        """The item that is due next."""
        return self._items[self._order[0][1]] if self._order else None

    @property
    def graceids(self) -> list[str]:
        """The ids that have items waiting."""
        return list(self._by_graceid)

    def of(self, graceid: str) -> list[QueueItem]:
        """The waiting items of one GraceID, by deadline."""
        return sorted(self._by_graceid.get(graceid, {}).values(), key=lambda item: (item.deadline, item.number))

    def add(self, item: QueueItem, now: float) -> QueueItem:
        """Let an item wait for its tasks' deadlines, counted from its `t0`, or from `now` (unix seconds) if it has none."""
        if item.t0 is None:
            item.t0 = now
        for task in item.tasks:
            if task.deadline is None:
                if not math.isfinite(task.timeout):
                    raise ValueError(
                        f"the task {task.name} has a timeout of {task.timeout}: it must be a number of seconds"
                    )
                task.deadline = item.t0 + task.timeout / self.speed
        item.tasks.sort(key=lambda task: task.deadline or 0.0)
        item.number = next(self._numbers)
        if item.tasks:
            self._insert(item)
        else:
            item.complete = True
        return item

    def complete(self, item: QueueItem) -> None:
        """Nothing is left to be done of this item (again: no matter)."""
        if not item.complete:
            self._remove(item)
            item.complete = True
            self.finished += 1
            self.changed[item.number] = item

    def advance(self, item: QueueItem, again_at: float | None = None) -> None:
        """An item's first task is done; with `again_at` (unix seconds) it is due once more then."""
        if item.complete:  # its own task, or a command, has cleared it
            return
        self._remove(item)
        task = item.tasks.pop(0)
        if again_at is not None:
            task.deadline = again_at
            item.tasks.append(task)
            item.tasks.sort(key=lambda task: task.deadline or 0.0)
        if item.tasks:
            self._insert(item)
        else:
            item.complete = True
            self.finished += 1
            self.changed[item.number] = item

    def restore(self, items: list[QueueItem]) -> None:
        """Take back what a journal kept; nothing of it counts as changed."""
        for item in items:
            self._insert(item)
        self.changed.clear()
        self._numbers = itertools.count(max((item.number for item in items), default=0) + 1)

    def _insert(self, item: QueueItem) -> None:
        self._order.add((item.deadline, item.number))
        self._items[item.number] = item
        self._by_graceid[item.graceid][item.number] = item
        self.changed[item.number] = item

    def _remove(self, item: QueueItem) -> None:
        self._order.remove((item.deadline, item.number))
        del self._items[item.number]
        siblings = self._by_graceid[item.graceid]
        del siblings[item.number]
        if not siblings:
            del self._by_graceid[item.graceid]
