"""Things to do after given delays, in order, and what does them: the vocabulary that replay and simulation share."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Self, overload

from gracetape.clocks import Clock
from gracetape.errors import ActionFailed


class GraceID:
    """A graceid that is set once, when the server gives it, and read by every later action of that event.

    Reading it before it is set, and setting it a second time, raise RuntimeError.
    """

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether the id is known yet."""
        return self._value is not None

    def get(self) -> str:
        """The id; RuntimeError while it is unknown."""
        if self._value is None:
            raise RuntimeError("this GraceID is not set yet: the action that creates the event must come first")
        return self._value

    def set(self, graceid: str) -> None:
        """Keep the id that the server gave; RuntimeError if there is one already, ValueError if it is empty."""
        if not graceid:
            raise ValueError("a GraceID cannot be set to an empty id")
        if self._value is not None:
            raise RuntimeError(f"this GraceID is {self._value} already: it cannot become {graceid}")
        self._value = graceid

    def __str__(self) -> str:
        return self.get()

    def __repr__(self) -> str:
        return f"GraceID({self._value!r})" if self.is_set else "GraceID(not set)"


@dataclass(frozen=True)
class Action:
    """Something to do: `dt` seconds after the schedule starts, `what` (a callable or a payload), `label` for people.

    Raises ValueError if `dt` is not a finite number; it may be negative (before the schedule's own zero).
    """

    dt: float
    what: Any
    label: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.dt):
            raise ValueError(f"an action needs a finite delay in seconds, not {self.dt}")

    def run(self, *args: Any) -> Any:
        """Call `what` with `args` (usually a GraceDB client) and return its answer; a payload is returned as it is."""
        return self.what(*args) if callable(self.what) else self.what

    def __str__(self) -> str:
        return self.label or str(getattr(self.what, "__name__", self.what))


def _delay(action: Action) -> float:
    return action.dt


class Schedule:
    """Actions ordered by delay; actions of one delay keep the order in which they were given.

    A schedule never changes: `a + b` and `bump` make new ones.
    """

    __slots__ = ("_actions",)

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._actions: tuple[Action, ...] = tuple(sorted(actions, key=_delay))

    @classmethod
    def merged(cls, schedules: Iterable["Schedule"]) -> Self:
        """One schedule of all the actions; at equal delays the earlier schedule goes first. O(total log n)."""
        new = cls.__new__(cls)  # sorting finds the runs that are in order and merges them, faster than a heap can
        new._actions = tuple(sorted(chain.from_iterable(s._actions for s in schedules), key=_delay))
        return new

    def __add__(self, other: "Schedule") -> "Schedule":
        return Schedule.merged((self, other)) if isinstance(other, Schedule) else NotImplemented

    def bump(self, seconds: float) -> "Schedule":
        """The same actions, each `seconds` later (earlier if negative)."""
        return Schedule(replace(action, dt=action.dt + seconds) for action in self._actions)

    @property
    def duration_s(self) -> float:
        """Seconds from the first action to the last; 0 if there are fewer than two."""
        return self._actions[-1].dt - self._actions[0].dt if self._actions else 0.0

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    @overload
    def __getitem__(self, index: int) -> Action: ...
    @overload
    def __getitem__(self, index: slice) -> "Schedule": ...
    def __getitem__(self, index: int | slice) -> "Action | Schedule":
        return Schedule(self._actions[index]) if isinstance(index, slice) else self._actions[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self._actions == other._actions

    __hash__ = None  # type: ignore[assignment]  # the payloads of actions are often dicts

    def __repr__(self) -> str:
        return f"<Schedule of {len(self)} actions over {self.duration_s:g} s>"

    def __rich__(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        from gracetape.shown import printable

        table = Table("dt (s)", "action", title=repr(self).strip("<>"))
        for action in self._actions:
            table.add_row(f"{action.dt:.3f}", Text(printable(str(action))))
        return table


def due(schedule: Schedule, clock: Clock, since: float | None = None) -> Iterator[Action]:
    """The actions of a schedule, each when `clock` says that its delay has passed; ends early if the clock is stopped.

    `since`: the clock's time from which delays count; None: from now.
    """
    origin = clock.now() if since is None else since
    for action in schedule:
        if not clock.wait_until(origin + action.dt):
            return
        yield action


@dataclass
class Outcome:
    """What came of a run: how many actions were done, and those that failed, each with the reason in one sentence."""

    done: int = 0
    failed: list[tuple[Action, str]] = field(default_factory=list)
    stopped: bool = False


def reason_of(error: Exception) -> str:
    """What is told of an action that raised: the kind of error and what it says, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def run(
    schedule: Schedule,
    client: Any,
    clock: Clock,
    *,
    go_on: bool = False,
    after: Callable[[Action, str | None], object] | None = None,
    outcome: Outcome | None = None,
    since: float | None = 0.0,
    reason: Callable[[Exception], str] = reason_of,
) -> Outcome:
    """Do every action with a client when `clock` has played its delay, counted from the clock's own zero (`since`, as for `due`).

    An action that fails raises ActionFailed, or is kept in the outcome if the run is to `go_on`; the clock's `stop` ends the run.
    `after` is called with each action and, if it failed, the `reason`. An `outcome` that is given is filled in as the run goes on.
    """
    outcome = Outcome() if outcome is None else outcome
    count = 0
    for action in due(schedule, clock, since):
        count += 1
        failure = None
        try:
            action.run(client)
            outcome.done += 1
        except Exception as error:  # whatever a client, a network or a callable of somebody else's raises
            failure = reason(error)
            outcome.failed.append((action, failure))
            if not go_on:
                raise ActionFailed(
                    f"at {action.dt:.3f} s, {action}: {failure} (--on-error go-on would go on)"
                ) from error
        if after is not None:
            after(action, failure)
    outcome.stopped = count < len(schedule)
    return outcome
