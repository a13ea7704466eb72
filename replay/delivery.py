"""Hands messages to targets, through the faults on their way: at once, or late."""

from collections.abc import Callable, Sequence
from functools import partial

from gracetape.replay.faults import Faults
from gracetape.replay.message import Message
from gracetape.replay.targets import Target


class Delivery:
    """What is sent goes to `targets`, set when a replay begins. `later` has something done at a played second.

    `count` counts the messages handed over, once per target.
    """

    def __init__(self, later: Callable[[float, Callable[[], object]], object]) -> None:
        self.targets: Sequence[Target] = ()
        self.count = 0
        self._later = later

    def deliver(self, message: Message) -> None:
        """Hand a message to every target, now. ReplayError if one fails."""
        for target in self.targets:
            target.send(message)
            self.count += 1

    def pass_through(self, message: Message, dt: float, faults: Faults) -> None:
        """Deliver what faults leave of a message of `dt` played seconds, and of those that they held back before."""
        for late_s, touched in faults.on(message):
            if late_s > 0:
                self._later(dt + late_s, partial(self.deliver, touched))
            else:
                self.deliver(touched)
