"""Hands messages to targets, through the faults on their way: at once, or late."""

from collections.abc import Callable, Iterable, Sequence
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

    def deliver(self, *messages: Message) -> None:
        """Hand messages to every target, now. ReplayError if one fails."""
        for message in messages:
            for target in self.targets:
                target.send(message)
                self.count += 1

    def send(self, messages: Iterable[Message], faults: Faults | None) -> None:
        """Deliver what faults leave of messages, and of those that they held back before, each when it comes."""
        if faults is None:
            self.deliver(*messages)
            return
        for message in messages:
            for late_s, touched in faults.on(message):
                if late_s > 0:
                    self._later(message.offset_s + late_s, partial(self.deliver, touched))
                else:
                    self.deliver(touched)
