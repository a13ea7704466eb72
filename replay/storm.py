"""How much a storm will be, told before it begins: messages, bytes, and how long it takes, from a part of what is sent."""

import time
from collections import Counter
from dataclasses import dataclass

from gracetape.replay.message import messages_of
from gracetape.replay.player import Player
from gracetape.shown import human_bytes, human_time

#: Alerts that are made beforehand, to know how long they are and what making one takes.
SAMPLE = 200
#: Messages from which on a replay is a storm, though it is played once.
MANY = 5000


@dataclass(frozen=True)
class Storm:
    """So many `messages` and `bytes` (of a lap, if `laps` is None: they are endless); `duration_s` of real time, None as fast as possible.

    `making_s` is what making all of them takes on this machine; `copies` is how many there are of everything.
    """

    copies: int
    laps: int | None
    messages: int
    bytes: int
    duration_s: float | None
    making_s: float
    pace: str = ""

    def __str__(self) -> str:
        times = [f"{self.copies:,} copies"] * (self.copies > 1)
        times += ["endless laps" if self.laps is None else f"{self.laps:,} laps"] * (self.laps != 1)
        much = f"{self.messages:,} messages, about {human_bytes(self.bytes)}"
        each = " each lap" if self.laps is None else ""
        begin = f"{' and '.join(times)}: " if times else ""
        if self.duration_s is None:
            return (
                f"{begin}{much}{each}, as fast as possible (making them alone takes about {human_time(self.making_s)})"
            )
        return f"{begin}{much}{each}, in {human_time(self.duration_s)}{self.pace}"


def storm_of(player: Player, copies: int = 1) -> Storm | None:
    """What a player is going to send, if it is a storm: copies, laps, or many messages. Only a part of it is made.

    None, too, for what is counted as it is played.
    """
    queue = player.queue
    if not queue.counted:  # of a whole run, which begins at once, nobody knows it yet
        return None
    if copies == 1 and queue.laps == 1 and queue.messages < MANY:
        return None
    bytes_, making_s = _measured(player)
    duration_s, pace = None, ""
    if player.speed is not None:
        laps = queue.laps or 1
        duration_s = (queue.duration_s * laps + queue.gap_s * (laps - 1)) / player.speed
        pace = f" (speed {player.speed:g})"
    if player.rate is not None and queue.messages / player.rate > (duration_s or 0.0):
        duration_s, pace = queue.messages / player.rate, f" (at most {player.rate:g} messages a second)"
    return Storm(copies, queue.laps, queue.messages, bytes_, duration_s, making_s, pace)


def _measured(player: Player) -> tuple[int, float]:
    """Bytes of all messages and seconds that making them takes, reckoned from some of each selection."""
    queue = player.queue
    played = Counter(id(copy.selection) for copy in queue.copies)
    first = {id(copy.selection): copy for copy in reversed(queue.copies)}
    size = took = 0.0
    for name, copy in first.items():
        rewrite = copy.rewrite_of(0)
        sample = copy.selection.some(max(1, SAMPLE // len(first)))
        begun = time.perf_counter()
        made = [message for alert in sample for message in messages_of(rewrite.alert(alert), 0.0, player.format)]
        length = sum(len(message.payload_json().encode()) for message in made)
        share = played[name] * (queue.laps or 1) * copy.selection.messages / max(1, len(made))
        took += (time.perf_counter() - begun) * share
        size += length * share
    return round(size), took
