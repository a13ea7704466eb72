"""Runs a schedule on a client: every action at its moment, and what happens when one fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gracetape.archive import ArchiveError
from gracetape.clocks import Clock
from gracetape.schedule import Action, Schedule


@dataclass
class Outcome:
    """What came of a run: how many actions were done, and those that failed, each with the reason in one sentence."""

    done: int = 0
    failed: list[tuple[Action, str]] = field(default_factory=list)
    stopped: bool = False


class ActionFailed(ArchiveError):
    """An action failed, and that ends the run."""


def run(
    schedule: Schedule,
    client: Any,
    clock: Clock,
    *,
    go_on: bool = False,
    after: Callable[[Action, Outcome], object] = lambda action, outcome: None,
    outcome: Outcome | None = None,
) -> Outcome:
    """Do every action when `clock` has played its delay, counted from the clock's own zero; call `after` with each.

    An action that fails raises ActionFailed, or is kept in the outcome if the run is to `go_on`; the clock's `stop` ends the run.
    An `outcome` that is given is filled in as the run goes on.
    """
    outcome = Outcome() if outcome is None else outcome
    for action in schedule:
        if not clock.wait_until(action.dt):
            outcome.stopped = True
            break
        try:
            action.run(client)
            outcome.done += 1
        except Exception as error:  # whatever a client, a network or a callable of somebody else's raises
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            if not go_on:
                raise ActionFailed(
                    f"at {action.dt:.3f} s, {action}: {reason} (--on-error go-on would go on)"
                ) from error
            outcome.failed.append((action, reason))
        after(action, outcome)
    return outcome
