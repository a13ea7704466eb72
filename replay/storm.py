"""How much a storm will be, told before it begins: messages, bytes, and how long it takes, from a part of what is sent."""

import time
from collections import Counter

from gracetape.replay.message import messages_of
from gracetape.replay.player import Player
from gracetape.storms import MANY, Storm, repeated

#: Alerts that are made beforehand, to know how long they are and what making one takes.
SAMPLE = 200


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
    times = (*repeated(copies, "copies"), *repeated(queue.laps, "laps"))
    each = "lap" if queue.laps is None else ""
    return Storm(queue.messages, bytes_, duration_s, making_s, times, each, pace=pace)


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
