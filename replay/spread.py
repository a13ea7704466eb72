"""When the messages of one second come: server times are whole seconds, their order within one is that of the log."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from gracetape.errors import BadRequest

_Item = TypeVar("_Item")
_Timed = Iterable[tuple[float, _Item]]


def _as_recorded(timed: _Timed[_Item]) -> Iterator[tuple[float, _Item]]:
    yield from timed


def _burst(timed: _Timed[_Item]) -> Iterator[tuple[float, _Item]]:
    return ((float(second // 1), item) for second, item in timed)


def _even(timed: _Timed[_Item]) -> Iterator[tuple[float, _Item]]:
    for second, group in groupby(_burst(timed), key=lambda one: one[0]):
        items = [item for _, item in group]
        yield from ((second + i / len(items), item) for i, item in enumerate(items))


#: By name: from items with their seconds, in order, to the same with other seconds, in the same order.
SPREADS: dict[str, Callable[[_Timed[_Item]], Iterator[tuple[float, _Item]]]] = {
    "as-recorded": _as_recorded,
    "burst": _burst,
    "even": _even,
}


def spread_out(
    items: Iterable[_Item], created: Callable[[_Item], datetime], born: datetime, spread: str = "as-recorded"
) -> Iterator[tuple[float, _Item]]:
    """Items in order with their seconds since `born`, never before the one that they follow; as few are held as can be."""

    def timed() -> Iterator[tuple[float, _Item]]:
        latest = 0.0
        for place, item in enumerate(items):
            since = (created(item) - born).total_seconds()
            latest = max(latest, since) if place else since
            yield latest, item

    return SPREADS[spread](timed())


def born_of(first: datetime, spread: str) -> datetime:
    """The moment from which seconds are counted, if the first message was made at `first` (UTC)."""
    if spread not in SPREADS:
        raise BadRequest(f"there is no spread {spread!r}: use {', '.join(SPREADS)}")
    return first if spread == "as-recorded" else first.replace(microsecond=0)


def offsets(created: Sequence[datetime], spread: str = "as-recorded") -> tuple[datetime | None, list[float]]:
    """The moment (UTC) from which they are counted and each message's seconds since then, never before the one it follows.

    `as-recorded` leaves the times as they are; `burst` lets all messages of a second come at its beginning; `even` spreads
    them evenly over it.
    """
    if spread not in SPREADS:
        raise BadRequest(f"there is no spread {spread!r}: use {', '.join(SPREADS)}")
    if not created:
        return None, []
    born = born_of(created[0], spread)
    return born, [second for second, _ in spread_out(created, lambda moment: moment, born, spread)]
