"""When the messages of one second come: server times are whole seconds, their order within one is that of the log."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate, groupby

from gracetape.errors import BadRequest


def _as_recorded(seconds: list[float]) -> list[float]:
    return seconds


def _burst(seconds: list[float]) -> list[float]:
    return [float(second // 1) for second in seconds]


def _even(seconds: list[float]) -> list[float]:
    spread: list[float] = []
    for second, group in groupby(_burst(seconds)):
        count = len(list(group))
        spread += [second + i / count for i in range(count)]
    return spread


#: By name: from seconds in order to seconds in the same order.
SPREADS: dict[str, Callable[[list[float]], list[float]]] = {
    "as-recorded": _as_recorded,
    "burst": _burst,
    "even": _even,
}


def offsets(created: Sequence[datetime], spread: str = "as-recorded") -> tuple[datetime | None, list[float]]:
    """The moment (UTC) from which they are counted and each message's seconds since then, never before the one it follows.

    `as-recorded` leaves the times as they are; `burst` lets all messages of a second come at its beginning; `even` spreads
    them evenly over it.
    """
    if spread not in SPREADS:
        raise BadRequest(f"there is no spread {spread!r}: use {', '.join(SPREADS)}")
    if not created:
        return None, []
    born = created[0] if spread == "as-recorded" else created[0].replace(microsecond=0)
    seconds = accumulate(((moment - born).total_seconds() for moment in created), max)
    return born, SPREADS[spread](list(seconds))
