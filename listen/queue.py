"""A child's queue: items that hold tasks with deadlines, in order of the earliest deadline, and per GraceID."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from typing import Any, Self


@dataclass(slots=True)
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


@dataclass(slots=True)
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


#: Deadline, number, item: in the order in which they are due.
Entry = tuple[float, int, QueueItem]

#: Places in the heap that items which have gone may hold, besides as many as there are items.
TIDY = 100


class Queue:
    """Items by deadline (equal ones in order of arrival). Adding, finishing and taking one cost O(log n).

    `speed` divides all timeouts: with a replay at speed 50, a timeout of 60 s of the event's time lasts 1.2 s.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.changed: dict[int, QueueItem] = {}  # what a journal has to write, by number
        self.finished = 0  # items completed since the queue was made
        self._waiting: dict[int, Entry] = {}  # by number
        self._heap: list[Entry] = []  # those and some that wait no longer, of which the first is none
        self._by_graceid: dict[str, dict[int, QueueItem]] = defaultdict(dict)
        self._newest = self._newest_kept = 0  # numbers: of the last item, and of the last that a journal may have

    def __repr__(self) -> str:
        return f"<Queue of {len(self)}, {self.finished} finished>"

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[QueueItem]:
        return (item for _, _, item in sorted(self._waiting.values()))

    @property
    def first(self) -> QueueItem | None:
        """The item that is due next."""
        return self._heap[0][2] if self._heap else None

    @property
    def next_deadline(self) -> float:
        """When it is due, unix seconds; infinity if nothing waits."""
        return self._heap[0][0] if self._heap else math.inf

    @property
    def graceids(self) -> list[str]:
        """The ids that have items waiting."""
        return list(self._by_graceid)

    def of(self, graceid: str) -> list[QueueItem]:
        """The waiting items of one GraceID, by deadline."""
        return sorted(self._by_graceid.get(graceid, {}).values(), key=lambda item: (item.deadline, item.number))

    def add(self, item: QueueItem, now: float) -> QueueItem:
        """Let an item wait for its tasks' deadlines, counted from its `t0`, or from `now` (unix seconds) if it has none."""
        texts = [item.name, item.graceid, *(task.key for task in item.tasks if task.key is not None)]
        if wrong := [text for text in texts if not isinstance(text, str)]:
            raise TypeError(f"an item's name and graceid and a task's key are texts, not {wrong[0]!r}")
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
        item.number = self._newest = self._newest + 1
        if item.tasks:
            self._insert(item)
        else:
            item.complete = True
        return item

    def complete(self, item: QueueItem) -> None:
        """Nothing is left to be done of this item (again: no matter)."""
        if not item.complete:
            self._remove(item)
            self._finish(item)

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
            self._finish(item)

    def restore(self, items: list[QueueItem]) -> None:
        """Take back what a journal kept; nothing of it counts as changed."""
        for item in items:
            self._insert(item)
        self._newest = max((item.number for item in items), default=0)
        self.committed()

    def committed(self) -> None:
        """What changed is written."""
        self.changed.clear()
        self._newest_kept = self._newest

    def _finish(self, item: QueueItem) -> None:
        item.complete = True
        self.finished += 1
        if item.number <= self._newest_kept:
            self.changed[item.number] = item
        else:  # it began and ended between two commits
            self.changed.pop(item.number, None)

    def _insert(self, item: QueueItem) -> None:
        entry = self._waiting[item.number] = (item.deadline, item.number, item)
        heappush(self._heap, entry)
        self._by_graceid[item.graceid][item.number] = item
        self.changed[item.number] = item

    def _remove(self, item: QueueItem) -> None:
        del self._waiting[item.number]
        while self._heap and self._waiting.get(self._heap[0][1]) is not self._heap[0]:
            heappop(self._heap)
        if len(self._heap) > 2 * len(self._waiting) + TIDY:
            self._heap = sorted(self._waiting.values())
        siblings = self._by_graceid[item.graceid]
        del siblings[item.number]
        if not siblings:
            del self._by_graceid[item.graceid]
