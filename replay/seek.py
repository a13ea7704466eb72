"""Going elsewhere in a queue of messages: to a time, to a log entry, to an alert of a type, by a number of messages."""

from datetime import datetime

from gracetape.errors import BadRequest
from gracetape.replay.heard_bounds import only_one
from gracetape.replay.message_queue import MessageQueue, Queued
from gracetape.replay.selection import position_of


def seek(
    queue: MessageQueue,
    to: float | datetime | None = None,
    *,
    n: int | None = None,
    graceid: str | None = None,
    alert_type: str | None = None,
    by: int | None = None,
) -> float:
    """Let a queue stand elsewhere, as `Player.seek` says; the played seconds that this is at.

    BadRequest if there is no such place; the queue stands where it stood then.
    """
    if sum(value is not None for value in (to, n, alert_type, by)) != 1:
        raise BadRequest("seek goes to one place: name a time, n, alert_type or by")
    if to is not None:
        return _to_time(queue, to)
    if by is not None:
        return _by(queue, by)
    queued = _entry(queue, n, graceid) if n is not None else _of_type(queue, alert_type or "")
    queue.go_before(queued)
    return queued.dt


def _to_time(queue: MessageQueue, to: float | datetime) -> float:
    if isinstance(to, datetime):
        beginning = queue.beginning
        to = 0.0 if beginning is None else (to - beginning).total_seconds()
    queue.go_to(to)
    return to


def _by(queue: MessageQueue, count: int) -> float:
    for _ in range(abs(count)):
        if count > 0:
            if not _pass_over(queue):
                break
        elif (queued := queue.find(lambda alert: True, back=True)) is not None:
            queue.go_before(queued)
    following = queue.peek()
    return following.dt if following is not None else queue.end_s


def _pass_over(queue: MessageQueue) -> bool:
    """Go on to what follows the next message that is played here; False if, in a whole lap, there is none."""
    lap = queue.lap
    while queue.lap <= lap + 1 and (queued := queue.peek()) is not None:
        queue.skip()
        if queue.is_ours(queued):
            return True
    return False


def _entry(queue: MessageQueue, n: int, graceid: str | None) -> Queued:
    """The first message at or after a log entry."""
    if not queue.copies or (timeline := queue.copies[0].selection.timeline) is None:
        raise BadRequest(f"there is no log here whose entry {n} could be gone to")
    graceid = graceid or only_one(timeline.categories, f"n={n}", lambda name: f"graceid={name!r}, n={n}")
    for number, copy in enumerate(queue.copies):
        selection = copy.selection
        if selection.timeline is not None and graceid in selection.timeline.histories:
            index = selection.index_after(position_of(selection.timeline, graceid, n))
            offset_s = selection.offset_at(index)
            if offset_s is None:
                raise BadRequest(f"nothing is sent at or after log entry {n} of {graceid}")
            return Queued(queue.base_s + copy.start_s + offset_s, number, index)
    raise BadRequest(f"{graceid} is not among what is played here")


def _of_type(queue: MessageQueue, alert_type: str) -> Queued:
    queued = queue.find(lambda alert: alert.alert_type == alert_type)
    if queued is None:
        raise BadRequest(f"no alert of type {alert_type!r} comes after this place")
    return queued
