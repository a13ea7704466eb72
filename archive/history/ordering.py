"""Entries of several histories in one order: by time, then N; those that one act left on several objects are one step."""

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gracetape.archive.history.history import History
from gracetape.archive.history.rules import Act

#: Entries that one act left on a superevent and on its events are made within this time of each other.
_ONE_ACT = timedelta(seconds=30)


@dataclass(frozen=True)
class Step:
    """What happened at once: the entries of one act, as (graceid, index after it), in the order of their alerts."""

    created: datetime
    entries: tuple[tuple[str, int], ...]


def partners(act: Act, superevent: str) -> list[tuple[str, str, str]]:
    """The entries that an act on a superevent leaves on events, as (graceid, act, superevent)."""
    params = act.params
    match act.name:
        case "created":
            preferred = params.get("preferred_event")
            added = [(g, "added_to_superevent", superevent) for g in params.get("events", [])]
            return ([(preferred, "selected_as_preferred", superevent)] if preferred else []) + added
        case "updated":
            for name, old, new in params["changes"]:
                if name == "preferred_event":
                    return [(old, "removed_as_preferred", superevent), (new, "selected_as_preferred", superevent)]
        case "event_added":
            return [(params["graceid"], "added_to_superevent", superevent)]
        case "pipeline_preferred":
            old = [(params["old"], "unchosen_in_pipeline", superevent)] if "old" in params else []
            return [(params["graceid"], "chosen_in_pipeline", superevent), *old]
        case "pipeline_unpreferred":
            return [(params["graceid"], "unchosen_in_pipeline", superevent)]
        case "event_removed":
            return [(params["graceid"], "removed_from_superevent", superevent)]
    return []


def _steps(histories: Mapping[str, History]) -> list[Step]:
    """Every entry in a step, those of one act in one."""
    waiting: dict[tuple[str, str, str], deque[int]] = defaultdict(deque)
    kept_as = {str(h.final["gw_id"]): h.graceid for h in histories.values() if h.final.get("gw_id")}
    for history in histories.values():
        if history.category == "event":
            for i, entry in enumerate(history.entries, start=1):
                if superevent := entry.act.params.get("superevent"):
                    waiting[history.graceid, entry.act.name, kept_as.get(superevent, superevent)].append(i)
    steps, taken = [], set()
    for history in histories.values():
        if history.category == "event":
            continue
        for i, entry in enumerate(history.entries, start=1):
            mine: list[tuple[str, int]] = []
            for partner in partners(entry.act, history.graceid):
                graceid, queue = partner[0], waiting[partner]
                while queue and histories[graceid].entries[queue[0] - 1].created < entry.created - _ONE_ACT:
                    queue.popleft()
                if queue and histories[graceid].entries[queue[0] - 1].created <= entry.created + _ONE_ACT:
                    mine.append((graceid, queue.popleft()))
            taken.update(mine)
            own = (history.graceid, i)
            steps.append(Step(entry.created, (*mine, own) if entry.act.name == "updated" else (own, *mine)))
    for history in histories.values():
        if history.category == "event":
            for i, entry in enumerate(history.entries, start=1):
                if (history.graceid, i) not in taken:
                    steps.append(Step(entry.created, ((history.graceid, i),)))
    return steps


#: By which of the steps that may come next the first one is taken; no two have the same.
Rank = tuple[datetime, bool, datetime, str, int]


def ordered_steps(histories: Mapping[str, History]) -> list[Step]:
    """The steps in order: each object's entries by index, and among what may come next the earliest."""
    return [step for _, step in ranked_steps(histories)]


def ties(history: History) -> set[str]:
    """The ids of the objects that may have entries of the same acts."""
    if history.category == "event":
        return {str(named) for entry in history.entries if (named := entry.act.params.get("superevent"))}
    return {str(graceid) for entry in history.entries for graceid, _, _ in partners(entry.act, history.graceid)}


def ranked_steps(histories: Mapping[str, History]) -> list[tuple[Rank, Step]]:
    """The steps in order, each with its rank.

    Where some of the histories have no act with any of the others, all of them in order are the one order merged with the
    other, the lower rank of the two that come next first.
    """
    return _ranked(_steps(histories), histories)


def _ranked(steps: Sequence[Step], histories: Mapping[str, History]) -> list[tuple[Rank, Step]]:
    after = _followers(steps, histories)
    blockers = Counter(later for followers in after.values() for later in followers)

    def rank(number: int) -> tuple[Rank, int]:
        graceid, i = steps[number].entries[-1 if len(steps[number].entries) > 1 else 0]
        history = histories[graceid]
        born = history.entries[0].created
        return (steps[number].created, history.category != "event", born, graceid, i), number

    ready = [rank(number) for number in range(len(steps)) if not blockers[number]]
    heapq.heapify(ready)
    ordered: list[tuple[Rank, Step]] = []
    while ready:
        first, number = heapq.heappop(ready)
        ordered.append((first, steps[number]))
        for later in after[number]:
            blockers[later] -= 1
            if blockers[later] == 0:
                heapq.heappush(ready, rank(later))
    if len(ordered) < len(steps):  # contradictory logs: no order keeps every act together
        return _ranked(_taken_apart(steps, after, histories), histories)
    return ordered


def _followers(steps: Sequence[Step], histories: Mapping[str, History]) -> dict[int, list[int]]:
    """By the number of a step, the steps that hold the entries just after its own."""
    step_of = {item: number for number, step in enumerate(steps) for item in step.entries}
    after: dict[int, list[int]] = defaultdict(list)
    for graceid, history in histories.items():
        for i in range(2, len(history.entries) + 1):
            earlier, later = step_of[graceid, i - 1], step_of[graceid, i]
            if earlier != later:
                after[earlier].append(later)
    return after


def _taken_apart(steps: Sequence[Step], after: Mapping[int, list[int]], histories: Mapping[str, History]) -> list[Step]:
    """The steps, but of acts that logs put into contradictory orders each entry by itself: the order of a log stands."""
    before: dict[int, list[int]] = defaultdict(list)
    for earlier, followers in after.items():
        for later in followers:
            before[later].append(earlier)
    stuck = _in_circles(_in_circles(set(range(len(steps))), after, before), before, after)
    apart: list[Step] = []
    for number, step in enumerate(steps):
        whole = number not in stuck
        apart += [step] if whole else [Step(histories[g].entries[i - 1].created, ((g, i),)) for g, i in step.entries]
    return apart


def _in_circles(numbers: set[int], after: Mapping[int, list[int]], before: Mapping[int, list[int]]) -> set[int]:
    """Those of some steps that others of them have to come before, in whatever order they are taken."""
    blockers = {number: sum(earlier in numbers for earlier in before.get(number, ())) for number in numbers}
    ready = [number for number, count in blockers.items() if not count]
    while ready:
        for later in after.get(ready.pop(), ()):
            if later in blockers:
                blockers[later] -= 1
                if not blockers[later]:
                    ready.append(later)
    return {number for number, count in blockers.items() if count}
