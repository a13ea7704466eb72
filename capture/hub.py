"""Several objects on their way at once, over so many connections in all; whoever waits for an answer holds up nobody."""

import heapq
import itertools
import time
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

R = TypeVar("R")
T = TypeVar("T", bound="Task")

#: A task's work: it yields where it waits for questions, and goes on when one of them is answered.
Steps = Generator[None, None, R]


class Task(Protocol):
    """One object on its way. All that it does itself is done in one thread, that of who runs the hub."""

    def run(self) -> Steps[Any]: ...


class Hub(Generic[T]):
    """Runs tasks. Questions (functions) are asked over `connections` threads, in the order in which they came."""

    def __init__(self, connections: int) -> None:
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="capture")
        self._ready: SimpleQueue[T | None] = SimpleQueue()
        self._most = connections
        self._first: list[tuple[int, T]] = []  # those that came up on the way, before what is yet to come
        self._numbers = itertools.count()
        self._later: list[tuple[float, int, T]] = []  # when who waits for a time goes on
        self._order: dict[T, bool] = {}  # tasks in the order in which they began, and whether their turn is over

    def ask(self, task: T, question: Callable[[], R]) -> "Future[R]":
        """Ask a question; `task` goes on when it is answered."""
        future = self._pool.submit(question)
        future.add_done_callback(lambda _: self._ready.put(task))
        return future

    def ask_all(self, task: T, questions: Collection[Callable[[], Any]]) -> Steps[list[Any]]:
        """The answers to some questions, which are asked at once."""
        return (yield from self.answers([self.ask(task, question) for question in questions]))

    def answers(self, asked: "Collection[Future[Any]]") -> Steps[list[Any]]:
        """The answers to some questions that were asked."""
        try:
            while not all(future.done() for future in asked):
                yield
            return [future.result() for future in asked]
        finally:
            for future in asked:
                future.cancel()

    def now(self, question: Callable[[], R]) -> R:
        """The answer to a question, waited for; over the same connections."""
        return self._pool.submit(question).result()

    def turn(self, task: T) -> Steps[None]:
        """Wait until all tasks that came before have had their turn, or are done."""
        while not self._order[task] and next(other for other, over in self._order.items() if not over) is not task:
            yield

    def had_turn(self, task: T) -> None:
        """Let the next one have its turn."""
        if not self._order.get(task, True):
            self._order[task] = True
            following = next((other for other, over in self._order.items() if not over), None)
            if following is not None:
                self._ready.put(following)

    def later(self, task: T, seconds: float) -> None:
        """Let a task go on after so many seconds, whatever else it waits for."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), task))

    def _next(self) -> T | None:
        """Wait for a task that can go on."""
        while self._later:
            if (left := self._later[0][0] - time.monotonic()) <= 0:
                return heapq.heappop(self._later)[2]
            with suppress(Empty):
                return self._ready.get(timeout=left)
        return self._ready.get()

    def add(self, task: T) -> None:
        """Run another task, before those that are yet to come."""
        heapq.heappush(self._first, (next(self._numbers), task))

    def run(self, tasks: Iterator[T]) -> Iterator[tuple[T, Any | Exception]]:
        """Run tasks, a few at once; yields each with what it came to, or with what ended it."""
        running: dict[T, Steps[Any]] = {}
        more = True
        try:
            while True:
                while len(running) < self._most and (self._first or more):
                    task = heapq.heappop(self._first)[1] if self._first else next(tasks, None)
                    if task is None:
                        more = False
                        continue
                    running[task], self._order[task] = task.run(), False
                    self._ready.put(task)
                if not running:
                    return
                task = self._next()
                if task is None or task not in running:
                    continue
                try:
                    next(running[task])
                except StopIteration as end:
                    found: Any = end.value
                except Exception as error:
                    found = error
                else:
                    continue
                del running[task]
                self.had_turn(task)
                del self._order[task]
                yield task, found
        finally:
            for steps in running.values():
                steps.close()
            self._pool.shutdown(wait=True, cancel_futures=True)
